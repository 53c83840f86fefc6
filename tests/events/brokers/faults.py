"""What happens to logs: calls that fail, and storage that is emptied or restored."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from psycopg.errors import DeadlockDetected
from redis import Redis

from quart_chat.events.brokers.bus import FILE, SQLiteBus
from quart_chat.events.brokers.postgres import PostgreSQLLog
from quart_chat.events.brokers.protocol import Log, LogUnavailable
from quart_chat.events.brokers.rabbitmq import RabbitMQLog
from quart_chat.events.brokers.redis import HEAD, STREAM, RedisLog
from tests.services.postgres import EventsDatabase
from tests.services.rabbitmq import RabbitMQServer


class FaultyLog:
    """A log whose next calls may fail.

    Attributes:
        failing: Appends that fail before anything is stored.
        unheard: Appends whose success is not heard of.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.failing = 0
        self.unheard = 0
        self.tail, self.at = log.tail, log.at
        self.renew, self.close = log.renew, log.close

    async def append(self, batch: bytes) -> None:
        if self.failing:
            self.failing -= 1
            raise LogUnavailable("cut off")
        await self._log.append(batch)
        if self.unheard:
            self.unheard -= 1
            raise LogUnavailable("cut off after the append")


class Storage(Protocol):
    """Where a log is, seen by what happens to it while it is in use."""

    def open_log(self) -> Log:
        """Make another node's log on it."""
        ...

    async def copy(self) -> None:
        """Copy what it holds now."""
        ...

    async def roll_back(self) -> None:
        """Put the copy in the place of what it holds; without one nothing happens."""
        ...

    async def empty(self) -> None:
        """Lose all that it holds."""
        ...


class BusStorage:
    """The file of a bus.

    The file itself stays: SQLite does not bear that it is replaced while it is open.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bus"
        self._copy = folder / "copy.sqlite"

    def open_log(self) -> Log:
        return SQLiteBus(self.folder)

    async def copy(self) -> None:
        self._copy.unlink(missing_ok=True)
        _overwrite(self._copy, self.folder / FILE)

    async def roll_back(self) -> None:
        if self._copy.exists():
            _overwrite(self.folder / FILE, self._copy)

    async def empty(self) -> None:
        new = SQLiteBus(self.folder.parent / "new")
        await new.append(b"")
        await new.renew((await anext(new.tail(None)))[0].epoch)
        await new.close()
        _overwrite(self.folder / FILE, self.folder.parent / "new" / FILE)


def _overwrite(target: Path, source: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


class RedisStorage:
    """A database of Redis; its connections stay, as where a key is restored by hand."""

    def __init__(self, url: str, admin: Redis) -> None:
        self._url = url
        self._admin = admin
        self._copy: dict[str, bytes | None] | None = None
        admin.flushdb()

    def open_log(self) -> Log:
        return RedisLog(self._url)

    async def copy(self) -> None:
        self._copy = {key: self._admin.dump(key) for key in (HEAD, STREAM)}

    async def roll_back(self) -> None:
        if self._copy is None:
            return
        with self._admin.pipeline(transaction=True) as together:
            for key, value in self._copy.items():
                together.delete(key)
                if value is not None:
                    together.restore(key, 0, value)
            together.execute()

    async def empty(self) -> None:
        self._admin.flushdb()


class RabbitMQStorage:
    """The queue of a RabbitMQ, which can't be restored while the server runs."""

    def __init__(self, server: RabbitMQServer) -> None:
        self._server = server

    def open_log(self) -> Log:
        return RabbitMQLog(self._server.url)

    async def copy(self) -> None:
        """Nothing to copy."""

    async def roll_back(self) -> None:
        """Nothing to put back."""

    async def empty(self) -> None:
        await asyncio.to_thread(self._server.empty)


class PostgresStorage:
    """The tables in a database; the connections stay, as where tables are restored by hand."""

    def __init__(self, database: EventsDatabase) -> None:
        self.database = database
        self._copy: dict[str, list[tuple[Any, ...]]] | None = None
        database.empty()

    def open_log(self) -> Log:
        return PostgreSQLLog(self.database.url)

    async def copy(self) -> None:
        await asyncio.to_thread(self._do_copy)

    def _do_copy(self) -> None:
        with self.database.server.connect(self.database.name) as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            self._copy = {
                table: connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                for table in ("qc_head", "qc_log")
            }

    async def roll_back(self) -> None:
        if self._copy is not None:
            await _until_no_deadlock(self._put_back, self._copy)

    def _put_back(self, copy: dict[str, list[tuple[Any, ...]]]) -> None:
        with (
            self.database.server.connect(self.database.name) as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            cursor.execute("TRUNCATE qc_head, qc_log")
            for table, rows in copy.items():
                marks = ", ".join(["%s"] * len(rows[0])) if rows else ""
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608

    async def empty(self) -> None:
        await _until_no_deadlock(self.database.run, "TRUNCATE qc_head, qc_log")


async def _until_no_deadlock(work: Callable[..., object], *arguments: object) -> None:
    """Do it in a thread; anew where PostgreSQL has ended it for a reader that waited for it."""
    while True:
        try:
            await asyncio.to_thread(work, *arguments)
        except DeadlockDetected:
            continue
        return
