"""Streams of contexts from any ASGI application.

    app = EventStreams(app, manager)

A handler of any framework answers with an ordinary, empty response whose headers name a stream:

    return Response(headers=stream_headers("job:7"))

The framework finishes with the request. The middleware keeps the head of the response, and sends it
and the stream once the application has returned. So a stream, which may be open for hours, keeps
nothing of the request that asked for it, no framework's time limit ends it, and it needs no more of
a framework than a response with a header. An application without a framework streams in one call:

    await stream_context(manager, "job:7", scope, receive, send)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextvars import ContextVar
from typing import Any

from quart_chat.events.delivery import Chunks, deliver
from quart_chat.events.frames import stream_frames
from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.shutdown import shutdown_of
from quart_chat.events.subscription import QueueShutDown
from quart_chat.events.takeover import take_over

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CONTENT_TYPE = "text/event-stream; charset=utf-8"

_NAME = "X-Event-Stream"
_NAME_SENT = _NAME.lower().encode()
_REPLACED = {_NAME_SENT, b"content-length", b"content-type", b"cache-control", b"etag"}


class Stream:
    """A stream that a response may name.

    Attributes:
        chunks: What to send; None says that there is nothing more, and never will be.
        running: Whether it is sent in a task of its own, which closes it.
    """

    __slots__ = ("_callbacks", "chunks", "running")

    def __init__(self, chunks: Chunks | None) -> None:
        self.chunks = chunks
        self.running = False
        self._callbacks: list[Callable[[], object]] = []

    def on_close(self, callback: Callable[[], object]) -> None:
        """Have a callback called once the stream is over, whether or not it ever began."""
        self._callbacks.append(callback)

    async def close(self) -> None:
        """Let go of what it holds; idempotent."""
        callbacks, self._callbacks = self._callbacks, []
        try:
            if self.chunks is not None:
                await self.chunks.aclose()
        finally:
            for callback in callbacks:
                callback()


class EventStreams:
    """ASGI middleware that sends the streams that responses name.

    Args:
        app: The application.
        manager: The event manager of its contexts.
        lifespan: Whether to open and close the manager as the application starts and ends.
        shortcut: Whether chunks may be written to a server's connection directly, where the server
            is one that is known here.

    Attributes:
        shutdown: What tells the streams to end.
    """

    def __init__(
        self,
        app: Application,
        manager: StreamingEventManager,
        *,
        lifespan: bool = True,
        shortcut: bool = True,
    ) -> None:
        self.shutdown = shutdown_of(manager)
        self._app = app
        self._manager = manager
        self._lifespan = lifespan
        self._shortcut = shortcut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.shutdown.watch()
            await self._respond(scope, receive, send)
        elif scope["type"] == "lifespan" and self._lifespan:
            await self._live(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(self._manager, scope, receive, send)
        token = _current.set(exchange)
        try:
            await exchange.run(self._app)
        finally:
            _current.reset(token)
            await exchange.close_unnamed()
        named, disconnected, status, headers = exchange.outcome
        del exchange
        if named is None:
            return
        try:
            if not disconnected:
                await _send_stream(
                    self._manager, named, status, headers, scope, receive, send,
                    shortcut=self._shortcut,
                )  # fmt: skip
        finally:
            if not named.running:
                await named.close()

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the manager live as long as the application."""
        asked = False

        async def receive_too() -> Message:
            nonlocal asked
            asked = True
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._manager.open()
            else:
                await self.shutdown.run()
            return message

        async def send_too(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self._close()
            await send(message)

        try:
            await self._app(scope, receive_too, send_too)
        except Exception:
            if asked:
                raise
            # An application that knows of no lifespan, as those of Django, says so by an error.
            await receive_too()
            await send_too({"type": "lifespan.startup.complete"})
            await receive_too()
            await send_too({"type": "lifespan.shutdown.complete"})

    async def _close(self) -> None:
        await self._manager.close()
        self.shutdown.forget()


class _Exchange:
    """A request and its response, for as long as the application is busy with them."""

    def __init__(
        self, manager: StreamingEventManager, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.manager = manager
        self.scope = scope
        self._receive = receive
        self._send = send
        self._streams: list[Stream] = []
        self._named: Stream | None = None
        self._disconnected = False
        self._status = 200
        self._headers: Headers = []
        self._begun = False
        self._ended = False

    def name(self, stream: Stream) -> dict[str, str]:
        """The headers by which the response names a stream."""
        self._streams.append(stream)
        # Only what this request has made can be named: a header from elsewhere does no harm.
        return {_NAME: str(len(self._streams) - 1)}

    async def run(self, app: Application) -> None:
        try:
            await app(self.scope, self._receive_message, self._send_message)
        except* QueueShutDown:
            # A body that reads a queue is over with it, whether or not it was written to know that.
            if not self._begun or self._ended:
                raise
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    @property
    def outcome(self) -> tuple[Stream | None, bool, int, Headers]:
        return self._named, self._disconnected, self._status, self._headers

    async def close_unnamed(self) -> None:
        for stream in self._streams:
            if stream is not self._named:
                await stream.close()

    async def _receive_message(self) -> Message:
        message = await self._receive()
        self._disconnected = self._disconnected or message["type"] == "http.disconnect"
        return message

    async def _send_message(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._takes_stream(message):
                return
            self._begun = True
        elif self._named is not None:
            return
        elif message["type"] == "http.response.body":
            self._ended = not message.get("more_body", False)
        await self._send(message)

    def _takes_stream(self, message: Message) -> bool:
        headers = [(bytes(name).lower(), bytes(value)) for name, value in message["headers"]]
        names = {value for name, value in headers if name == _NAME_SENT}
        if not names:
            return False
        for number, stream in enumerate(self._streams):
            if str(number).encode() in names:
                self._named, self._status, self._headers = stream, message["status"], headers
                return True
        message["headers"] = [pair for pair in headers if pair[0] != _NAME_SENT]
        return False


_current: ContextVar[_Exchange | None] = ContextVar("quart_chat.events.asgi", default=None)


def stream_headers(
    context_id: str,
    *,
    categories: Iterable[str] | None = None,
    last_event_id: str | None = None,
) -> dict[str, str]:
    """Headers of an empty response that make it stream a context, until its terminal event.

    A client that comes back with the id it saw last gets what followed. Where that can't be told
    exactly, because the id is of another process or no longer held, it gets a ``reset`` and then
    all that is held. One that has seen the end is answered 204, which ends its reconnecting
    (WHATWG HTML, 9.2.3).

    Args:
        context_id: The context to stream; it opens if need be. Whether the client may read it is
            for the caller to check.
        categories: Stream only events of these; terminal events come in any case.
        last_event_id: What the client saw last; by default what its ``Last-Event-ID`` header says.

    Raises:
        RuntimeError: No request is being answered, or ``EventStreams`` has not seen it.
    """
    exchange = _exchange()
    if last_event_id is None:
        last_event_id = _last_event_id(exchange.scope)
    chunks = stream_frames(
        exchange.manager, context_id, categories=categories, last_event_id=last_event_id
    )
    return exchange.name(Stream(chunks))


def name_stream(stream: Stream) -> dict[str, str]:
    """Headers of an empty response that make it send a stream of your own.

    Raises:
        RuntimeError: No request is being answered, or ``EventStreams`` has not seen it.
    """
    return _exchange().name(stream)


def _exchange() -> _Exchange:
    exchange = _current.get()
    if exchange is None:
        raise RuntimeError(
            "a stream is named while a request is answered, in an app that EventStreams wraps"
        )
    return exchange


async def stream_context(
    manager: StreamingEventManager,
    context_id: str,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    categories: Iterable[str] | None = None,
    shortcut: bool = True,
) -> None:
    """Answer a request by streaming a context, in an ASGI application without a framework.

    Clients that come back are served as ``stream_headers`` says.
    """
    shutdown_of(manager).watch()
    chunks = stream_frames(
        manager, context_id, categories=categories, last_event_id=_last_event_id(scope)
    )
    stream = Stream(chunks)
    try:
        await _send_stream(manager, stream, 200, [], scope, receive, send, shortcut=shortcut)
    finally:
        if not stream.running:
            await stream.close()


def _last_event_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if bytes(name).lower() == b"last-event-id":
            # "utf-8" by WHATWG HTML, 9.2.4.
            return bytes(value).decode("utf-8", "replace")
    return None


async def _send_stream(
    manager: StreamingEventManager,
    stream: Stream,
    status: int,
    headers: Headers,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    shortcut: bool,
) -> None:
    """Send the head of a response, with the headers of a stream, and the stream."""
    headers = [pair for pair in headers if pair[0] not in _REPLACED]
    if stream.chunks is None:
        await _send_empty(send, 204, headers)
        return
    headers += _stream_headers(scope["http_version"])
    if scope["method"] == "HEAD":
        # Nothing would read the frames, and nothing would end them.
        await _send_empty(send, status, headers)
        return
    start = {"type": "http.response.start", "status": status, "headers": headers}
    if shortcut and (taken := await take_over(send, start)) is not None:
        stream.running = True
        manager.adopt(taken.run(manager.retry(), stream.chunks, stream.close))
        return
    await send(start)
    await deliver(manager.retry(), stream.chunks, receive, send, shortcut=shortcut)


async def _send_empty(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _stream_headers(http_version: str) -> Headers:
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),  # nginx
    ]
    if http_version == "1.1":
        # Connection-specific fields are errors in HTTP/2 and 3 (RFC 9113, 8.2.2).
        headers.append((b"connection", b"keep-alive"))
    return headers
