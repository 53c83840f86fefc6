"""The log for processes of one machine: an SQLite file, and a datagram that wakes each of them.

The file is not synced to the disk, so an append takes some microseconds. It survives the end of
every process, but not one of the machine, with which the processes end, too.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from quart_chat.events.brokers.doorbell import Doorbell
from quart_chat.events.brokers.protocol import LogUnavailable, Place

T = TypeVar("T")

FILE = "events.sqlite"
KEPT = 20_000
"""Batches that the log keeps."""

KEPT_BYTES = 200_000_000
"""Bytes of the file past which half of the batches go."""

_TRIM = 256
_REACH_BACK = 60.0
_AT_ONCE = 64
_IDLE = 5.0
_BUSY = 1.0

_SCHEMA = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = OFF",
    "CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS log ("
    "number INTEGER PRIMARY KEY, mark BLOB NOT NULL, appended_at REAL NOT NULL,"
    " body BLOB NOT NULL)",
    "INSERT INTO head VALUES (1, hex(randomblob(4))) ON CONFLICT DO NOTHING",
)
_NOW = "((julianday('now') - 2440587.5) * 86400.0)"


class SQLiteBus:
    """Implements :class:`quart_chat.events.brokers.protocol.Log`.

    Args:
        folder: Where the file and the sockets are; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._doorbell = Doorbell(folder)
        self._writer = _Connection(folder / FILE)
        self._reader = _Connection(folder / FILE)

    async def append(self, batch: bytes) -> None:
        def append(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                number = connection.execute(
                    f"INSERT INTO log (mark, appended_at, body) VALUES (randomblob(8), {_NOW}, ?)",  # noqa: S608 - no value
                    (batch,),
                ).lastrowid
                if (number or 0) % _TRIM == 0:
                    _trim(connection, number or 0)

        try:
            await self._writer.run(append)
        finally:
            # Where it fails because the file was replaced, the readers are to see that soon.
            self._doorbell.ring()

    async def tail(self, after: Place | None) -> AsyncGenerator[tuple[Place, bytes | None], None]:
        woken = self._listen()
        place, mark = await self._reader.run(lambda connection: _find_start(connection, after))
        yield place, None
        while True:
            woken.clear()
            rows = await self._reader.run(partial(_read, place=place, mark=mark))
            for number, mark, body in rows:  # noqa: B007 - the last one is the next place
                place = Place(place.epoch, number)
                yield place, body
            if not rows:
                yield place, None
                if not await _wait(woken):
                    woken = self._listen()

    def _listen(self) -> asyncio.Event:
        try:
            return self._doorbell.open()
        except OSError as error:
            raise LogUnavailable(str(error)) from error

    async def at(self, place: Place) -> bytes | None:
        def read(connection: sqlite3.Connection) -> bytes | None:
            row = connection.execute(
                "SELECT body FROM log, head WHERE number = ? AND epoch = ?",
                (place.number, place.epoch),
            ).fetchone()
            return None if row is None else row[0]

        return await self._reader.run(read)

    async def renew(self, epoch: str) -> None:
        def renew(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                if connection.execute(
                    "UPDATE head SET epoch = ? WHERE epoch = ? RETURNING id",
                    (secrets.token_hex(4), epoch),
                ).fetchall():
                    connection.execute("DELETE FROM log")

        await self._writer.run(renew)
        self._doorbell.ring()

    async def close(self) -> None:
        self._doorbell.close()
        await self._writer.close()
        await self._reader.close()


async def _wait(woken: asyncio.Event) -> bool:
    """Wait for a datagram; False: none has come, and the log is looked at without one."""
    try:
        async with asyncio.timeout(_IDLE):
            return await woken.wait()
    except TimeoutError:
        return False


def _trim(connection: sqlite3.Connection, number: int) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    oldest = number - KEPT
    if (pages - free) * size > KEPT_BYTES:
        (first,) = connection.execute("SELECT min(number) FROM log").fetchone()
        oldest = max(oldest, (first + number) // 2)
    connection.execute("DELETE FROM log WHERE number <= ?", (oldest,))


def _find_start(connection: sqlite3.Connection, after: Place | None) -> tuple[Place, bytes | None]:
    """The place where a reading begins, and the mark of the batch that is there."""
    place = _find_place(connection, after)
    row = connection.execute("SELECT mark FROM log WHERE number = ?", (place.number,)).fetchone()
    return place, None if row is None else row[0]


def _find_place(connection: sqlite3.Connection, after: Place | None) -> Place:
    epoch, first, last = connection.execute(
        "SELECT epoch, (SELECT min(number) FROM log), (SELECT max(number) FROM log) FROM head"
    ).fetchone()
    last = last or 0
    first = first or last + 1
    if after is None:
        (recent,) = connection.execute(
            f"SELECT min(number) FROM log WHERE appended_at > {_NOW} - ?",  # noqa: S608 - no value
            (_REACH_BACK,),
        ).fetchone()
        return Place(epoch, last if recent is None else recent - 1)
    if after.epoch == epoch and after.number >= first - 1:
        return Place(epoch, min(after.number, last))
    return Place(epoch, first - 1)


def _read(
    connection: sqlite3.Connection, place: Place, mark: bytes | None
) -> list[tuple[int, bytes, bytes]]:
    """Read the next batches: number, mark and body of each.

    The batch at the place itself has to be the one that was there: each has a mark of its own, so
    that one of a log that was restored in the meantime is not taken for it.

    Raises:
        LogUnavailable: The log does not go on from there.
    """
    rows = connection.execute(
        "SELECT number, mark, CASE WHEN number > ?1 THEN body END, epoch FROM head LEFT JOIN log"
        " ON number >= ?1 ORDER BY number LIMIT ?2",
        (place.number, _AT_ONCE),
    ).fetchall()
    epoch, first = rows[0][3], rows[0][0]
    at_place = rows.pop(0)[1] if first == place.number or first is None else None
    if epoch != place.epoch or at_place != mark or (rows and rows[0][0] != place.number + 1):
        raise LogUnavailable("the event log does not go on from where it was read")
    return [row[:3] for row in rows]


class _Connection:
    """A connection to the file, on a thread of its own; opened again after a failure."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work on the thread.

        Raises:
            LogUnavailable: The file can't be used, or is another one by now.
        """
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "quart-chat-bus")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._connection or self._open()
            result = work(connection)
            self._check()
        except (sqlite3.Error, OSError) as error:
            self._close()
            raise LogUnavailable(f"{self._path}: {error}") from error
        except LogUnavailable:
            self._close()
            raise
        return result

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path, isolation_level=None, timeout=_BUSY, check_same_thread=False
        )
        self._connection = connection
        for statement in _SCHEMA:
            connection.execute(statement)
        self._file = self._identify()
        return connection

    def _check(self) -> None:
        """See whether what is written reaches the file that other processes read."""
        if self._identify() != self._file:
            raise LogUnavailable(f"{self._path} was replaced")

    def _identify(self) -> tuple[int, int]:
        found = os.stat(self._path)  # noqa: PTH116 - a Path would cost more than the call
        return found.st_dev, found.st_ino

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def close(self) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)
