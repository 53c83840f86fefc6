"""An SQLite file: its connections, its transactions and what its errors mean to people.

One connection writes, in short ``BEGIN IMMEDIATE`` transactions, one at a time; a few others read
beside it, which write-ahead logging allows. Each connection has a thread. A hop to it and back
costs more than most statements, so what needs several is done there as a whole. Searches may take
long: they leave a reader to all else, and end where nobody waits for them any more.
"""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar, cast

import aiosqlite

from quart_chat.chat.schema import MIGRATIONS, split_statements
from quart_chat.errors import DatabaseTooNew, DatabaseUnavailable, SearchTooBroad
from quart_chat.texts import N_, _

_logger = logging.getLogger(__name__)

Row = Sequence[Any]
T = TypeVar("T")

_SENTENCES = {
    sqlite3.SQLITE_BUSY: N_("The database is in use by another program. Try again in a moment."),
    sqlite3.SQLITE_LOCKED: N_("The database is in use by another program. Try again in a moment."),
    sqlite3.SQLITE_READONLY: N_(
        "The database can't be written: the file or its folder is read-only."
    ),
    sqlite3.SQLITE_PERM: N_("The database can't be opened: the server may not read it."),
    sqlite3.SQLITE_CANTOPEN: N_("The database can't be opened: check its folder and permissions."),
    sqlite3.SQLITE_FULL: N_("The database can't be written: the disk is full."),
    sqlite3.SQLITE_IOERR: N_("The database can't be read or written: the disk reports an error."),
    sqlite3.SQLITE_CORRUPT: N_("The database file is damaged. Restore it from a backup."),
    sqlite3.SQLITE_NOTADB: N_("The database file is not a database. Restore it from a backup."),
}

_WORK = "-- work"
"""Stands where a statement would, for work that is done on the thread of a connection."""

_STEPS = 1000
"""Steps of SQLite's machine, each some microseconds, after which a search is asked to go on."""

_RETRY = 0.01
"""Seconds between attempts at what SQLite does not wait for by itself."""


class Statements:
    """Runs statements on the thread of their connection, for work that is done there."""

    def __init__(self, database: Database, connection: sqlite3.Connection) -> None:
        self._database = database
        self._connection = connection

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and take all its rows."""
        self._database.queries += 1
        return self._connection.execute(sql, parameters).fetchall()

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run a statement and take its only row."""
        rows = self.fetch(sql, parameters)
        return rows[0] if rows else None

    def transact(self, work: Callable[[Statements], T], begin: str) -> T:
        """Commit what the work does, or undo it where it fails."""
        try:
            self.fetch(begin)
            result = work(self)
            self.fetch("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        return result

    @contextmanager
    def until(self, enough: Callable[[], bool]) -> Generator[None]:
        """Break off what runs inside once it has been enough."""
        self._connection.set_progress_handler(enough, _STEPS)
        try:
            yield
        finally:
            self._connection.set_progress_handler(None, 0)


class _Connection(sqlite3.Connection):
    """Does work where aiosqlite runs statements: on the thread that the connection has there.

    aiosqlite has no call for that. But it lets a connection be of one's own class, and takes all
    rows of what ``execute`` returns while it is still on the thread. So work takes the place of a
    statement's parameters, and what it results in the place of the rows.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        if sql is not _WORK:
            return super().execute(sql, parameters)
        (work,) = parameters
        return _Result(work(self))


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any

    def fetchall(self) -> Any:
        return self.value


class Session:
    """A connection, for one who has it alone."""

    def __init__(self, database: Database, connection: aiosqlite.Connection) -> None:
        self._database = database
        self._connection = connection

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

    async def _run(self, work: Callable[[Statements], T]) -> T:
        # Sentences for people are in the language of who asks, so the context goes along.
        context = copy_context()

        def run(connection: sqlite3.Connection) -> T:
            return context.run(work, Statements(self._database, connection))

        with translated_errors():
            result: Any = await self._connection.execute_fetchall(_WORK, (run,))
        return cast("T", result)

    async def close(self) -> None:
        await self._connection.close()


class Database:
    """An SQLite file that is open, made by ``await Database.open(path)``.

    Attributes:
        queries: Statements run so far.
    """

    def __init__(self, path: Path, *, readers: int, busy_timeout: float) -> None:
        self.queries = 0
        self._path = path
        self._reader_count = readers
        self._busy_timeout = busy_timeout
        self._sessions: list[Session] = []
        self._readers: asyncio.Queue[Session] = asyncio.Queue()
        self._searches = asyncio.Semaphore(max(1, readers - 1))
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, *, readers: int = 2, busy_timeout: float = 5.0) -> Database:
        """Open the file, made if need be, and bring its schema up to date.

        Args:
            path: The file.
            readers: Connections that read.
            busy_timeout: Seconds to wait for a lock that another program holds.

        Raises:
            DatabaseUnavailable: It can't be used; the message says why.
            DatabaseTooNew: A newer version of this program has written it.
        """
        database = cls(path, readers=readers, busy_timeout=busy_timeout)
        try:
            await database._open()
        except BaseException:
            await database.close()
            raise
        return database

    async def _open(self) -> None:
        with translated_errors():
            await asyncio.to_thread(self._path.parent.mkdir, parents=True, exist_ok=True)
        self._writer = await self._connect()
        await self._set_write_ahead_logging()
        await _migrate(self._writer)
        for _reader in range(self._reader_count):
            self._readers.put_nowait(await self._connect())

    async def _connect(self) -> Session:
        with translated_errors():
            connection = await aiosqlite.connect(
                self._path,
                factory=_Connection,
                isolation_level=None,
                timeout=self._busy_timeout,
            )
        session = Session(self, connection)
        self._sessions.append(session)
        await session.fetch("PRAGMA synchronous = NORMAL")
        await session.fetch("PRAGMA foreign_keys = ON")
        return session

    async def _set_write_ahead_logging(self) -> None:
        """Switch the file over, for good; SQLite itself does not wait for the lock this takes."""
        deadline = monotonic() + self._busy_timeout
        while True:
            try:
                await self._writer.fetch("PRAGMA journal_mode = WAL")
            except DatabaseUnavailable as error:
                if not _is_busy(error.__cause__) or monotonic() >= deadline:
                    raise
                await asyncio.sleep(_RETRY)
            else:
                return

    async def close(self) -> None:
        """Close all connections; idempotent. One that fails to close keeps none of the others."""
        while self._sessions:
            try:
                await self._sessions.pop().close()
            except sqlite3.Error:
                _logger.exception("A database connection failed to close")

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Session]:
        """Read, a statement at a time."""
        session = await self._readers.get()
        try:
            yield session
        finally:
            self._readers.put_nowait(session)

    async def read(self, work: Callable[[Statements], T]) -> T:
        """Read what needs several statements, as of one moment; see :meth:`Session.transact`."""
        async with self.reading() as session:
            return await session.transact(work)

    async def search(self, work: Callable[[Statements], T], seconds: float | None = None) -> T:
        """Read what may take long; it is broken off where its waiter is cancelled.

        Raises:
            SearchTooBroad: It takes more than so many seconds, those included that it waits.
        """
        left = False
        deadline = math.inf if seconds is None else monotonic() + seconds

        def search(statements: Statements) -> T:
            with statements.until(lambda: left or monotonic() >= deadline):
                return work(statements)

        try:
            async with asyncio.timeout(seconds):
                await self._searches.acquire()
        except TimeoutError as error:
            raise _too_broad() from error
        try:
            return await self.read(search)
        except asyncio.CancelledError:
            left = True
            raise
        except sqlite3.OperationalError as error:
            if _primary_code(error) != sqlite3.SQLITE_INTERRUPT:
                raise
            raise _too_broad() from error
        finally:
            self._searches.release()

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[Session]:
        """Keep all other writers of this process out; a transaction is begun by the caller."""
        async with self._lock:
            yield self._writer


async def _migrate(writer: Session) -> None:
    version = await writer.transact(_version)
    if version < len(MIGRATIONS):
        version = await writer.transact(_apply_migrations, "BEGIN IMMEDIATE")
    if version > len(MIGRATIONS):
        raise DatabaseTooNew(
            _(
                "The database has version {version}; this program knows versions up to {known}."
                " Install the newer program again, or restore a backup."
            ).format(version=version, known=len(MIGRATIONS))
        )


def _apply_migrations(statements: Statements) -> int:
    """Bring the schema up to date, and return the version that it had."""
    # Asked again: another process may have been first.
    version = _version(statements)
    if version == 0 and statements.fetch("SELECT 1 FROM sqlite_schema LIMIT 1"):
        raise DatabaseUnavailable(_("The database file belongs to another program."))
    for script in MIGRATIONS[version:]:
        for statement in split_statements(script):
            statements.fetch(statement)
    statements.fetch(f"PRAGMA user_version = {max(version, len(MIGRATIONS))}")
    return version


def _version(statements: Statements) -> int:
    row = statements.fetch_one("PRAGMA user_version")
    return int(row[0]) if row else 0


def _is_busy(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and _primary_code(error) == sqlite3.SQLITE_BUSY


def _primary_code(error: sqlite3.Error) -> int:
    # The low byte of an extended result code (sqlite.org/rescode.html).
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def translated_errors() -> Generator[None]:
    """Raise what the file or the disk is to blame for as DatabaseUnavailable."""
    try:
        yield
    except OSError as error:
        _logger.error("The database's folder can't be made: %s", error)  # noqa: TRY400
        raise DatabaseUnavailable(_(_SENTENCES[sqlite3.SQLITE_CANTOPEN])) from error
    except sqlite3.DatabaseError as error:
        sentence = _SENTENCES.get(_primary_code(error))
        if sentence is None:
            raise
        _logger.warning("The database is unavailable: %s", error)
        raise DatabaseUnavailable(_(sentence)) from error


def _too_broad() -> SearchTooBroad:
    return SearchTooBroad(_("This search takes too long. Type more of the words, or rarer ones."))
