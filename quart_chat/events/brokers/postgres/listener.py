"""A connection that hears notifications, on the event loop, and reads the log on its thread."""

from __future__ import annotations

import asyncio
from collections import deque

import psycopg

from quart_chat.events.brokers.protocol import LogUnavailable
from quart_chat.outbound.postgres import Connection, ConnectionThread

_SILENT = (
    "its notifications do not arrive: connect to PostgreSQL itself, not to a pooler in the mode"
    " 'transaction'"
)


class Listener(ConnectionThread):
    """A connection that listens; while it waits, its thread has nothing to do."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._payloads: deque[str] = deque()

    @property
    def has_more(self) -> bool:
        """Whether a notification has arrived that was not taken yet."""
        return bool(self._payloads)

    def _set_up(self, connection: Connection) -> None:
        self._payloads.clear()
        # Those that arrive while a statement is run.
        connection.add_notify_handler(lambda notify: self._payloads.append(notify.payload))

    async def skip_until(self, payload: str, seconds: float) -> None:
        """Skip all notifications up to the given one.

        Raises:
            LogUnavailable: It does not come within so many seconds.
            psycopg.Error: The connection has broken.
        """
        try:
            async with asyncio.timeout(seconds):
                while await self.next(seconds) != payload:
                    pass
        except TimeoutError as error:
            raise LogUnavailable(_SILENT) from error

    async def next(self, seconds: float) -> str | None:
        """The payload of the next notification; None if none comes within so many seconds.

        Raises:
            psycopg.Error: The connection has broken.
        """
        # What came with the answer to a statement has been read from the socket already.
        self._receive()
        while not self._payloads:
            if not await self._wait(seconds):
                return None
            self._receive()
        return self._payloads.popleft()

    async def _wait(self, seconds: float) -> bool:
        """Wait until the server has sent something."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        descriptor = self._open.fileno()
        loop.add_reader(descriptor, readable.set)
        try:
            async with asyncio.timeout(seconds):
                return await readable.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(descriptor)

    def _receive(self) -> None:
        """Take what has arrived, without waiting (libpq § Asynchronous notification)."""
        connection = self._open.pgconn
        connection.consume_input()
        while (notification := connection.notifies()) is not None:
            self._payloads.append(notification.extra.decode())

    @property
    def _open(self) -> Connection:
        if self.connection is None:
            raise psycopg.OperationalError("the connection is closed")
        return self.connection
