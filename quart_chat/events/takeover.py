"""A stream takes its connection over from the server, where the server is Hypercorn.

For each connection a server keeps what the next request might need: buffers, a parser, queues and
tasks. A stream may be open for hours and needs none of it, and a chunk that is sent through ASGI
passes eight coroutines and a state machine, none of which change anything but its framing: "a chunk
is its length in hexadecimal, a line end, its bytes and a line end" (RFC 9112, 7.1). So once the
server has written the head of the response, it is told what it is told when a client leaves, and
lets go of the connection. The socket stays open and belongs to the stream from then on. At the end
of the stream it is closed; the client's next request takes another.

That is done only where each object on the way to the socket is of exactly the type known here, for
HTTP/1.1 without TLS, and for ``GET``: a request that a client may send again where the connection
is closed just as it is sent (RFC 9110, 9.2.2). All other streams go through the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from quart_chat.events.delivery import Chunks
from quart_chat.events.frames import ContextFrames
from quart_chat.events.shortcut import Parts, encode_chunk, find_parts

_logger = logging.getLogger(__name__)

Message = Any
Send = Callable[[Message], Awaitable[None]]

_PATIENCE = 15.0
"""Seconds for which a client may take nothing of what it is sent."""


class TakenConnection(asyncio.Protocol):
    """A connection that belongs to one response."""

    __slots__ = ("_kept", "_lost", "_room", "_task", "_transport", "_unsent")

    def __init__(self, writer: asyncio.StreamWriter, head: bytes) -> None:
        # A writer that is let go of closes what it writes to.
        self._kept = writer
        self._transport = cast("asyncio.Transport", writer.transport)
        self._lost = self._transport.is_closing()  # that is told to the one before
        self._unsent = head
        self._room: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._transport.set_protocol(self)
        if not self._transport.is_reading():
            self._transport.resume_reading()

    def run(
        self, first: bytes, chunks: Chunks, close: Callable[[], Awaitable[None]]
    ) -> asyncio.Task[None]:
        """Send a stream in a task of its own, until it ends or its client has gone.

        Args:
            first: Bytes to send before all others.
            chunks: The rest.
            close: Called at the end.
        """
        if isinstance(chunks, ContextFrames):
            chunks.write_to(self.offer)
        loop = asyncio.get_running_loop()
        self._unsent += encode_chunk(first)
        task = loop.create_task(self._send(chunks, close))
        # The head goes out with the first chunk, in one write, where there is one at once.
        loop.call_soon(self._send_head)
        return task

    async def _send(self, chunks: Chunks, close: Callable[[], Awaitable[None]]) -> None:
        """Send all there is; an error in it is logged and ends it as any other end does.

        What the stream has waited for may have been cancelled, which is such an error, where its
        own cancellation is not.
        """
        # Set here: a task that is cancelled before it has begun would close nothing.
        self._task = sending = asyncio.current_task()
        assert sending is not None  # noqa: S101 - coroutines run in tasks
        try:
            if not self._transport.is_closing():
                async for data in chunks:
                    await self.write(data)
        except (Exception, asyncio.CancelledError):
            if sending.cancelling():
                self._transport.abort()
                raise
            _logger.exception("A stream failed")
        finally:
            await close()
            await self._end()

    def _send_head(self) -> None:
        if self._unsent and not self._transport.is_closing():
            self._transport.write(self._unsent)
            self._unsent = b""

    # What the transport tells

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self.resume_writing()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def pause_writing(self) -> None:
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    # What a client sends during the response is not looked at. One that has closed its half of the
    # connection counts as gone: TCP tells no more of one that has left.

    # What the stream does

    def offer(self, data: bytes) -> bool:
        """Write a chunk, unless the client has yet to take what came before, or has left."""
        transport = self._transport
        if transport.get_write_buffer_size() or transport.is_closing():
            return False
        self._write(data)
        return True

    async def write(self, data: bytes) -> None:
        """Write a chunk, and wait while the client is slower than what it is sent."""
        if data and not self._transport.is_closing():
            self._write(data)
            while self._room is not None:
                await self._wait_for_room()

    def _write(self, data: bytes) -> None:
        chunk = encode_chunk(data)
        if self._unsent:
            chunk, self._unsent = self._unsent + chunk, b""
        self._transport.write(chunk)

    async def _wait_for_room(self) -> None:
        room = self._room
        assert room is not None  # noqa: S101 - it is waited for where there is none
        before = self._transport.get_write_buffer_size()
        await asyncio.wait({room}, timeout=_PATIENCE)
        if not room.done() and self._transport.get_write_buffer_size() == before:
            # It takes nothing, and must not hold the connection.
            self._transport.abort()
            await room

    async def _end(self) -> None:
        """End the response, and close the connection once the client has taken all of it."""
        self._task = None
        if self._lost:
            return
        try:
            if not self._transport.is_closing():
                self._transport.write(self._unsent + b"0\r\n\r\n")
                self._transport.close()
            while not self._lost:
                self.pause_writing()
                await self._wait_for_room()
        except asyncio.CancelledError:
            self._transport.abort()
            raise


async def take_over(send: Send, start: Message) -> TakenConnection | None:
    """Send the head of a response, and take over its connection, where it is known how.

    Returns:
        None, with nothing sent, where it is not.
    """
    parts = find_parts(send)
    try:
        if parts is None or start["status"] != 200 or not _may_be_taken(parts):
            return None
    except AttributeError:
        return None  # it is built in another way
    server, writer = parts.server, parts.server.writer
    server.writer = departed = _DepartedWriter()
    try:
        await send(start)
    except BaseException:
        server.writer = writer
        raise
    # Told of its client's end, the server lets go of the rest. What a client has sent meanwhile
    # must not keep it waiting for the end of a response.
    parts.protocol.connection = _DepartedClient()
    server.reader.feed_eof()
    return TakenConnection(writer, b"".join(departed.written))


def _may_be_taken(parts: Parts) -> bool:
    import h11

    connection, server = parts.protocol.connection, parts.server
    return (
        parts.stream.scope["method"] == "GET"
        and not parts.protocol.ssl
        and connection.our_state is h11.SEND_RESPONSE
        and connection.their_state is h11.DONE
        and connection.trailing_data == (b"", False)
        and not server.reader.at_eof()
        and not server.writer.is_closing()
        and not server.writer.transport.get_write_buffer_size()
    )


class _DepartedClient:
    """What the server parses in the place of the connection: nothing."""

    our_state = None
    their_state = None
    they_are_waiting_for_100_continue = False

    def receive_data(self, data: bytes) -> None:
        pass

    def next_event(self) -> Any:
        import h11

        return h11.NEED_DATA


class _DepartedWriter:
    """What the server writes to and closes in the place of the connection."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        pass

    async def drain(self) -> None:
        pass

    async def wait_closed(self) -> None:
        pass
