"""Where the bytes of a stream go: in bounded slices, each once the client has room for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from time import monotonic

from quart_chat.events.asgi.progress import Progress
from quart_chat.events.asgi.server import Connection, Send
from quart_chat.events.batch import Batch

SLICE = 32 * 1024
"""Bytes that are written to a connection before it is waited for."""

ASGI_SLICE = 16 * 1024
"""The same where it goes through ASGI: so little that a slow client, too, takes it in time."""

_CLOSING = 1.0
"""Seconds that the end of a response may take on a connection that is given up."""


class ConnectionLost(Exception):
    """The client has gone."""


class Outlet:
    """Sends one response.

    Attributes:
        given_up: Whether its connection is found to be dead, or to take nothing any more.
    """

    __slots__ = (
        "_chunked",
        "_connection",
        "_direct",
        "_progress",
        "_send",
        "_task",
        "_waiting_since",
        "_written",
        "given_up",
    )

    def __init__(
        self,
        send: Send,
        connection: Connection | None,
        task: asyncio.Task[object],
        *,
        chunked: bool,
    ) -> None:
        self.given_up = False
        self._send = send
        self._connection = connection
        self._chunked = chunked
        self._direct = False
        self._task = task
        self._waiting_since: float | None = None
        self._written = 0
        self._progress = Progress()

    async def start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Send the head of the response."""
        self._waiting_since = monotonic()
        try:
            await self._send({"type": "http.response.start", "status": status, "headers": headers})
        finally:
            self._waiting_since = None
        self._direct = (
            self._chunked and self._connection is not None and self._connection.takes_chunks
        )

    def write(self, data: bytes) -> Awaitable[None]:
        """Send some of the body, and wait while the client is slower than what it is sent.

        Raises:
            ConnectionLost: The client has gone.
        """
        if 0 < len(data) <= ASGI_SLICE:
            return self._write_chunk(data) if self._direct else self._send_body(data)
        return self._write_slices(data)

    async def _write_slices(self, data: bytes) -> None:
        size = SLICE if self._direct else ASGI_SLICE
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            await (self._write_chunk(piece) if self._direct else self._send_body(piece))

    async def _write_chunk(self, data: bytes) -> None:
        assert self._connection is not None  # noqa: S101 - the only way here
        writer = self._connection.writer
        # To write to a connection that is being closed is an error of its own kind for each event
        # loop, or none at all.
        if writer.is_closing():
            raise ConnectionLost
        self.write_now(data)
        if not writer.transport.get_write_buffer_size():
            return
        self._waiting_since = monotonic()
        try:
            await writer.drain()
        except ConnectionError as error:
            raise ConnectionLost from error
        finally:
            self._waiting_since = None
        if writer.is_closing():
            raise ConnectionLost

    def takes(self, size: int) -> bool:
        """Whether so many bytes can be written now: the client has all that came before."""
        if not self._direct or size > SLICE:
            return False
        assert self._connection is not None  # noqa: S101 - it is written to directly
        transport = self._connection.writer.transport
        return not transport.get_write_buffer_size() and not transport.is_closing()

    def write_now(self, data: bytes) -> None:
        """Write some of the body, at least a byte."""
        assert self._connection is not None  # noqa: S101 - it takes something
        self._connection.writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        self._written += len(data)

    def accept(self, batch: Batch) -> bool:
        """Write a batch and return True, unless it ends the context or can't be written now."""
        if batch.terminal or not self.takes(len(batch.chunk)):
            return False
        self.write_now(batch.chunk)
        return True

    async def _send_body(self, data: bytes) -> None:
        self._waiting_since = monotonic()
        self._written += len(data)
        try:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
            if self._connection is not None:
                await self._connection.drain()
        except OSError as error:
            # What a server raises is its own affair, but it is one of these (ASGI 2.4).
            raise ConnectionLost from error
        finally:
            self._waiting_since = None
        if self.is_closed:
            raise ConnectionLost

    async def end(self) -> None:
        """Send the end of the response."""
        self._waiting_since = monotonic()
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_CLOSING if self.given_up else None):
                await self._send(
                    {"type": "http.response.body", "body": self._last, "more_body": False}
                )

    @property
    def _last(self) -> bytes:
        """A comment that goes with the end of a response of HTTP/2, else nothing.

        Hypercorn waits for what it holds of a response, and has its end go with that. Of a response
        that ends with nothing, it would close the connection of a shutdown before the end is sent.
        """
        return b":\n" if self._connection is not None and self._connection.shared else b""

    async def end_unseen(self) -> None:
        """Send the end though the client has left, where nothing else is known of the connection.

        A server may wait for the end before it looks at its connection again.
        """
        if self._connection is None:
            self.given_up = True
            with suppress(Exception):  # what servers think of it differs
                await self.end()

    # What a watch sees of it

    @property
    def is_closed(self) -> bool:
        """Whether the server knows that the connection is closed."""
        return self._connection is not None and self._connection.writer.is_closing()

    def fileno(self) -> int:
        """The file descriptor of its connection; -1 where there is none."""
        return -1 if self._connection is None else self._connection.fileno()

    def is_stalled(self, now: float, patience: float) -> bool:
        """Whether the client has taken nothing for so many seconds, though there is something.

        Of a connection that carries nothing else, each byte that the client takes counts.
        """
        if self._connection is None or self._connection.shared:
            return self._waiting_since is not None and now - self._waiting_since >= patience
        if self._progress.is_complete(self._written):
            return False
        unsent = self._connection.count_unsent()
        return self._progress.is_stalled(self._written, unsent, now, patience)

    def give_up(self, *, dead: bool) -> None:
        """End the response, and its connection where that is ``dead`` or takes nothing, either.

        A connection that is closed in the usual way would keep what it holds until the client
        takes it.
        """
        self.given_up = True
        connection = self._connection
        if connection is not None and (
            dead or not connection.shared or connection.writer.transport.get_write_buffer_size()
        ):
            connection.writer.transport.abort()
        # What waits for the connection to take something is woken by the connection's end, and is
        # not torn out of the midst of the server's work.
        if self._waiting_since is None or not self.is_closed:
            self._task.cancel()
