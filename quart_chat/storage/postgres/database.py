"""A database of PostgreSQL: its connections, and who has which of them.

One connection of each process writes, a few others read beside it. Writers of all processes follow
each other, as they do on an SQLite file: a transaction that writes begins with an advisory lock. So
what it reads stays as it is until it commits, and the changes of a list or a chat are counted
without a hole, with no more rules than SQLite's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

import psycopg

from quart_chat.errors import DatabaseUnavailable, InstanceInUse
from quart_chat.storage.postgres.connection import Session, Statements
from quart_chat.storage.postgres.schema import migrate
from quart_chat.storage.turns import Turns, too_broad
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

T = TypeVar("T")

_KEY = "hashtext('quart-chat {}'), hashtext(current_schema())"
BEGIN_WRITE = (
    "BEGIN; SET LOCAL lock_timeout = {}; SELECT pg_advisory_xact_lock("
    + _KEY.format("write")
    + "), CAST(pg_current_xact_id() AS TEXT)"
)
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SERVE_KEY = _KEY.format("serve")
"""The advisory lock of servers."""

_HOLD = "SET lock_timeout = {}; SELECT pg_advisory_lock{}(" + SERVE_KEY + ")"
_HELD = 3000
"""Milliseconds in which the server has noticed that the one before is gone."""

FOREVER = 0


def hold(*, shared: bool) -> str:
    """Begin to have the database, alone or with others, until the connection ends."""
    return _HOLD.format(_HELD, "_shared" if shared else "")


class Database(Turns[Session]):
    """A database that is open, made by ``await Database.open(address)``.

    Attributes:
        health: Whether it can be written.
    """

    may_commit_unseen = True
    """A connection may break between a commit and the answer to it."""

    def __init__(
        self,
        address: str,
        *,
        readers: int,
        busy_timeout: float,
        patience: float,
        silence: float,
        shared: bool | None,
    ) -> None:
        super().__init__(readers=readers, patience=patience)
        self._silence = silence
        self._busy_timeout = busy_timeout
        # Told by its connection that writes: who serves the database, alone or with others.
        self._writer = Session(address, "" if shared is None else hold(shared=shared))
        self._all_readers = [Session(address) for _ in range(readers)]

    @classmethod
    async def open(
        cls,
        address: str,
        *,
        readers: int = 3,
        busy_timeout: float = 5.0,
        patience: float = 10.0,
        silence: float = 30.0,
        shared: bool | None = True,
    ) -> Database:
        """Open the database, and bring its schema up to date.

        Args:
            address: Where it is, as libpq reads it: ``postgresql://user@host/name``.
            readers: Connections that read.
            busy_timeout: Seconds to wait for a lock that another process holds.
            patience: Seconds to wait for that and for writers of this process, where no request
                says how many it has left.
            silence: Seconds after which a server that does not answer a statement counts as gone.
            shared: Whether other processes may have it open, all of which must say so; None for
                one that is no server, and that none keeps out.

        Raises:
            DatabaseUnavailable: It can't be used; the message says why.
            DatabaseTooNew: A newer version of this program has written it.
            InstanceInUse: Another process has it, and one of the two does not share it.
        """
        database = cls(
            address,
            readers=readers,
            busy_timeout=busy_timeout,
            patience=patience,
            silence=silence,
            shared=shared,
        )
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
        return sum(session.queries for session in (self._writer, *self._all_readers))

    async def _open(self) -> None:
        try:
            await self._writer.open()
        except DatabaseUnavailable as error:
            if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise
            raise InstanceInUse(
                _(
                    "Another server uses this database. Stop that one first, give this one a"
                    " database of its own (QUART_CHAT_DATABASE), or let all of them share it"
                    " (QUART_CHAT_BROKER)."
                )
            ) from error
        await migrate(self._writer, BEGIN_WRITE.format(FOREVER))
        for reader in self._all_readers:
            await reader.open()
            self._readers.put_nowait(reader)
        self._begin_to_look()

    async def close(self) -> None:
        """Write what waits, and close all connections; idempotent.

        One that fails to close keeps none of the others.
        """
        await self._finish()
        for session in (self._writer, *self._all_readers):
            try:
                await session.close()
            except (DatabaseUnavailable, psycopg.Error):
                _logger.exception("A database connection failed to close")

    async def read(self, work: Callable[[Statements], T]) -> T:
        """Read as of one moment; see :meth:`Session.transact`."""
        async with self.reading() as session:
            return await session.transact(work, BEGIN_READ, self._silence)

    async def search(self, work: Callable[[Statements], T], seconds: float | None = None) -> T:
        """Read what may take long; it is broken off where its waiter is cancelled.

        Raises:
            SearchTooBroad: It takes more than so many seconds, those included that it waits.
        """
        deadline = None if seconds is None else monotonic() + seconds
        async with self.searching(seconds), self.reading() as session:
            return await _search(session, work, deadline)

    async def _transact(self, work: Callable[[Statements], T], wait: float) -> T:
        """Write, once no other process does, for which it waits so many seconds."""
        begin = BEGIN_WRITE.format(max(1, int(min(self._busy_timeout, wait) * 1000)))
        return await self._writer.transact(work, begin, self._silence)

    async def _inspect(self, wait: float) -> None:
        await self._writer.transact(_ask, BEGIN_READ, self._silence)

    async def _try_to_write(self, wait: float) -> None:
        await self._transact(_try_to_write, min(1.0, wait))


async def _search(session: Session, work: Callable[[Statements], T], deadline: float | None) -> T:
    """Read on a connection until a deadline, and leave it free."""
    seconds = None if deadline is None else max(0.0, deadline - monotonic())
    try:
        async with asyncio.timeout(seconds):
            return await session.transact(work, BEGIN_READ)
    except TimeoutError as error:
        await session.interrupt()
        raise too_broad() from error
    except asyncio.CancelledError:
        await asyncio.shield(session.interrupt())
        raise


def _ask(statements: Statements) -> None:
    statements.fetch("SELECT version FROM schema_version")


def _try_to_write(statements: Statements) -> None:
    """Write what changes nothing."""
    statements.fetch("UPDATE schema_version SET version = version")
