"""What runs on a connection to PostgreSQL for the store: statements, and transactions of them.

Work is a synchronous function that runs on the thread of the connection as a whole, as it does in
the SQLite engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from itertools import count
from typing import Any, TypeVar

import psycopg

from quart_chat.outbound import postgres
from quart_chat.outbound.postgres import Connection, ConnectionThread
from quart_chat.plaintext import clean
from quart_chat.storage.postgres.dialect import translate
from quart_chat.storage.postgres.failures import translated_errors, translated_refusals
from quart_chat.storage.statements import Row

T = TypeVar("T")

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


class Session(ConnectionThread):
    """A connection, for one who has it alone.

    Attributes:
        queries: Statements run so far.
    """

    def __init__(self, address: str, prepare: str = "") -> None:
        """Take an address, and statements that each new connection begins with."""
        super().__init__(address)
        self.queries = 0
        self._prepare = prepare
        self._interrupted = False

    async def open(self) -> None:
        """Connect.

        Raises:
            DatabaseUnavailable: It can't be used; the message says why.
        """
        await self.submit(self.connected)

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
        """Run a function on the thread.

        Raises:
            DatabaseUnavailable: The server or the network prevents it.
        """
        # Sentences for people are in the language of the request, so the context goes along.
        run = partial(copy_context().run, work)
        with translated_errors():
            return await super().submit(run, seconds)

    async def interrupt(self) -> None:
        """Break off what runs, and return once it has ended."""
        self._interrupted = True
        connection = self.connection
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
        self.note_progress()

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
        fresh = self.connection is None
        connection = self.connected()
        try:
            return connection, self._run_begin(connection, begin)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            if fresh or not connection.closed:
                raise
        connection = self.connected()
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
        row = self.connected().execute(status, (transaction,)).fetchone()
        return row is not None and row[0] == "committed"

    def _connect(self) -> Connection:
        return connect(self._address)

    def _set_up(self, connection: Connection) -> None:
        connection.execute(_IDLE)
        if self._prepare:
            connection.execute(self._prepare, prepare=False)


def connect(address: str) -> Connection:
    """Connect, and begin no transaction.

    Raises:
        DatabaseUnavailable: The server can't be reached, or refuses.
    """
    with translated_refusals():
        return postgres.connect(address)


def _fit(value: Any) -> Any:
    """A parameter without NUL, which PostgreSQL takes in no text, and no text that is kept has."""
    if isinstance(value, str):
        return clean(value) if "\0" in value else value
    return [*map(_fit, value)] if isinstance(value, list) else value


def _roll_back(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.execute("ROLLBACK")
