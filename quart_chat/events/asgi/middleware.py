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

from collections.abc import Iterable

from quart_chat.events.asgi.connections import release_connection, take_over
from quart_chat.events.asgi.delivery import Delivery, deliver
from quart_chat.events.asgi.exchange import Exchange, Named, Stream, find_exchange
from quart_chat.events.asgi.frames import stream_frames
from quart_chat.events.asgi.server import Application, Headers, Message, Receive, Scope, Send
from quart_chat.events.asgi.shutdown import shutdown_of
from quart_chat.events.asgi.watch import watch_of
from quart_chat.events.manager import StreamingEventManager

CONTENT_TYPE = "text/event-stream; charset=utf-8"

_REPLACED = {
    *(b"content-length", b"content-type", b"cache-control", b"etag"),
    *(b"connection", b"transfer-encoding"),  # how the message is framed is not the application's
}


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
            taken = False
            try:
                taken = await self._respond(scope, receive, send)
            finally:
                if not taken:
                    await release_connection(send)
        elif scope["type"] == "lifespan" and self._lifespan:
            await self._live(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request; whether a stream has taken its connection."""
        # What is awaited here lets go of the request with its end.
        named = await Exchange(self._manager, scope, receive, send).run(self._app)
        if named is None:
            return False
        try:
            await _send_stream(self._manager, named, scope, receive, send, shortcut=self._shortcut)
        finally:
            if not named.stream.running:
                await named.stream.close()
        return named.stream.running

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the manager live as long as the application."""
        asked = False

        async def receive_too() -> Message:
            nonlocal asked
            asked = True
            message: Message = await receive()
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


def stream_headers(
    context_id: str,
    *,
    categories: Iterable[str] | None = None,
    last_event_id: str | None = None,
) -> dict[str, str]:
    """Headers of an empty response that make it stream a context, until its terminal event.

    A client that comes back with the id it saw last gets what followed. Where the next event is no
    longer held, it gets a ``reset``, which says how many it has lost, and then all that is held.
    The same where the id is of another process or means nothing; how many are lost is null then.
    One that has seen the end is answered 204, which ends its reconnecting (WHATWG HTML, 9.2.3).

    Args:
        context_id: The context to stream; it opens if need be. Whether the client may read it is
            for the caller to check.
        categories: Stream only events of these; terminal events come in any case.
        last_event_id: What the client saw last; by default what its ``Last-Event-ID`` header says.

    Raises:
        RuntimeError: No request is being answered, or ``EventStreams`` has not seen it.
    """
    exchange = find_exchange()
    if last_event_id is None:
        last_event_id = _last_event_id(exchange.scope)
    chunks = stream_frames(
        exchange.manager, context_id, categories=categories, last_event_id=last_event_id
    )
    return exchange.name(Stream(chunks))


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
    named = Named(Stream(chunks), 200, [])
    try:
        await _send_stream(manager, named, scope, receive, send, shortcut=shortcut)
    finally:
        if not named.stream.running:
            await named.stream.close()
            await release_connection(send)


def _last_event_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if bytes(name).lower() == b"last-event-id":
            # "utf-8" by WHATWG HTML, 9.2.4.
            return bytes(value).decode("utf-8", "replace")
    return None


async def _send_stream(
    manager: StreamingEventManager,
    named: Named,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    shortcut: bool,
) -> None:
    """Send the head of a response, with the headers of a stream, and the stream."""
    headers = [pair for pair in named.headers if pair[0] not in _REPLACED]
    chunks = named.stream.chunks
    if chunks is None:
        await _send_empty(send, 204, headers)
        return
    headers += _stream_headers(scope["http_version"])
    if scope["method"] == "HEAD":
        # Nothing would read the frames, and nothing would end them.
        await _send_empty(send, named.status, headers)
        return
    first = manager.retry()
    # A server ends without waiting for what it has let go of: the manager's end has to do that.
    may_take = shortcut and named.status == 200 and manager.is_open
    taken = await take_over(send, headers) if may_take else None
    if taken is not None:
        named.stream.running = True
        taken.run(first, named.stream, manager)
        return
    delivery = Delivery(named.status, headers, first, chunks, shortcut)
    await deliver(delivery, watch_of(manager), receive, send)


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
