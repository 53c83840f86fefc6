"""Streams whose clients are gone, or take nothing, end: whatever the server notices of it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvloop
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, StreamEnded
from quart import Quart, Response

from quart_chat.events import StreamingEventManager
from quart_chat.events.asgi import watch
from quart_chat.events.quart import Events, sse_response, stream_response
from tests.events.serving import served
from tests.waiting import until

KEEPALIVE = 0.5
LOOPS = [pytest.param(None, id="asyncio"), pytest.param(uvloop.new_event_loop, id="uvloop")]

GET = b"GET /events HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"

STRAY = {
    "a stray byte": GET + b"\r\nx",
    "a stray line end": GET + b"\r\n\r\n",
    "a second request": (GET + b"\r\n") * 2,
    "many requests": (GET + b"\r\n") * 50,
    "a longer body than announced": POST + b"\r\n{}{}",
    "an unknown upgrade": GET + b"Connection: Upgrade\r\nUpgrade: shiny/9\r\n\r\n",
    "a body that never comes": POST + b"\r\n",
    "more than the server takes": GET + b"\r\n" + b"x" * 500_000,
    "HTTP/1.0": b"GET /events HTTP/1.0\r\n\r\n",
    "nothing amiss": GET + b"\r\n",
}


@pytest.fixture
def app() -> Quart:
    app = Quart(__name__)
    app.config["EVENTS_KEEPALIVE"] = KEEPALIVE
    Events(app)

    @app.route("/events", methods=["GET", "POST"])
    async def stream() -> Response:
        return sse_response("c")

    @app.get("/flood")
    async def flood() -> Response:
        async def chunks() -> AsyncGenerator[bytes, None]:
            while True:
                yield b"data: %b\n\n" % (b"x" * 50_000)

        return stream_response(chunks())

    return app


@pytest.fixture
def manager(app: Quart) -> StreamingEventManager:
    events: Events = app.extensions["quart_chat.events"]
    return events.manager


def connect(url: str, receive_buffer: int = 0) -> socket.socket:
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect(("127.0.0.1", urlsplit(url).port or 0))
    client.setblocking(False)
    return client


async def ask(url: str, sent: bytes) -> socket.socket:
    """Send a request, and return once its stream has begun."""
    loop, client = asyncio.get_running_loop(), connect(url)
    with suppress(TimeoutError):
        # What the server does not read may not all be taken from us, either.
        async with asyncio.timeout(0.2):
            await loop.sock_sendall(client, sent)
    received = b""
    while b"retry: " not in received:
        piece = await loop.sock_recv(client, 4096)
        assert piece, received
        received += piece
    return client


async def drain(client: socket.socket) -> bytes:
    """Read to the end, and return the last piece."""
    last = b""
    while piece := await asyncio.get_running_loop().sock_recv(client, 1_000_000):
        last = piece
    return last


def close(client: socket.socket) -> None:
    client.close()


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def shut_down(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)


def connection_tasks() -> list[str]:
    """What the server and the app run for connections."""
    server = {"worker_serve.<locals>._server_callback", "_handle"}
    names = {*server, "_send_stream", "TakenConnection._send"}
    running = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]  # all are coroutines
    return [name for name in running if name in names]


def is_sending() -> bool:
    return not {"_send_stream", "TakenConnection._send"}.isdisjoint(connection_tasks())


def run(
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None, main: Coroutine[Any, Any, None]
) -> None:
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(main, 60))


async def wrapped(app: Quart, scope: Any, receive: Any, send: Any) -> None:
    """Hide what the server hands down, as any middleware does."""

    async def pass_on(message: Any) -> None:
        await send(message)

    await app(scope, receive, pass_on)


@pytest.mark.parametrize("leave", [close, reset, shut_down])
@pytest.mark.parametrize("sent", STRAY.values(), ids=STRAY.keys())
@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_client_that_leaves_leaves_nothing_behind_whatever_it_has_sent(
    app: Quart,
    manager: StreamingEventManager,
    caplog: pytest.LogCaptureFixture,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
    sent: bytes,
    leave: Callable[[socket.socket], None],
) -> None:
    async def come_and_go() -> None:
        async with served(app) as url:
            clients = [await ask(url, sent) for _ in range(3)]
            log = manager.log("c")
            assert log is not None
            assert len(log.subscribers) == 3
            # One that a stream has taken over has no task; else there are the server's two and the
            # stream's. It is taken over, too, where what was sent with the request comes late.
            counts = {0} if sent == STRAY["nothing amiss"] else {0, 3, 6, 9}
            await until(lambda: len(connection_tasks()) in counts)
            for client in clients:
                leave(client)
            await until(lambda: not log.has_readers and not connection_tasks())
            for client in clients:
                client.close()

    run(loop_factory, come_and_go())
    assert "A stream failed" not in caplog.text


async def test_behind_a_middleware_a_client_that_has_left_is_found_with_what_is_written(
    app: Quart, manager: StreamingEventManager
) -> None:
    async with served(partial(wrapped, app), idle=0.5) as url:
        client = await ask(url, STRAY["a stray byte"])
        log = manager.log("c")
        assert log is not None
        assert log.has_readers
        client.close()
        await until(lambda: not log.has_readers and not connection_tasks())


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("middleware", [False, True], ids=["", "middleware"])
async def test_a_client_that_takes_nothing_is_let_go(
    app: Quart, version: str, middleware: bool
) -> None:
    async with served(partial(wrapped, app) if middleware else app) as url:
        client = await ask(url, f"GET /flood HTTP/{version}\r\nHost: a\r\n\r\n".encode())
        await until(lambda: not is_sending())
        if not middleware:
            # What the server still held for it is gone with the connection.
            await until(lambda: not connection_tasks())
            assert not (await drain(client)).endswith(b"\r\n0\r\n\r\n")
        client.close()


async def test_a_client_that_takes_little_at_a_time_is_kept(
    app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the time that one write takes here, a client that took nothing would be given up."""
    looks = 0
    find = watch._find_hung_up

    def count(outlets: Any) -> Any:
        nonlocal looks
        looks += 1
        return find(outlets)

    monkeypatch.setattr(watch, "_find_hung_up", count)
    loop = asyncio.get_running_loop()
    async with served(app) as url:
        client = connect(url, receive_buffer=4096)
        await loop.sock_sendall(client, b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        while looks < 15:
            assert await loop.sock_recv(client, 20_000)
            await asyncio.sleep(0.01)
        assert is_sending()
        client.close()
        await until(lambda: not connection_tasks())


class Http2Client:
    """One connection with one stream, whose windows it opens when it is told to."""

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self.protocol = H2Connection(H2Configuration())
        self.received = b""
        self.ended = False

    async def open(self, path: str) -> None:
        self._reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.protocol.initiate_connection()
        headers = [
            (":method", "GET"),
            (":path", path),
            (":scheme", "http"),
            (":authority", "a"),
        ]
        self.protocol.send_headers(1, headers, end_stream=True)
        self.flush()
        while b"retry: " not in self.received:
            await self.read()

    def flush(self) -> None:
        self.writer.write(self.protocol.data_to_send())

    async def read(self) -> None:
        for event in self.protocol.receive_data(await self._reader.read(65536)):
            if isinstance(event, DataReceived):
                self.received += event.data
            self.ended = self.ended or isinstance(event, StreamEnded)
        self.flush()


@pytest.mark.parametrize("leave", ["reset", "close"])
async def test_a_stream_of_http_2_that_is_reset_leaves_nothing_behind(
    app: Quart, manager: StreamingEventManager, leave: str
) -> None:
    async with served(app) as url:
        client = Http2Client(url)
        await client.open("/events")
        log = manager.log("c")
        assert log is not None
        assert log.has_readers
        if leave == "reset":
            client.protocol.reset_stream(1)
            client.flush()
        else:
            client.writer.close()
        await until(lambda: not log.has_readers and not is_sending())
        client.writer.close()
        await until(lambda: not connection_tasks())


async def test_a_stream_of_http_2_whose_window_stays_shut_is_ended_and_the_client_told(
    app: Quart,
) -> None:
    async with served(app, idle=0.5) as url:
        client = Http2Client(url)
        await client.open("/flood")
        await until(lambda: not is_sending())
        # What it was sent before it was given up comes to it yet, and then the end.
        client.protocol.increment_flow_control_window(10_000_000, 1)
        client.protocol.increment_flow_control_window(10_000_000)
        client.flush()
        async with asyncio.timeout(20):
            while not client.ended:
                await client.read()
        client.writer.close()
        await until(lambda: not connection_tasks())


async def test_a_connection_of_http_2_that_takes_nothing_is_closed(app: Quart) -> None:
    async with served(app) as url:
        client = Http2Client(url)
        await client.open("/flood")
        client.protocol.increment_flow_control_window(2**30, 1)
        client.protocol.increment_flow_control_window(2**30)
        client.flush()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one that reads
        await until(lambda: not connection_tasks())
        client.writer.transport.abort()


async def test_head_ends_at_once_whatever_follows(
    app: Quart, manager: StreamingEventManager
) -> None:
    loop = asyncio.get_running_loop()
    async with served(app) as url:
        client = connect(url)
        await loop.sock_sendall(client, b"HEAD /events HTTP/1.1\r\nHost: a\r\n\r\nx")
        head = b""
        while b"\r\n\r\n" not in head:
            head += await loop.sock_recv(client, 4096)
        assert b"text/event-stream" in head
        assert head.endswith(b"\r\n\r\n")
        client.close()
        await until(lambda: not connection_tasks())
    assert manager.log("c") is None or not manager.log("c").has_readers  # type: ignore[union-attr]  # just seen
