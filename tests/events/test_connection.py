"""Streams over connections of a real server: how they begin, fail and end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from quart import Quart, Response

from quart_chat.events.quart import Events, sse_response, stream_response
from quart_chat.events.sse import StreamParser
from tests.events.serving import served


@pytest.fixture
def app() -> Quart:
    return Quart(__name__)


@pytest.fixture
def events(app: Quart) -> Events:
    return Events(app)


@pytest.mark.parametrize(("http1", "http2"), [(True, False), (False, True)])
@pytest.mark.parametrize("error", [ValueError, ConnectionRefusedError, asyncio.CancelledError])
async def test_whatever_fails_within_a_stream_its_response_comes_to_an_end(
    app: Quart,
    events: Events,
    error: type[BaseException],
    http1: bool,
    http2: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"data: 1\n\n"
        raise error("broken on purpose")

    @app.get("/broken")
    async def stream() -> Response:
        return stream_response(broken())

    async with (
        served(app, events.begin_shutdown) as url,
        httpx2.AsyncClient(http1=http1, http2=http2, timeout=10) as http,
    ):
        response = await http.get(f"{url}/broken")
    assert re.fullmatch(rb"retry: \d+\ndata: 1\n\n(:\n)?", response.content)
    assert "broken on purpose" in caplog.text


@pytest.mark.usefixtures("events")
async def test_what_a_stream_holds_is_let_go_of_though_its_client_left_before_the_first_byte(
    app: Quart,
) -> None:
    closed: list[bool] = []

    async def begun() -> AsyncGenerator[bytes, None]:
        try:
            yield b""
            yield b"data: 1\n\n"
        finally:
            closed.append(True)

    @app.get("/")
    async def stream() -> Response:
        chunks = begun()
        await anext(chunks)
        return stream_response(chunks)

    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    waited = False

    async def receive() -> Any:
        """Hear of the client's leaving just as the response is known, and not before."""
        nonlocal waited
        if messages:
            return messages.pop()
        if not waited:
            waited = True
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        """Nobody is there."""

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.1"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": None,
        "server": None,
        "state": {},
        "extensions": {},
    }
    await app(scope, receive, send)
    assert closed


async def test_an_app_that_is_served_again_takes_leave_of_its_streams_again(
    app: Quart, events: Events
) -> None:
    @app.get("/events")
    async def stream() -> Response:
        return sse_response("c")

    async with asyncio.timeout(20):
        for _ in range(2):
            async with httpx2.AsyncClient() as http, AsyncExitStack() as streams:
                async with served(app, events.begin_shutdown) as url:
                    response = await streams.enter_async_context(
                        http.stream("GET", url + "/events")
                    )
                assert b"the server is restarting" in await response.aread()


async def test_a_first_request_under_way_when_the_server_is_told_to_stop_is_told_too(
    app: Quart, events: Events
) -> None:
    begun, told = asyncio.Event(), asyncio.Event()

    async def tell() -> None:
        told.set()

    events.on_drain(tell)

    @app.get("/events")
    async def stream() -> Response:
        begun.set()
        await told.wait()
        return sse_response("c")

    async with asyncio.timeout(20), httpx2.AsyncClient() as http:
        async with served(app, events.begin_shutdown) as url:
            reading = asyncio.create_task(http.get(url + "/events"))
            await begun.wait()
        assert b"the server is restarting" in (await reading).content


async def test_what_fails_before_the_streams_end_does_not_keep_them_open(
    app: Quart, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError("failed on purpose")

    events.on_drain(fail)

    @app.get("/events")
    async def stream() -> Response:
        return sse_response("c")

    async with asyncio.timeout(20), httpx2.AsyncClient() as http, AsyncExitStack() as streams:
        async with served(app, events.begin_shutdown) as url:
            response = await streams.enter_async_context(http.stream("GET", url + "/events"))
        assert b"the server is restarting" in await response.aread()
    assert "failed on purpose" in caplog.text


async def test_empty_chunks_and_a_slow_client_do_not_harm_a_stream(
    app: Quart, events: Events
) -> None:
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b""
        for letter in (b"a", b"b", b"c"):
            yield letter * 4_000_000  # more than the buffers of a connection take
        yield b"\n"

    @app.get("/events")
    async def stream() -> Response:
        return stream_response(chunks())

    async with (
        asyncio.timeout(20),
        served(app, events.begin_shutdown) as url,
        httpx2.AsyncClient() as http,
    ):
        body = (await http.get(url + "/events")).content
    sent = body.partition(b"\n")[2]
    assert [sent.count(letter) for letter in (b"a", b"b", b"c", b"\n")] == [4_000_000] * 3 + [1]


async def test_http_1_0_gets_a_stream_without_chunks(app: Quart, events: Events) -> None:
    @app.get("/events")
    async def stream() -> Response:
        return sse_response("c")

    async with asyncio.timeout(20), served(app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET /events HTTP/1.0\r\n\r\n")
        while not (await reader.readline()).startswith(b"\r\n"):
            pass
        await events.manager.emit_event("c", "complete", {})
        body = await reader.read()
        writer.close()
        await writer.wait_closed()
    [frame] = StreamParser().feed(body)
    assert frame.data.startswith('{"type":"complete"')
