"""A connection to PostgreSQL, and the thread that it has.

Work is a synchronous function that runs there as a whole, as it does in the SQLite engine. A
connection that has broken is made anew before the next work begins.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from itertools import count
from os import dup
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from quart_chat.plaintext import clean
from quart_chat.storage.postgres.dialect import translate
from quart_chat.storage.postgres.failures import translated_errors, translated_refusals
from quart_chat.storage.statements import Row

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

_IDLE = "SET idle_in_transaction_session_timeout = '5s'"
"""A process that is frozen in a transaction keeps the others waiting no longer than this."""

_PAGE = 100
"""Rows that are read at once where they may not all be needed; each further page is larger."""


class Interrupted(Exception):
    """What ran was enough."""


class Statements:
    """Runs statements on the thread of their connection, for work that is done there."""

    def __init__(self, session: Session, connection: Connection) -> None:
        self._session = session
        self._connection = connection

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement, in SQLite's dialect or PostgreSQL's own, and take all its rows."""
        self._session.note_statement()
        cursor = self._connection.execute(translate(sql), [*map(_fit, parameters)])
        return list(cursor.fetchall()) if cursor.description else []

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run a statement and take its only row."""
        rows = self.fetch(sql, parameters)
        return rows[0] if rows else None

    def iterate(self, sql: str, parameters: Sequence[Any] = ()) -> Generator[Row]:
        """Run a statement that orders its rows, and take them one by one, within the same work."""
        offset = 0
        for page in count(1):
            limit = page * page * _PAGE
            rows = self.fetch(f"{sql} LIMIT ? OFFSET ?", (*parameters, limit, offset))
            yield from rows
            if len(rows) < limit:
                return
            offset += limit

    def run(self, script: str) -> None:
        """Run statements of PostgreSQL without parameters, all of them in one go."""
        self._session.note_statement()
        self._connection.execute(script, prepare=False)


class Session:
    """A connection, for one who has it alone.

    Attributes:
        queries: Statements run so far.
    """

    def __init__(self, address: str, prepare: str = "") -> None:
        """Take an address, and statements that each new connection begins with."""
        self.queries = 0
        self._address = address
        self._prepare = prepare
        self._connection: Connection | None = None
        self._interrupted = False
        self._latest = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="postgres")

    async def open(self) -> None:
        """Connect.

        Raises:
            DatabaseUnavailable: It can't be used; the message says why.
        """
        await self.submit(self._connected)

    async def transact(
        self, work: Callable[[Statements], T], begin: str = "BEGIN", seconds: float | None = None
    ) -> T:
        """Do work in a transaction, in one hop; a waiter that is cancelled does not undo it.

        Args:
            work: It waits for nothing else, and what it shares with the event loop it only reads.
            begin: Begins the transaction. Where its last statement gives a row, that is the id of
                the transaction, by which is found out whether it was committed before a connection
                broke.
            seconds: How long one statement may take before the connection is cut, as a server may
                be silent without end.
        """
        return await self.submit(lambda: self._transact(work, begin), seconds)

    async def submit(self, work: Callable[[], T], seconds: float | None = None) -> T:
        """Have the thread do something."""
        # Sentences for people are in the language of who asks, so the context goes along.
        run = partial(copy_context().run, work)
        self._latest = monotonic()
        future = asyncio.get_running_loop().run_in_executor(self._thread, run)
        if seconds is not None:
            self._watch(future, seconds)
        with translated_errors():
            return await asyncio.shield(future)

    def _watch(self, future: asyncio.Future[T], seconds: float) -> None:
        """Cut the connection where a statement takes so many seconds."""
        if future.done():
            return
        if (left := self._latest + seconds - monotonic()) <= 0:
            self._cut()
        else:
            timer = future.get_loop().call_later(left, self._watch, future, seconds)
            future.add_done_callback(lambda _: timer.cancel())

    async def interrupt(self) -> None:
        """Break off what runs, and return once it has ended."""
        self._interrupted = True
        connection = self._connection
        if connection is not None:
            with suppress(psycopg.Error):
                await asyncio.to_thread(connection.cancel_safe, timeout=2.0)
        await self.submit(self._go_on)

    def _go_on(self) -> None:
        self._interrupted = False

    def note_statement(self) -> None:
        """Count a statement; none is begun after an interruption."""
        if self._interrupted:
            raise Interrupted
        self.queries += 1
        self._latest = monotonic()

    def _transact(self, work: Callable[[Statements], T], begin: str) -> T:
        connection, transaction = self._begin(begin)
        try:
            result = work(Statements(self, connection))
        except BaseException:
            _roll_back(connection)
            raise
        self.queries += 1
        try:
            connection.execute("COMMIT")
        except psycopg.OperationalError:
            if transaction is None or not self._was_committed(transaction):
                raise
        return result

    def _begin(self, begin: str) -> tuple[Connection, str | None]:
        """Begin a transaction, on a new connection where the server has ended the last one."""
        fresh = self._connection is None
        connection = self._connected()
        try:
            return connection, self._run_begin(connection, begin)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            if fresh or not connection.closed:
                raise
        connection = self._connected()
        return connection, self._run_begin(connection, begin)

    def _run_begin(self, connection: Connection, begin: str) -> str | None:
        self.note_statement()
        try:
            cursor = connection.execute(begin, prepare=False)
            while cursor.nextset():
                pass
            row = cursor.fetchone() if cursor.description else None
            return None if row is None else row[-1]
        except BaseException:
            _roll_back(connection)
            raise

    def _was_committed(self, transaction: str) -> bool:
        """Whether a transaction is committed although its connection broke before that was told."""
        status = "SELECT pg_xact_status(CAST(%s AS xid8))"
        row = self._connected().execute(status, (transaction,)).fetchone()
        return row is not None and row[0] == "committed"

    def _connected(self) -> Connection:
        if self._connection is not None:
            if not self._connection.closed:
                return self._connection
            self._disconnect()
        connection = connect(self._address)
        try:
            connection.execute(_IDLE)
            if self._prepare:
                connection.execute(self._prepare, prepare=False)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _cut(self) -> None:
        """Break the connection, so that who waits for its server waits no longer."""
        connection = self._connection
        if connection is not None:
            with (
                suppress(psycopg.Error, OSError),
                socket.socket(fileno=dup(connection.fileno())) as s,
            ):
                s.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """End the connection and its thread; idempotent."""
        with suppress(RuntimeError):  # its thread has ended
            await self.submit(self._disconnect, seconds=1.0)
        await asyncio.to_thread(self._thread.shutdown)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def connect(address: str) -> Connection:
    """Connect, and begin no transaction.

    Raises:
        DatabaseUnavailable: The server can't be reached, or refuses.
    """
    with translated_refusals():
        return psycopg.connect(address, autocommit=True, **_unsaid(address))


def _fit(value: Any) -> Any:
    """A parameter without NUL, which PostgreSQL takes in no text, and no text that is kept has."""
    if isinstance(value, str):
        return clean(value) if "\0" in value else value
    return [*map(_fit, value)] if isinstance(value, list) else value


def _roll_back(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.execute("ROLLBACK")


def _unsaid(address: str) -> dict[str, Any]:
    said = conninfo_to_dict(address)
    return {name: value for name, value in _OPTIONS.items() if name not in said}
