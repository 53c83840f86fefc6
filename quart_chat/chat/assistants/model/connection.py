"""A connection to an endpoint, read as it is heard: all that has come since the last time."""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

import httpx2

MAX_HELD = 64 * 1024
"""Bytes that wait to be read before the endpoint is told to wait, too."""


class Connection(asyncio.Protocol):
    """An open connection; its errors are those of httpx2.

    While its reader was busy with one token the next have come. They are read together, and so cost
    little more than one.
    """

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._size = 0
        self._over = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._quiet_since = 0.0
        self._patience: float | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.idle_timer: asyncio.TimerHandle | None = None

    @property
    def usable(self) -> bool:
        """Whether another request can be sent on it: it is open, and nothing was said unasked."""
        return not self._over and not self._held

    def send(self, data: bytes, patience: float | None) -> None:
        """Send a request; from now on a silence of so many seconds is an error."""
        self._patience = patience
        self._transport.write(data)
        self._quiet_since = self._loop.time()
        self._keep_watch()

    async def read(self) -> bytes:
        """All that has come; waits for the first of it. Empty once the endpoint has ended.

        Raises:
            ReadError: The connection is broken.
            ReadTimeout: The endpoint says nothing.
        """
        if not self._held:
            self._quiet_since = self._loop.time()
        while not self._held:
            if self._error is not None:
                raise self._error
            if self._over:
                return b""
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data, self._held = b"".join(self._held), []
        if self._size > MAX_HELD:
            self._transport.resume_reading()
        self._size = 0
        return data

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Go on under TLS.

        Raises:
            SSLError: There is none, or somebody has spoken before it, who can be anybody.
        """
        if self._held:
            raise ssl.SSLError("something was said before the handshake")
        transport = await self._loop.start_tls(self._transport, self, context, server_hostname=host)
        assert transport is not None  # noqa: S101 - only of a connection that is closed
        self._transport = transport

    def rest(self) -> None:
        """Nothing is asked of it for now: a silence is as it should be."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def close(self) -> None:
        """Let go of the socket at once."""
        self.rest()
        self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._held.append(data)
        before, self._size = self._size, self._size + len(data)
        self._quiet_since = self._loop.time()
        if before <= MAX_HELD < self._size:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        if exc is not None:
            self._error = httpx2.ReadError(str(exc))
        self.rest()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _keep_watch(self) -> None:
        # One timer for all reads of an answer: one for each would cost more than the reading.
        self.rest()
        if self._patience is None or self._over:
            return
        due = self._quiet_since + self._patience
        if self._waiter is not None and due <= self._loop.time():
            self._error = httpx2.ReadTimeout("the endpoint says nothing")
            self._wake()
        else:
            due = max(due, self._loop.time() + self._patience / 100)
            self._watch = self._loop.call_at(due, self._keep_watch)
