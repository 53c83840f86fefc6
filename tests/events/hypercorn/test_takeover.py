"""Streams that take their connection over from Hypercorn."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import uvloop
from hypercorn.asyncio.tcp_server import TCPServer
from hypothesis import given, settings
from hypothesis import strategies as st
from quart import Quart, Response, g, request

from quart_chat.events import StreamingEventManager, Subscription
from quart_chat.events.asgi import EventStreams, stream_context
from quart_chat.events.asgi.chunks import DirectWriter
from quart_chat.events.hypercorn import find_connection, takeover
from quart_chat.events.hypercorn.taken_connection import TakenConnection
from quart_chat.events.quart import Events, StreamResponse, sse_response, stream_response
from quart_chat.events.sse import StreamParser
from tests.events.serving import served
from tests.examples import examples
from tests.waiting import until

LOOPS = [pytest.param(None, id="asyncio"), pytest.param(uvloop.new_event_loop, id="uvloop")]
Factory = Callable[[], asyncio.AbstractEventLoop] | None


def make_app(**config: Any) -> tuple[Quart, StreamingEventManager]:
    app = Quart(__name__)
    app.config.update({"EVENTS_PACING": 0.0, **config})
    events = Events(app)

    @app.route("/events/<context_id>", methods=["GET", "POST"])
    async def stream(context_id: str) -> Response:
        categories = request.args.getlist("category") or None
        last_event_id = request.headers.get("Last-Event-ID")
        return sse_response(context_id, categories=categories, last_event_id=last_event_id)

    return app, events.manager


@asynccontextmanager
async def connected(url: str, head: str) -> AsyncGenerator[tuple[Any, asyncio.StreamWriter]]:
    """A client that has sent a request and read the head of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(f"{head}\r\nHost: localhost\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.fixture(autouse=True, scope="module")
def _earlier_objects_out_of_sight() -> None:
    """Have the collector look at new objects alone: those of all modules take it a long time."""
    gc.collect()
    gc.freeze()


def alive(kind: type) -> int:
    gc.collect()
    return sum(type(each) is kind for each in gc.get_objects())


def coroutines_of(task: asyncio.Task[Any]) -> list[str]:
    """The names of the coroutines that a task is in, the outermost first."""
    names = []
    step: Any = task.get_coro()
    while hasattr(step, "cr_await"):
        names.append(step.__qualname__)
        step = step.cr_await
    return names


def unsent() -> int:
    """Bytes that the connections of all streams hold."""
    taken = [each for each in gc.get_objects() if type(each) is TakenConnection]
    assert taken
    return sum(each._transport.get_write_buffer_size() for each in taken)


async def test_the_server_lets_go_of_a_connection_that_streams() -> None:
    app, manager = make_app()
    async with served(app) as url:
        before = alive(TCPServer)
        async with connected(url, "GET /events/c HTTP/1.1") as (reader, _):
            await until(lambda: alive(TCPServer) == before)
            assert alive(TakenConnection) == 1
            await manager.emit_event("c", "status", {"n": 1})
            await reader.readuntil(b'"n":1')
        await until(lambda: alive(TakenConnection) == 0)
        log = manager.log("c")
        assert log is not None
        assert not log.has_readers


@pytest.mark.parametrize(
    "head",
    [
        "POST /events/c HTTP/1.1\r\nContent-Length: 0",
        "GET /events/c HTTP/1.0",
        "GET /events/c HTTP/1.1\r\nTransfer-Encoding: chunked",  # a body that is still to come
    ],
)
async def test_a_request_that_must_not_be_cut_off_leaves_the_connection_to_the_server(
    head: str,
) -> None:
    app, manager = make_app()
    async with served(app) as url, connected(url, head) as (reader, _):
        assert alive(TakenConnection) == 0
        await manager.emit_event("c", "status", {"n": 1})
        await reader.readuntil(b'"n":1')


async def test_an_app_without_a_lifespan_leaves_the_connection_to_the_server() -> None:
    """At its end the server waits for connections of its own, and nothing waits for others."""
    manager = StreamingEventManager()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await stream_context(manager, "c", scope, receive, send)

    async with (
        served(app, manager.drain) as url,
        connected(url, "GET /events/c HTTP/1.1") as (reader, _),
    ):
        assert alive(TakenConnection) == 0
        await manager.emit_event("c", "status", {"n": 1})
        await reader.readuntil(b'"n":1')


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\rb", "a\0b"])
def test_a_header_that_would_be_two_is_left_to_the_server(
    value: str,
) -> None:
    assert takeover._encode_fields([(b"x", value.encode())]) is None
    assert takeover._encode_fields([(b"x y", b"z")]) is None
    assert takeover._encode_fields([(b"x-y", "z é".encode())]) == b"x-y: z \xc3\xa9\r\n"


async def test_the_head_is_that_of_the_server() -> None:
    heads = []
    for shortcut in (True, False):
        app, manager = make_app(EVENTS_SHORTCUT=shortcut)
        async with served(app) as url, httpx2.AsyncClient() as http:
            manager.create_queue("c")
            await manager.emit_event("c", "complete", {})
            response = await http.get(f"{url}/events/c")
            heads.append((response.status_code, {**response.headers, "date": ""}))
            assert "date" in response.headers
    assert heads[0] == heads[1]


async def test_the_end_of_a_stream_closes_its_connection_where_the_client_wants_that() -> None:
    app, manager = make_app()
    head = "GET /events/c HTTP/1.1\r\nConnection: TE, Close"
    async with served(app) as url, connected(url, head) as (reader, _):
        assert alive(TakenConnection) == 0
        await manager.emit_event("c", "complete", {})
        assert (await reader.read()).endswith(b"\n\n\r\n0\r\n\r\n")


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("loop_factory", LOOPS)
def test_the_next_request_on_a_connection_is_answered_when_a_stream_has_ended(
    loop_factory: Factory, early: bool
) -> None:
    app, manager = make_app()
    following = b"GET /events/%b HTTP/1.1\r\nHost: localhost\r\n\r\n"

    async def run() -> None:
        async with served(app) as url, connected(url, "GET /events/c HTTP/1.1") as (reader, writer):
            if early:
                writer.write(following % b"d" + following % b"e")
            await manager.emit_event("c", "complete", {})
            await reader.readuntil(b"\r\n0\r\n\r\n")
            for name in ("d", "e"):
                if not early:
                    writer.write(following % name.encode())
                await reader.readuntil(b"HTTP/1.1 200")
                await manager.emit_event(name, "complete", {"in": name})
                await reader.readuntil(b'{"in":"%b"}' % name.encode())
                await reader.readuntil(b"\r\n0\r\n\r\n")
        await until(lambda: alive(TakenConnection) == 0)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_request_that_is_on_its_way_through_the_server_is_not_lost(
    loop_factory: Factory, turns: int
) -> None:
    """It has arrived so many turns of the event loop before the stream takes the connection."""
    manager = StreamingEventManager()
    following = [b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in (1, 2)]

    async def unused(*_: Any) -> None:
        raise NotImplementedError

    streams = EventStreams(unused, manager)  # for the lifespan alone

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await streams(scope, receive, send)
            return
        if scope["path"] == "/0":
            connection = find_connection(send)
            assert connection is not None
            for request in following:
                connection.server.reader.feed_data(request)
                for _ in range(turns):
                    await asyncio.sleep(0)
        await stream_context(manager, scope["path"], scope, receive, send)

    async def run() -> None:
        async with (
            served(app) as url,
            connected(url, "GET /0 HTTP/1.1") as (reader, _),
        ):
            for number in range(3):
                await manager.emit_event(f"/{number}", "complete", {"in": number})
                await reader.readuntil(b'{"in":%d}' % number)
                await reader.readuntil(b"\r\n0\r\n\r\n")

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())


async def test_headers_that_frame_a_message_are_not_the_applications() -> None:
    app, manager = make_app()
    head = {"Transfer-Encoding": "chunked", "Connection": "close", "X-Other": "1"}

    @app.get("/framed")
    async def framed() -> Response:
        response = sse_response("c")
        response.headers.extend(head)
        return response

    manager.create_queue("c")
    await manager.emit_event("c", "complete", {})
    async with served(app) as url, httpx2.AsyncClient() as http:
        response = await http.get(f"{url}/framed")
    assert response.headers.get_list("transfer-encoding") == ["chunked"]
    assert response.headers.get_list("connection") == ["keep-alive"]
    assert response.headers["x-other"] == "1"


@pytest.mark.parametrize(
    "extra", [b"x", b"GET /events/d HTTP/1.1\r\nHost: a\r\n\r\n", b"y" * 300_000]
)
@pytest.mark.parametrize("loop_factory", LOOPS)
def test_what_a_client_sends_during_a_stream_hides_its_leaving_from_nobody(
    extra: bytes, loop_factory: Factory
) -> None:
    app, manager = make_app()

    async def run() -> None:
        async with served(app) as url:
            async with connected(url, "GET /events/c HTTP/1.1") as (reader, writer):
                writer.write(extra)
                await manager.emit_event("c", "status", {"n": 1})
                await reader.readuntil(b'"n":1')
                await writer.drain()
            log = manager.log("c")
            assert log is not None
            await until(lambda: not log.has_readers)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_client_that_reads_nothing_neither_costs_memory_nor_holds_the_server(
    loop_factory: Factory,
) -> None:
    app, manager = make_app()

    async def run() -> None:
        async with served(app) as url:
            client = connected(url, "GET /events/c HTTP/1.1")
            await client.__aenter__()
            for _ in range(400):
                await manager.emit_event("c", "status", {"text": "x" * 60_000})
                await asyncio.sleep(0)
            assert unsent() < 400_000
        # The server has come to its end, and this client is still there.
        assert alive(TakenConnection) == 0
        await client.__aexit__(None, None, None)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())


async def test_an_error_in_a_stream_is_logged_and_ends_the_response(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, _ = make_app()
    closed = asyncio.Event()

    async def chunks() -> AsyncGenerator[bytes, None]:
        try:
            yield b": well\n"
            raise ValueError
        finally:
            closed.set()

    @app.get("/broken")
    async def broken() -> Response:
        return stream_response(chunks())

    async with served(app) as url, connected(url, "GET /broken HTTP/1.1") as (reader, _):
        with caplog.at_level(logging.ERROR):
            assert (await reader.readuntil(b"\r\n0\r\n\r\n")).endswith(b": well\n\r\n0\r\n\r\n")
    assert closed.is_set()
    assert "A stream failed" in caplog.text


@pytest.mark.parametrize("loop_factory", LOOPS)
@pytest.mark.parametrize("ending", ["emit", "end"])
def test_what_ends_a_stream_does_not_share_its_context_with_the_next_request(
    loop_factory: Factory, ending: str
) -> None:
    app, manager = make_app()
    responses: list[StreamResponse] = []

    @app.get("/stream")
    async def start() -> Response:
        responses.append(sse_response("c"))
        return responses[-1]

    @app.get("/end")
    async def end() -> str:
        g.user = "another"
        if ending == "emit":
            await manager.emit_event("c", "complete", {})
        else:
            responses[-1].stream.end(b": over\n\n")
        return ""

    @app.get("/whoami")
    async def whoami() -> str:
        return f"user {g.get('user')}"

    async def run() -> None:
        async with (
            served(app) as url,
            httpx2.AsyncClient() as http,
            connected(url, "GET /stream HTTP/1.1") as (reader, writer),
        ):
            await http.get(f"{url}/end")
            await reader.readuntil(b"\r\n0\r\n\r\n")
            writer.write(b"GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await reader.readuntil(b"user ")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(4) == b"None"

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_stream_that_is_cut_off_before_its_request_has_ended_is_no_error_of_the_server(
    loop_factory: Factory, caplog: pytest.LogCaptureFixture
) -> None:
    """The stream ends and gives its connection back, for which it waits until the app is done."""
    app, manager = make_app()
    goes_on = asyncio.Event()
    answer = app.asgi_app

    async def answer_slowly(scope: Any, receive: Any, send: Any) -> None:
        await answer(scope, receive, send)
        if scope["type"] == "http":
            await goes_on.wait()

    app.asgi_app = answer_slowly  # type: ignore[method-assign]  # Quart's way for middleware

    async def run() -> None:
        async with served(app) as url, connected(url, "GET /events/c HTTP/1.1") as (reader, _):
            await manager.emit_event("c", "complete", {})
            await reader.readuntil(b"\r\n0\r\n\r\n")
            await until(giving_back)
            for task in giving_back():
                task.cancel()
            await until(lambda: not giving_back())
            before = alive(TCPServer)
            goes_on.set()
            await until(lambda: alive(TCPServer) < before)

    def giving_back() -> list[asyncio.Task[Any]]:
        return [
            task
            for task in asyncio.all_tasks()
            if "TakenConnection._give_back" in coroutines_of(task)
        ]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())
    assert not caplog.records


async def test_a_body_that_can_not_begin_lets_its_client_go_and_is_closed() -> None:
    app, _ = make_app()
    closed = asyncio.Event()

    class Body:
        def write_to(self, _: DirectWriter) -> None:
            raise ValueError

        def __aiter__(self) -> AsyncIterator[bytes]:
            raise NotImplementedError

        async def aclose(self) -> None:
            closed.set()

    @app.get("/broken")
    async def broken() -> Response:
        return stream_response(Body())

    async with served(app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(b"GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        await closed.wait()


async def test_a_stream_that_can_not_begin_lets_its_client_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, manager = make_app()

    def fail(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(Subscription, "feed", fail)
    async with served(app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(b"GET /events/c HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        log = manager.log("c")
        assert log is not None
        await until(lambda: not log.has_readers)


class Client:
    """Reads a stream of context "c", and comes back with its last id whenever it is cut off."""

    def __init__(self, http: httpx2.AsyncClient, category: str | None) -> None:
        self.numbers: list[int] = []
        self.cut = False
        self._http = http
        self._path = "/events/c" + (f"?category={category}" if category else "")
        self._last = ""

    async def read(self) -> None:
        while not await self._read_until_cut():
            self.cut = False

    async def _read_until_cut(self) -> bool:
        headers = {"Last-Event-ID": self._last} if self._last else {}
        async with self._http.stream("GET", self._path, headers=headers) as response:
            parser = StreamParser(self._last)
            async for chunk in response.aiter_bytes():
                for frame in parser.feed(chunk):
                    self._last = frame.id
                    self.numbers.append(int(frame.id.partition(":")[2]))
                if self.cut:
                    return False
        return True


async def perform(
    steps: list[tuple[str, str, int]], manager: StreamingEventManager, client: Client
) -> list[tuple[str, int]]:
    """The categories and numbers of what was emitted."""
    emitted: list[tuple[str, int]] = []
    for step, name, size in [*steps, ("emit", "a", 1)]:
        if step == "emit":
            await manager.emit_event("c", "status", {"text": "é" * size}, name)
            emitted.append((name, len(emitted) + 1))
        elif step == "cut":
            client.cut = True
        else:
            await asyncio.sleep(0.001)
    client.cut = False
    await manager.emit_event("c", "complete", {}, "a")
    return [*emitted, ("a", len(emitted) + 1)]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("emit"), st.sampled_from(["a", "b"]), st.sampled_from([1, 500, 90_000])),
        st.tuples(st.just("pause"), st.just(""), st.just(0)),
        st.tuples(st.just("cut"), st.just(""), st.just(0)),
    ),
    max_size=25,
)


@pytest.mark.parametrize("taken", [True, False])
@settings(max_examples=examples(60), deadline=None)
@given(steps=steps, category=st.sampled_from([None, "a"]))
def test_cuts_and_last_event_ids_lose_and_double_nothing(
    taken: bool, steps: list[tuple[str, str, int]], category: str | None
) -> None:
    async def run() -> None:
        app, manager = make_app(EVENTS_SHORTCUT=taken, EVENTS_MAX_BYTES=10_000_000)
        async with served(app) as url, httpx2.AsyncClient(base_url=url) as http:
            client = Client(http, category)
            manager.create_queue("c")
            reading = asyncio.create_task(client.read())
            emitted = await perform(steps, manager, client)
            await reading
        assert client.numbers == [number for name, number in emitted if category in (None, name)]

    uvloop.run(run())
