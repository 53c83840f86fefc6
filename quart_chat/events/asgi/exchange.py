"""A request and its response on their way through an application that may name a stream."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple, cast

from quart_chat.events.asgi.chunks import Chunks, EndableChunks, TasklessChunks
from quart_chat.events.asgi.server import Application, Headers, Message, Receive, Scope, Send
from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.queue import QueueShutDown

_NAME = "X-Event-Stream"
_NAME_SENT = _NAME.lower().encode()


class Stream:
    """A stream that a response may name.

    Attributes:
        chunks: What to send; None says that there is nothing more, and never will be.
        running: Whether a connection of its own sends it, and closes it.
    """

    __slots__ = ("_callbacks", "_source", "chunks", "running")

    def __init__(self, chunks: Chunks | None) -> None:
        self.chunks = chunks
        self._source = chunks
        self.running = False
        self._callbacks: list[Callable[[], object]] = []

    @property
    def reader(self) -> object | None:
        """What reads contexts for the stream; None before it has begun, or where nothing does."""
        return getattr(self._source, "reader", None)

    def on_close(self, callback: Callable[[], object]) -> None:
        """Have a callback called once the stream is over, whether or not it ever began."""
        self._callbacks.append(callback)

    def end(self, last: bytes) -> None:
        """Send these bytes as the last ones, in place of all that is still to come.

        The body that the stream was made with has to be one that can be ended.
        """
        if self._source is not None:
            cast("EndableChunks", self._source).end(last)

    def cut_off(self) -> None:
        """End the response though the client has not taken all of it."""
        if self._source is not None:
            cast("EndableChunks", self._source).cut_off()

    async def close(self) -> None:
        """Let go of what it holds; idempotent."""
        try:
            if self.chunks is not None:
                await self.chunks.aclose()
        finally:
            self._call_back()

    def close_taskless(self) -> None:
        """Do the same for chunks that were sent with no task."""
        try:
            cast("TasklessChunks", self.chunks).close()
        finally:
            self._call_back()

    def _call_back(self) -> None:
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class Named(NamedTuple):
    """A stream, with the head of the response that names it."""

    stream: Stream
    status: int
    headers: Headers


class Exchange:
    """A request and its response, for as long as the application is busy with them."""

    def __init__(
        self, manager: StreamingEventManager, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.manager = manager
        self.scope = scope
        self._receive = receive
        self._send = send
        self._streams: list[Stream] = []
        self._named: Named | None = None
        self._disconnected = False
        self._begun = False
        self._ended = False

    def name(self, stream: Stream) -> dict[str, str]:
        """The headers by which the response names a stream."""
        self._streams.append(stream)
        # Only what this request has made can be named: a header from elsewhere does no harm.
        return {_NAME: str(len(self._streams) - 1)}

    async def run(self, app: Application) -> Named | None:
        """Let the application answer, and return what its response names, if anything."""
        token = current_exchange.set(self)
        try:
            await self._answer(app)
        except BaseException:
            await self.close()
            raise
        finally:
            current_exchange.reset(token)
        # Timers of the request that were cancelled hold its context, and so this, until their time.
        named, self._named = self._named, None
        if named is not None and self._disconnected:
            named = None
        await self.close(keep=None if named is None else named.stream)
        return named

    async def _answer(self, app: Application) -> None:
        try:
            await app(self.scope, self._receive_message, self._send_message)
        except* QueueShutDown:
            # A body that reads a queue is over with it, whether or not it was written to know that.
            if not self._begun or self._ended:
                raise
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def close(self, *, keep: Stream | None = None) -> None:
        """Let go of the streams that are not sent."""
        streams, self._streams = self._streams, []
        for stream in streams:
            if stream is not keep:
                await stream.close()

    async def _receive_message(self) -> Message:
        message: Message = await self._receive()
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
        headers: Headers = []
        names: set[bytes] = set()
        for name, value in message.get("headers", ()):
            lowered = bytes(name).lower()
            if lowered == _NAME_SENT:
                names.add(bytes(value))
            else:
                headers.append((lowered, bytes(value)))
        if not names:
            return False
        for number, stream in enumerate(self._streams):
            if str(number).encode() in names:
                self._named = Named(stream, message["status"], headers)
                return True
        message["headers"] = headers
        return False


current_exchange: ContextVar[Exchange | None] = ContextVar("quart_chat.events.asgi", default=None)


def name_stream(stream: Stream) -> dict[str, str]:
    """Headers of an empty response that make it send a stream of your own.

    Raises:
        RuntimeError: No request is being answered, or ``EventStreams`` has not seen it.
    """
    return find_exchange().name(stream)


def find_exchange() -> Exchange:
    exchange = current_exchange.get()
    if exchange is None:
        raise RuntimeError(
            "a stream is named while a request is answered, in an app that EventStreams wraps"
        )
    return exchange
