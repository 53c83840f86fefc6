"""An SQLite bus to which things happen: calls that fail, and a log that is restored."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from quart_chat.events.brokers.bus import FILE, SQLiteBus
from quart_chat.events.brokers.protocol import LogUnavailable


class FaultyBus(SQLiteBus):
    """A bus whose next calls may fail.

    Attributes:
        failing: Appends that fail before anything is stored.
        unheard: Appends whose success is not heard of.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.failing = 0
        self.unheard = 0

    async def append(self, batch: bytes) -> None:
        if self.failing:
            self.failing -= 1
            raise LogUnavailable("cut off")
        await super().append(batch)
        if self.unheard:
            self.unheard -= 1
            raise LogUnavailable("cut off after the append")


def copy(folder: Path) -> Path:
    """Copy the log as it is now."""
    target = folder.parent / "copy.sqlite"
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(folder / FILE)) as log, closing(sqlite3.connect(target)) as other:
        log.backup(other)
    return target


def roll_back(folder: Path, to: Path) -> None:
    """Put what an earlier copy holds in the place of what the log holds.

    The file stays: SQLite does not bear that it is replaced while it is open.
    """
    with closing(sqlite3.connect(to)) as earlier, closing(sqlite3.connect(folder / FILE)) as log:
        earlier.backup(log)


async def empty(folder: Path) -> None:
    """Put a new log in the place of the one that is there."""
    new = SQLiteBus(folder.parent / "new")
    await new.append(b"")
    await new.renew((await anext(new.tail(None)))[0].epoch)
    await new.close()
    roll_back(folder, folder.parent / "new" / FILE)
