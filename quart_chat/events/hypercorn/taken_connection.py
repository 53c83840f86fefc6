"""A connection that belongs to one stream, until it is given back to the server.

It writes the chunks of the stream's body to the socket, and learns from it that the client leaves,
takes nothing more, or has sent its next request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from typing import cast

from quart_chat.events.asgi.chunks import as_taskless, write_directly
from quart_chat.events.asgi.exchange import Stream
from quart_chat.events.asgi.outlet import SLICE
from quart_chat.events.asgi.progress import Progress
from quart_chat.events.asgi.watch import watch_of
from quart_chat.events.batch import Batch
from quart_chat.events.hypercorn.connection import count_unconfirmed
from quart_chat.events.hypercorn.departure import NextWriter
from quart_chat.events.manager import StreamingEventManager

_RECEIVED_AT_MOST = 64 * 1024
"""Bytes that are kept of what a client sends during a stream."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves a connection until its end."""

_logger = logging.getLogger(__name__)


class TakenConnection(asyncio.Protocol):
    """A connection that belongs to one response.

    Args:
        writer: Writes to it.
        head: The head of the response.
        departed: What the server had read of a next request; known once it has let go.
        serve: Serves the connection once the response is complete.

    Attributes:
        given_up: Whether its client is found to take nothing any more.
    """

    __slots__ = (
        "_context", "_departed", "_kept", "_lost", "_manager", "_progress", "_received", "_room",
        "_serve", "_stream", "_task", "_transport", "_unsent", "_watch", "_written", "given_up",
    )  # fmt: skip

    def __init__(
        self,
        writer: asyncio.StreamWriter,
        head: bytes,
        departed: asyncio.Future[bytes],
        serve: Serve,
    ) -> None:
        self.given_up = False
        self._departed = departed
        # A writer that is let go of closes what it writes to.
        self._kept = writer
        self._transport = cast("asyncio.Transport", writer.transport)
        self._lost = self._transport.is_closing()  # that is told to the one before
        self._unsent = head
        self._received = b""
        self._serve: Serve | None = serve
        self._written = 0
        self._progress = Progress()
        self._room: asyncio.Future[None] | None = None
        self._stream: Stream | None = None
        self._task: asyncio.Task[None] | None = None
        self._transport.set_protocol(self)
        if not self._transport.is_reading():
            self._transport.resume_reading()

    def run(self, first: bytes, stream: Stream, manager: StreamingEventManager) -> None:
        """Send bytes and a stream, which is closed when it ends or its client leaves.

        A task is made once it is needed, which is at the end for most streams of events.
        """
        assert stream.chunks is not None  # noqa: S101 - else there is no stream to send
        self._manager, self._stream = manager, stream
        self._unsent += encode_chunk(first)
        self._watch = watch_of(manager)
        self._watch.add(self)
        # The task may be made on behalf of another request, whose context is not for this one.
        self._context = copy_context()
        taskless = as_taskless(stream.chunks)
        try:
            if taskless is None or self._transport.is_closing():
                write_directly(stream.chunks, self)
                self._start_task()
            else:
                taskless.write_without_task(self, self._start_task)
        except BaseException:
            self._transport.abort()
            self._start_task()  # it closes the stream
            raise
        # The head goes out with the first chunk, in one write, where there is one at once.
        if self._unsent:
            asyncio.get_running_loop().call_soon(self._send_head)

    def _start_task(self, _: bool = True) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:  # else its client has left
            loop = asyncio.get_running_loop()
            self._manager.adopt(loop.create_task(self._send(stream), context=self._context))

    async def _send(self, stream: Stream) -> None:
        """Send all that is left; an error in it is logged and ends it as any other end does.

        What the stream has waited for may have been cancelled, which is such an error, where its
        own cancellation is not.
        """
        # Set here: a task that is cancelled before it has begun would close nothing.
        self._task = asyncio.current_task()
        assert stream.chunks is not None  # noqa: S101 - else there is no stream to send
        try:
            if not self._transport.is_closing():
                async for data in stream.chunks:
                    await self.write(data)
        except (Exception, asyncio.CancelledError):
            if _is_cancelled():
                self._transport.abort()
                raise
            _logger.exception("A stream failed")
        finally:
            try:
                await stream.close()
                await self._end()
            finally:
                self._watch.discard(self)
        await self._give_back()

    def _send_head(self) -> None:
        if self._unsent and not self._transport.is_closing():
            self._write(b"")

    # What the transport tells

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self.resume_writing()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        elif self._stream is not None:
            stream, self._stream = self._stream, None
            self._watch.discard(self)
            stream.close_taskless()

    def pause_writing(self) -> None:
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _RECEIVED_AT_MOST:
            # To leave the rest unread would hide that the client leaves.
            self._received, self._serve = b"", None

    # A client that has closed its half of the connection counts as gone: TCP tells no more of one
    # that has left.

    # What the stream does

    def takes(self, size: int) -> bool:
        """Whether so many bytes can be written now: the client has all that came before."""
        transport = self._transport
        return (
            size <= SLICE and not transport.get_write_buffer_size() and not transport.is_closing()
        )

    def write_now(self, data: bytes) -> None:
        """Write some of the body, at least a byte."""
        self._write(encode_chunk(data))

    def accept(self, batch: Batch) -> bool:
        """Write a batch and return True, unless it ends the context or can't be written now."""
        if batch.terminal:
            return False
        # Most events take this way, so that it calls no other method.
        data, transport = batch.chunk, self._transport
        size = len(data)
        if size > SLICE or transport.get_write_buffer_size() or transport.is_closing():
            return False
        chunk = b"%x\r\n%b\r\n" % (size, data)
        if self._unsent:
            chunk, self._unsent = self._unsent + chunk, b""
        self._written += len(chunk)
        transport.write(chunk)
        return True

    async def write(self, data: bytes) -> None:
        """Write some of the body, and wait while the client is slower than what it is sent."""
        for start in range(0, len(data), SLICE):
            if self._transport.is_closing():
                return
            self.write_now(data[start : start + SLICE])
            await self._wait_for_room()

    async def _wait_for_room(self) -> None:
        # Not awaited itself: a task that is cancelled cancels what it awaits.
        while (room := self._room) is not None:
            await asyncio.wait({room})

    def _write(self, chunk: bytes) -> None:
        if self._unsent:
            chunk, self._unsent = self._unsent + chunk, b""
        self._written += len(chunk)
        self._transport.write(chunk)

    async def _end(self) -> None:
        """End the response, and the connection where it is not served any more.

        Returns once the client has taken all of it.
        """
        self._task = None
        try:
            if not self._transport.is_closing():
                self._transport.set_write_buffer_limits(0)
                self._write(b"0\r\n\r\n")
                await self._wait_for_room()
            if self._serve is None:
                self._transport.close()
            while self._transport.is_closing() and not self._lost:
                self.pause_writing()
                await self._wait_for_room()
        except asyncio.CancelledError:
            self._transport.abort()
            raise

    async def _give_back(self) -> None:
        """Have the connection served, beginning with what came of the next request."""
        transport, serve = self._transport, self._serve
        if serve is None or transport.is_closing():
            return
        early = await self._departed
        loop = asyncio.get_running_loop()
        transport.set_write_buffer_limits()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if received := early + self._received:
            reader.feed_data(received)
        await serve(reader, NextWriter(self._kept, protocol, reader))

    # What a watch sees of it

    @property
    def is_closed(self) -> bool:
        """The transport tells by itself that the connection is closed."""
        return False

    def fileno(self) -> int:
        """-1: what hangs up is noticed by the transport, which reads on."""
        return -1

    def is_stalled(self, now: float, patience: float) -> bool:
        """Whether the client has taken nothing for so many seconds, though there is something."""
        if self._lost or self._progress.is_complete(self._written):
            return False
        return self._progress.is_stalled(self._written, self._count_unsent(), now, patience)

    def _count_unsent(self) -> int:
        unsent = self._transport.get_write_buffer_size()
        socket = self._transport.get_extra_info("socket")
        with suppress(OSError):
            unsent += count_unconfirmed(socket.fileno())
        return unsent

    def give_up(self, *, dead: bool) -> None:
        """Close the connection at once."""
        self.given_up = True
        self._transport.abort()


def _is_cancelled() -> bool:
    """Whether the running task is. It is in no variable of a frame that its own error holds."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def encode_chunk(data: bytes) -> bytes:
    """Frame some of a body (RFC 9112, 7.1); nothing for an empty piece, which would end it."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
