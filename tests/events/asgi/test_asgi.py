"""Streams of contexts from ASGI applications, by what they say to their server."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable
from typing import Any

import orjson
import pytest
from quart import Quart, request
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from quart_chat.events import StreamingEventManager
from quart_chat.events.asgi import EventStreams, stream_context, stream_headers
from quart_chat.events.asgi.exchange import Stream, name_stream
from quart_chat.events.quart import Events, StreamResponse, sse_response
from quart_chat.events.sse import Frame, StreamParser
from tests.waiting import until


@pytest.fixture
def manager() -> StreamingEventManager:
    return StreamingEventManager()


class Call:
    """One request to an application, and what it sends."""

    def __init__(self, app: Any, **scope: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.on_head: Callable[[], None] = lambda: None
        self.leave = asyncio.Event()
        self._app = app
        self._asked = False
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/c",
            "raw_path": b"/c",
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": None,
            "server": None,
            "extensions": {},
            **scope,
        }

    async def run(self) -> Call:
        async with asyncio.timeout(20):
            await self._app(self._scope, self._receive, self._send)
        return self

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.on_head()
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def frames(self) -> list[Frame]:
        return StreamParser().feed(b"".join(message["body"] for message in self.sent[1:]))

    @property
    def types(self) -> list[str]:
        return [orjson.loads(frame.data)["type"] for frame in self.frames]


def starlette(handler: Any, *middleware: Any) -> Starlette:
    return Starlette(routes=[Route("/c", handler)], middleware=[Middleware(m) for m in middleware])


async def watch(_: Request) -> Response:
    return Response(status_code=201, headers={"X-Own": "1", **stream_headers("c")})


async def test_the_head_is_the_handlers_with_the_headers_of_a_stream(
    manager: StreamingEventManager,
) -> None:
    await manager.emit_event("c", "complete", {})
    call = await Call(EventStreams(starlette(watch), manager)).run()
    assert call.status == 201
    assert call.headers == {
        "x-own": "1",
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        "connection": "keep-alive",
    }
    assert call.types == ["complete"]
    assert call.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


@pytest.mark.parametrize("middleware", [GZipMiddleware, None])
async def test_middleware_of_a_framework_changes_nothing(
    manager: StreamingEventManager, middleware: Any
) -> None:
    class PassOn(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: Any) -> Any:
            return await call_next(request)

    await manager.emit_event("c", "complete", {"text": "x" * 10_000})
    app = starlette(watch, middleware or PassOn)
    encodings = [(b"accept-encoding", b"gzip")]
    call = await Call(EventStreams(app, manager), headers=encodings).run()
    assert call.types == ["complete"]
    assert "content-encoding" not in call.headers


async def test_the_last_id_is_the_requests_own(manager: StreamingEventManager) -> None:
    for name in ("status", "progress", "complete"):
        await manager.emit_event("c", name, {})
    app = EventStreams(starlette(watch), manager)
    frames = (await Call(app).run()).frames
    again = await Call(app, headers=[(b"last-event-id", frames[0].id.encode())]).run()
    assert again.types == ["progress", "complete"]
    over = await Call(app, headers=[(b"last-event-id", frames[-1].id.encode())]).run()
    assert (over.status, over.frames) == (204, [])
    assert "content-type" not in over.headers
    odd = await Call(app, headers=[(b"last-event-id", b"\xff\xfe")]).run()
    assert odd.types[0] == "reset"


@pytest.mark.parametrize("version", ["1.0", "2", "3"])
async def test_only_http_1_1_has_a_connection_field(
    manager: StreamingEventManager, version: str
) -> None:
    await manager.emit_event("c", "complete", {})
    call = await Call(EventStreams(starlette(watch), manager), http_version=version).run()
    assert "connection" not in call.headers


async def test_head_has_the_headers_and_no_body(manager: StreamingEventManager) -> None:
    call = await Call(EventStreams(starlette(watch), manager), method="HEAD").run()
    assert call.headers["content-type"].startswith("text/event-stream")
    assert call.sent[1:] == [{"type": "http.response.body", "body": b"", "more_body": False}]


async def test_a_client_that_leaves_ends_its_stream(manager: StreamingEventManager) -> None:
    call = Call(EventStreams(starlette(watch), manager))
    running = asyncio.create_task(call.run())
    async with manager.subscribe("c") as subscription:
        await manager.emit_event("c", "status", {})
        await subscription.read()
    call.leave.set()
    await running
    log = manager.log("c")
    assert log is not None
    assert not log.has_readers


async def test_a_name_that_this_request_has_not_made_streams_nothing(
    manager: StreamingEventManager,
) -> None:
    async def forward(_: Request) -> Response:
        return Response("Forwarded.", headers={"X-Event-Stream": "0"})

    call = await Call(EventStreams(starlette(forward), manager)).run()
    assert "x-event-stream" not in call.headers
    assert call.sent[1]["body"] == b"Forwarded."


@pytest.mark.parametrize("outcome", ["another response", "an error", "the other of two"])
async def test_a_stream_that_is_not_sent_is_closed(
    manager: StreamingEventManager, outcome: str
) -> None:
    closed: list[str] = []

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b""

    def stream(name: str) -> dict[str, str]:
        made = Stream(chunks())
        made.on_close(lambda: closed.append(name))
        return name_stream(made)

    async def handler(_: Request) -> Response:
        stream("unsent")
        if outcome == "an error":
            raise ValueError("failed on purpose")
        return Response(headers=stream("sent") if outcome == "the other of two" else None)

    call = Call(EventStreams(starlette(handler), manager))
    if outcome == "an error":
        with pytest.raises(ValueError, match="failed on purpose"):
            await call.run()
    else:
        await call.run()
    assert closed == (["unsent", "sent"] if outcome == "the other of two" else ["unsent"])


async def test_an_error_after_the_response_was_named_closes_its_stream(
    manager: StreamingEventManager,
) -> None:
    closed: list[bool] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        stream = Stream(None)
        stream.on_close(lambda: closed.append(True))
        headers = [(name.encode(), value.encode()) for name, value in name_stream(stream).items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise ValueError("failed on purpose")

    call = Call(EventStreams(app, manager))
    with pytest.raises(ValueError, match="failed on purpose"):
        await call.run()
    assert closed == [True]
    assert call.sent == []


def test_a_stream_is_named_only_while_a_request_is_answered() -> None:
    with pytest.raises(RuntimeError, match="an app that EventStreams wraps"):
        stream_headers("c")


async def test_a_body_that_reads_a_queue_ends_with_the_server(
    manager: StreamingEventManager,
) -> None:
    queue = manager.create_queue("c")

    async def chunks() -> AsyncGenerator[bytes, None]:
        while True:
            yield (await queue.get()).body

    async def handler(_: Request) -> Response:
        return StreamingResponse(chunks())

    call = Call(EventStreams(starlette(handler), manager))
    running = asyncio.create_task(call.run())
    await manager.emit_event("c", "status", {})
    await until(lambda: len(call.sent) >= 2)
    manager.drain()
    await running
    assert call.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_three_lines_without_a_framework(manager: StreamingEventManager) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await stream_context(manager, "c", scope, receive, send, categories=["jobs"])

    await manager.emit_event("c", "status", {})
    await manager.emit_event("c", "complete", {})
    assert (await Call(app).run()).types == ["complete"]


async def test_the_request_is_freed_before_the_first_byte() -> None:
    app = Quart(__name__)
    events = Events(app)
    requests: list[weakref.ref[Any]] = []
    alive: list[bool] = []

    @app.get("/c")
    async def stream() -> StreamResponse:
        requests.append(weakref.ref(request._get_current_object()))  # type: ignore[attr-defined]  # the proxy has it
        return sse_response("c")

    await events.manager.emit_event("c", "complete", {})
    call = Call(app)
    call.on_head = lambda: alive.append(requests[0]() is not None)
    await call.run()
    assert alive == [False]
    assert call.types == ["complete"]


@pytest.mark.parametrize("knows", [True, False], ids=["lifespan", "no lifespan"])
async def test_the_manager_lives_as_long_as_the_application(knows: bool) -> None:
    done: list[str] = []

    class Manager(StreamingEventManager):
        async def open(self) -> None:
            done.append("open")
            await super().open()

        async def close(self) -> None:
            done.append("close")
            await super().close()

    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("no lifespan")

    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    app = EventStreams(Starlette() if knows else refuse, Manager())

    async def tell() -> None:
        done.append("told")

    app.shutdown.on_drain(tell)
    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert done == ["open", "told", "close"]
