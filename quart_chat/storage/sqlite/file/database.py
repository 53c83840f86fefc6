"""An SQLite file: its connections, and who has which of them.

One connection writes, in short ``BEGIN IMMEDIATE`` transactions, one at a time; a few others read
beside it, which write-ahead logging allows. Searches may take long: they leave a reader to all
else, and end once their caller is cancelled.
"""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TypeVar

from quart_chat.errors import DatabaseUnavailable
from quart_chat.storage.sqlite.file.connection import Session, Statements
from quart_chat.storage.sqlite.file.database_file import DatabaseFile
from quart_chat.storage.sqlite.file.failures import is_locked, primary_code, translated_errors
from quart_chat.storage.sqlite.file.schema import migrate
from quart_chat.storage.turns import Turns, too_broad

_logger = logging.getLogger(__name__)

T = TypeVar("T")

_RETRY = 0.01
"""Seconds between attempts at what SQLite does not wait for by itself."""


class Database(Turns[Session]):
    """An SQLite file that is open, made by ``await Database.open(path)``.

    Attributes:
        health: Whether it can be written.
    """

    may_commit_unseen = False

    def __init__(self, path: Path, *, readers: int, busy_timeout: float, patience: float) -> None:
        super().__init__(readers=readers, patience=patience)
        self._path = path
        self._file = DatabaseFile(path)
        self._reader_count = readers
        self._busy_timeout = busy_timeout
        self._sessions: list[Session] = []

    @classmethod
    async def open(
        cls, path: Path, *, readers: int = 2, busy_timeout: float = 5.0, patience: float = 10.0
    ) -> Database:
        """Open the file, made if need be, and bring its schema up to date.

        Args:
            path: The file.
            readers: Connections that read.
            busy_timeout: Seconds to wait for a lock that another program holds.
            patience: Seconds to wait for that and for writers of this process, where no request
                says how many it has left.

        Raises:
            DatabaseUnavailable: It can't be used; the message says why.
            DatabaseTooNew: A newer version of this program has written it.
        """
        database = cls(path, readers=readers, busy_timeout=busy_timeout, patience=patience)
        try:
            await database._open()
        except BaseException as error:
            if error.__cause__ is not None:
                _logger.error("The database can't be opened: %s", error.__cause__)  # noqa: TRY400
            await database.close()
            raise
        return database

    @property
    def queries(self) -> int:
        """Statements run so far."""
        return sum(session.queries for session in self._sessions)

    async def _open(self) -> None:
        with translated_errors():
            await asyncio.to_thread(self._path.parent.mkdir, parents=True, exist_ok=True)
        self._writer = await self._connect()
        await self._set_write_ahead_logging()
        await migrate(self._writer)
        for _reader in range(self._reader_count):
            self._readers.put_nowait(await self._connect())
        with translated_errors():
            await asyncio.to_thread(self._file.remember)
        self._writer.check = self._file.check
        self._begin_to_look()

    async def _connect(self) -> Session:
        session = await Session.open(self._path, busy_timeout=self._busy_timeout)
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
                if not is_locked(error.__cause__) or monotonic() >= deadline:
                    raise
                await asyncio.sleep(_RETRY)
            else:
                return

    async def close(self) -> None:
        """Write what waits, and close all connections; idempotent.

        One that fails to close keeps none of the others.
        """
        await self._finish()
        while self._sessions:
            try:
                await self._sessions.pop().close()
            except sqlite3.Error:
                _logger.exception("A database connection failed to close")

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
            with statements.interrupt_when(lambda: left or monotonic() >= deadline):
                return work(statements)

        try:
            async with self.searching(seconds):
                return await self.read(search)
        except asyncio.CancelledError:
            left = True
            raise
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_INTERRUPT:
                raise
            raise too_broad() from error

    async def _transact(self, work: Callable[[Statements], T], wait: float) -> T:
        self._writer.busy_timeout = min(self._busy_timeout, wait)
        return await self._writer.transact(work, "BEGIN IMMEDIATE")

    async def _inspect(self, wait: float) -> None:
        self._writer.busy_timeout = min(self._busy_timeout, wait)
        await self._writer.inspect()

    async def _try_to_write(self, wait: float) -> None:
        await self._transact(_try_to_write, 0.0)


def _try_to_write(statements: Statements) -> None:
    """Write what changes nothing, and takes room as anything else would."""
    row = statements.fetch_one("PRAGMA user_version")
    assert row is not None  # noqa: S101 - every database has one
    statements.fetch(f"PRAGMA user_version = {row[0]}")
    statements.fetch("CREATE TABLE trial (content BLOB)")
    statements.fetch("INSERT INTO trial VALUES (zeroblob(65536))")
    statements.fetch("DROP TABLE trial")
