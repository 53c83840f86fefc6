"""Streams over real connections of Hypercorn, with and without the short way to the socket."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import h11
import httpx2
import pytest
import uvloop
from quart import Quart, Response

from quart_chat import events
from quart_chat.events import StreamingEventManager, hypercorn
from quart_chat.events.asgi.outlet import Outlet
from quart_chat.events.hypercorn import connection
from quart_chat.events.hypercorn.taken_connection import TakenConnection
from quart_chat.events.quart import Events, sse_response
from quart_chat.events.sse import StreamParser
from tests.events.serving import served
from tests.waiting import until

LOOPS = [pytest.param(None, id="asyncio"), pytest.param(uvloop.new_event_loop, id="uvloop")]


@pytest.fixture(params=[True, False], ids=["shortcut", "no shortcut"])
def shortcut(request: pytest.FixtureRequest) -> bool:
    on: bool = request.param
    return on


@pytest.fixture
def app(shortcut: bool) -> Quart:
    app = Quart(__name__)
    app.config["EVENTS_PACING"] = 0.0
    app.config["EVENTS_SHORTCUT"] = shortcut
    Events(app)

    @app.get("/events/<context_id>")
    async def stream(context_id: str) -> Response:
        return sse_response(context_id)

    return app


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each stream, whether its chunks are written to the connection, taken over or not."""
    found: list[bool] = []
    start = Outlet.start

    async def start_and_note(outlet: Outlet, *args: Any) -> None:
        await start(outlet, *args)
        found.append(outlet._direct)

    monkeypatch.setattr(Outlet, "start", start_and_note)
    run = TakenConnection.run

    def run_and_note(taken: TakenConnection, *args: Any) -> None:
        found.append(True)
        run(taken, *args)

    monkeypatch.setattr(TakenConnection, "run", run_and_note)
    return found


@pytest.fixture
def manager(app: Quart) -> StreamingEventManager:
    events: Events = app.extensions["quart_chat.events"]
    return events.manager


async def read(manager: StreamingEventManager, http: httpx2.AsyncClient, url: str) -> list[str]:
    """Read a stream into which large and small events are emitted while it is open."""
    texts = ["", "a", "é" * 70_000, "end"]
    async with http.stream("GET", f"{url}/events/c") as response:
        for text in texts:
            await manager.emit_event("c", "status", {"text": text})
        await manager.emit_event("c", "complete", {})
        body = b"".join([chunk async for chunk in response.aiter_bytes()])
    assert body.endswith((b"\n\n", b"\n\n:\n"))
    return [frame.data for frame in StreamParser().feed(body)]


@pytest.mark.parametrize(("http1", "http2"), [(True, False), (False, True)])
async def test_a_stream_is_the_same_over_either_protocol(
    app: Quart, manager: StreamingEventManager, http1: bool, http2: bool
) -> None:
    async with served(app) as url, httpx2.AsyncClient(http1=http1, http2=http2) as http:
        frames = await read(manager, http, url)
    assert len(frames) == 5
    assert "é" * 70_000 in frames[2]


@pytest.mark.parametrize(("http1", "http2"), [(True, False), (False, True)])
async def test_the_shortcut_is_there_for_http_1_and_not_for_http_2(
    app: Quart,
    manager: StreamingEventManager,
    found: list[bool],
    shortcut: bool,
    http1: bool,
    http2: bool,
) -> None:
    async with served(app) as url, httpx2.AsyncClient(http1=http1, http2=http2) as http:
        await read(manager, http, url)
    assert found == [http1 and shortcut]


@pytest.mark.parametrize("shortcut", [True], indirect=True)
@pytest.mark.parametrize("name", ["TCPServer", "H11Protocol", "HTTPStream"])
@pytest.mark.parametrize("gone", [False, True], ids=["another", "gone"])
async def test_a_server_that_is_built_in_another_way_is_served_without(
    app: Quart,
    manager: StreamingEventManager,
    found: list[bool],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    gone: bool,
) -> None:
    """What serves is of another class than the one of the name, or there is none of the name."""
    async with served(app) as url, httpx2.AsyncClient() as http:
        # The objects of this connection are made before the names stand for others.
        assert (await http.get(f"{url}/nothing")).status_code == 404
        if gone:
            module = sys.modules[getattr(connection, name).__module__]
            monkeypatch.delattr(module, name)
            monkeypatch.delattr(events, "hypercorn")
            for loaded in [each for each in sys.modules if each.startswith(hypercorn.__name__)]:
                monkeypatch.delitem(sys.modules, loaded)
        else:
            monkeypatch.setattr(connection, name, type(name, (), {}))
        async with http.stream("GET", f"{url}/events/c") as response:
            await manager.emit_event("c", "complete", {})
            assert b"complete" in await response.aread()
    assert found == [False]


@pytest.mark.parametrize("shortcut", [True], indirect=True)
async def test_only_a_body_that_h11_frames_is_written_directly(
    app: Quart,
    manager: StreamingEventManager,
    found: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another = SimpleNamespace(**{**vars(h11), "Connection": type("Connection", (), {})})
    monkeypatch.setattr(connection, "h11", another)
    async with served(app) as url, httpx2.AsyncClient() as http:
        assert len(await read(manager, http, url)) == 5
    assert found == [False]


async def test_a_connection_is_good_for_another_request_after_a_stream(
    app: Quart, manager: StreamingEventManager
) -> None:
    limits = httpx2.Limits(max_connections=1)
    async with served(app) as url, httpx2.AsyncClient(limits=limits) as http:
        assert len(await read(manager, http, url)) == 5
        manager.create_queue("c")
        assert len(await read(manager, http, url)) == 5


async def test_a_client_that_goes_in_mid_stream_leaves_nothing_behind(
    app: Quart, manager: StreamingEventManager
) -> None:
    async with served(app) as url:
        async with (
            httpx2.AsyncClient() as http,
            http.stream("GET", f"{url}/events/c") as response,
        ):
            await manager.emit_event("c", "status", {})
            await anext(response.aiter_bytes())
        log = manager.log("c")
        assert log is not None
        await until(lambda: not log.has_readers)


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_connection_that_breaks_off_while_much_is_written_is_no_error(
    app: Quart,
    manager: StreamingEventManager,
    caplog: pytest.LogCaptureFixture,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
) -> None:
    async def emit() -> None:
        """Have something to write in every step of the event loop."""
        while True:
            await manager.emit_event("c", "status", {})
            await asyncio.sleep(0)

    async def read_and_break_off() -> None:
        async with served(app) as url, asyncio.timeout(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
            writer.write(b"GET /events/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            emitting = asyncio.create_task(emit())
            await reader.readuntil(b"data:")
            # No such chunk: the server closes the connection in the midst of its answer.
            writer.write(b"no chunk\r\n")
            while await reader.read(65536):
                pass
            log = manager.log("c")
            assert log is not None
            await until(lambda: not log.has_readers)
            emitting.cancel()
            writer.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(read_and_break_off())
    assert "A stream failed" not in caplog.text
