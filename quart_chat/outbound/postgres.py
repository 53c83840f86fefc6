"""A connection to PostgreSQL and its thread, as the store and the event log have them.

psycopg's synchronous interface is used on a thread of its own for each connection, so that work of
several statements is one hop of the event loop. A connection that has broken is made anew before
the next work begins.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from os import dup
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

Connection = psycopg.Connection[tuple[Any, ...]]
T = TypeVar("T")

_OPTIONS = {
    "connect_timeout": 3,
    "application_name": "quart-chat",
    "client_encoding": "utf8",
    # A server that is gone without a word is noticed after some seconds.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""What an address does not say itself (PostgreSQL, libpq § parameter key words)."""


def connect(address: str) -> Connection:
    """Connect, and begin no transaction.

    Args:
        address: Where the database is, as libpq reads it.

    Raises:
        psycopg.Error: The server can't be reached, or refuses.
    """
    said = conninfo_to_dict(address)
    unsaid: dict[str, Any] = {name: value for name, value in _OPTIONS.items() if name not in said}
    return psycopg.connect(address, autocommit=True, **unsaid)


class ConnectionThread:
    """A connection and the thread that works on it.

    Args:
        address: Where the database is, as libpq reads it.

    Attributes:
        connection: The connection, where there is one; it may have broken.
        was_cut: Whether the last connection was cut since its server did not answer in time.
    """

    def __init__(self, address: str) -> None:
        self.connection: Connection | None = None
        self.was_cut = False
        self._address = address
        self._latest = 0.0
        self._has_ended = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="postgres")

    async def submit(self, work: Callable[[], T], seconds: float | None = None) -> T:
        """Run a function on the thread; cancelling the waiter does not interrupt it.

        Args:
            work: What to do.
            seconds: How long it may take, counted from the latest ``note_progress``, before the
                connection is cut, as a server may be silent without end.
        """
        self.note_progress()
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        if seconds is not None:
            self._watch(future, seconds)
        return await asyncio.shield(future)

    def note_progress(self) -> None:
        """Note that the server has answered until now."""
        self._latest = monotonic()

    def _watch(self, future: asyncio.Future[T], seconds: float) -> None:
        """Cut the connection if a statement takes this many seconds."""
        if future.done():
            return
        if (left := self._latest + seconds - monotonic()) <= 0:
            self._cut()
        else:
            timer = future.get_loop().call_later(left, self._watch, future, seconds)
            future.add_done_callback(lambda _: timer.cancel())

    def connected(self) -> Connection:
        """The connection, made anew if need be; on the thread.

        Raises:
            psycopg.Error: There is none, or ``close`` was called.
        """
        if self._has_ended:  # work that came between the end of the connection and of its thread
            raise psycopg.OperationalError("the connection was closed")
        if self.connection is not None:
            if not self.connection.closed:
                return self.connection
            self.disconnect()
        self.was_cut = False
        connection = self._connect()
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        self.connection = connection
        return connection

    def _connect(self) -> Connection:
        return connect(self._address)

    def _set_up(self, connection: Connection) -> None:
        """Do what each new connection begins with."""

    def _cut(self) -> None:
        """Break the connection, so that a call that waits for its server returns."""
        connection = self.connection
        if connection is not None:
            self.was_cut = True
            with (
                suppress(psycopg.Error, OSError),
                socket.socket(fileno=dup(connection.fileno())) as s,
            ):
                s.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """End the connection and its thread; idempotent."""
        with suppress(RuntimeError):  # its thread has ended
            await self.submit(self._end, seconds=1.0)
        await asyncio.to_thread(self._thread.shutdown)

    def _end(self) -> None:
        self._has_ended = True
        self.disconnect()

    def disconnect(self) -> None:
        """End the connection; on the thread."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()
