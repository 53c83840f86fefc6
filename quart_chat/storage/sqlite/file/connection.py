"""A connection to an SQLite file, and the thread that it has.

A hop to the thread and back costs more than most statements, so what needs several is done there as
a whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from quart_chat.search.folding import index_form
from quart_chat.search.words import fold
from quart_chat.storage.sqlite.file.failures import translated_errors
from quart_chat.storage.statements import Row

T = TypeVar("T")

_WORK = "-- work"
"""Stands where a statement would, for work that is done on the thread of a connection."""

_STEPS = 1000
"""Steps of SQLite's machine, each some microseconds, after which a search is asked to go on."""


class Statements:
    """Runs statements on the thread of their connection, for work that is done there."""

    def __init__(self, session: Session, connection: sqlite3.Connection) -> None:
        self._session = session
        self._connection = connection

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and take all its rows."""
        self._session.queries += 1
        return self._connection.execute(sql, parameters).fetchall()

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run a statement and take its only row."""
        rows = self.fetch(sql, parameters)
        return rows[0] if rows else None

    def iterate(self, sql: str, parameters: Sequence[Any] = ()) -> Generator[Row]:
        """Run a statement and take its rows one by one, within the same work."""
        self._session.queries += 1
        with closing(self._connection.execute(sql, parameters)) as cursor:
            yield from cursor

    def transact(self, work: Callable[[Statements], T], begin: str) -> T:
        """Commit what the work does, or undo it where it fails."""
        try:
            self.fetch(begin)
            result = work(self)
            self._session.check()
            self.fetch("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        return result

    @contextmanager
    def interrupt_when(self, should_stop: Callable[[], bool]) -> Generator[None]:
        """Break off what runs inside once it has been enough."""
        self._connection.set_progress_handler(should_stop, _STEPS)
        try:
            yield
        finally:
            self._connection.set_progress_handler(None, 0)


class _Connection(sqlite3.Connection):
    """Does work where aiosqlite runs statements: on the thread that the connection has there.

    aiosqlite has no call for that. But it lets a connection be of one's own class, and takes all
    rows of what ``execute`` returns while it is still on the thread. So work takes the place of a
    statement's parameters, and what it results in the place of the rows.

    aiosqlite does not wait for its thread where a connection can't be made, and the thread may then
    answer a loop that is closed. So this one is always made, and says later why it can't be used.
    """

    _failure: sqlite3.Error | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            super().__init__(*args, **options)
            create_functions(self)
        except sqlite3.Error as error:
            self._failure = error

    def verify(self) -> None:
        """Raise why the connection can't be used, where it can't."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        if self._failure is None:
            super().close()

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        if sql is not _WORK:
            return super().execute(sql, parameters)
        (work,) = parameters
        return _Result(work(self))


def create_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the views and triggers of the indexes call."""
    connection.create_function("index_form", 1, index_form, deterministic=True)
    connection.create_function("fold_word", 1, fold, deterministic=True)


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any

    def fetchall(self) -> Any:
        return self.value


class Session:
    """A connection, for one who has it alone.

    Attributes:
        queries: Statements run so far.
        busy_timeout: Seconds to wait for a lock that another program holds.
        check: Raises what is wrong with the file; called before work begins and before it is
            committed.
    """

    def __init__(self, connection: aiosqlite.Connection, busy_timeout: float) -> None:
        self.queries = 0
        self.busy_timeout = busy_timeout
        self.check: Callable[[], None] = lambda: None
        self._busy_timeout_set = busy_timeout
        self._connection = connection

    @classmethod
    async def open(cls, path: Path, *, busy_timeout: float) -> Session:
        """Connect to a file; ``busy_timeout`` is how many seconds a lock is waited for.

        Raises:
            DatabaseUnavailable: It can't be used; the message says why.
        """
        with translated_errors():
            connection = await aiosqlite.connect(
                path, factory=_Connection, isolation_level=None, timeout=busy_timeout
            )
            session = cls(connection, busy_timeout)
            try:
                await connection.execute_fetchall(_WORK, (_Connection.verify,))
            except BaseException:
                await session.close()
                raise
        return session

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and take all its rows."""
        return await self._run(lambda statements: statements.fetch(sql, parameters))

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run a statement and take its only row."""
        return await self._run(lambda statements: statements.fetch_one(sql, parameters))

    async def transact(self, work: Callable[[Statements], T], begin: str = "BEGIN") -> T:
        """Do work in a transaction, in one hop; a waiter that is cancelled does not undo it.

        The work runs on the connection's thread: it waits for nothing else, and what it shares
        with the event loop it only reads.
        """
        return await self._run(lambda statements: statements.transact(work, begin))

    async def inspect(self) -> None:
        """See whether anything is wrong with the file."""
        await self._run(lambda _: None)

    async def _run(self, work: Callable[[Statements], T]) -> T:
        # Sentences for people are in the language of who asks, so the context goes along.
        context = copy_context()

        def checked(connection: sqlite3.Connection) -> T:
            self._set_busy_timeout(connection)
            self.check()
            return work(Statements(self, connection))

        def run(connection: sqlite3.Connection) -> T:
            return context.run(checked, connection)

        with translated_errors():
            result: Any = await self._connection.execute_fetchall(_WORK, (run,))
        return cast("T", result)

    def _set_busy_timeout(self, connection: sqlite3.Connection) -> None:
        if self._busy_timeout_set != self.busy_timeout:
            connection.execute(f"PRAGMA busy_timeout = {int(self.busy_timeout * 1000)}")
            self._busy_timeout_set = self.busy_timeout

    async def close(self) -> None:
        await self._connection.close()
