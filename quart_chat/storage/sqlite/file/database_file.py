"""Whether the files of an open database are still those that were opened.

A file that is deleted or replaced lives on for the process that has it open: SQLite goes on as if
all were well, and what it writes is gone with the process. Only the folder tells. Nothing here
opens the database by itself: on POSIX, closing a file drops all locks that the process has on it
(sqlite.org/howtocorrupt.html, 2.2), so what has to be read is read through SQLite.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from quart_chat.availability.database import DAMAGED, GONE, REPLACED, unavailable
from quart_chat.storage.sqlite.file.failures import translated_errors

_SUFFIXES = ("-shm", "-wal", "")
"""An index of the log, the log of what is committed and not yet in the database
(sqlite.org/wal.html), and the database itself, which is looked at last."""


class DatabaseFile:
    """The files of one database, as they were when it was opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Texts, since each is looked at before and after each change.
        self._known: dict[str, tuple[int, int]] = {}
        self._size = 0
        self._changed = 0
        self._log = str(path) + "-wal"
        self._log_size = 0

    def remember(self) -> None:
        """Take the files as they are now for those that are open."""
        for suffix in _SUFFIXES:
            path = self._path.with_name(self._path.name + suffix)
            if path.exists():
                self._known[str(path)] = _identity(path.stat())
        self._note(self._path.stat())

    def check(self) -> None:
        """See whether what is written reaches the files; costs some microseconds.

        Raises:
            DatabaseUnavailable: A file is gone, replaced, cut short or overwritten.
        """
        log_size = self._log_size
        with translated_errors():
            for path, known in self._known.items():
                found = _stat(path)
                if _identity(found) != known:
                    raise unavailable(REPLACED)
                if path == self._log:
                    log_size = found.st_size
            # The last is the database itself.
            is_log_cut = log_size < self._log_size
            if is_log_cut or (found.st_size, found.st_mtime_ns) != (self._size, self._changed):
                self._examine(found, is_log_cut)
        self._log_size = log_size

    def _examine(self, found: os.stat_result, is_log_cut: bool) -> None:
        """A file has changed, as every checkpoint does; see whether it is still a database.

        The log is cut by a checkpoint of another program, which has taken over all that it holds,
        or by a person who empties it, and with it what was committed last.
        """
        if found.st_size == 0:
            # SQLite would take it for a new one, and delete the log beside it.
            raise unavailable(DAMAGED)
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            (page_size,) = connection.execute("PRAGMA page_size").fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if found.st_size % page_size:
                raise unavailable(DAMAGED)
            if is_log_cut or found.st_size < max(self._size, pages * page_size):
                # Vacuumed, not all checkpointed, or cut short: only reading all of it tells.
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                if verdict != "ok":
                    raise unavailable(DAMAGED)
        self._note(found)

    def _note(self, found: os.stat_result) -> None:
        self._size, self._changed = found.st_size, found.st_mtime_ns


def _stat(path: str) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116 - half as dear, and done six times a change
    except (FileNotFoundError, NotADirectoryError) as error:
        raise unavailable(GONE) from error


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
