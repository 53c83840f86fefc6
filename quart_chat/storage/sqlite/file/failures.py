"""What SQLite and the disk under it refuse, told as an error for people."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from quart_chat.availability.database import (
    DAMAGED,
    FAILING,
    FORBIDDEN,
    FULL,
    GONE,
    LOCKED,
    NO_DATABASE,
    READ_ONLY,
    TOO_MANY_FILES,
    UNOPENED,
    Reason,
    unavailable,
)

_REASONS = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_READONLY_DBMOVED: GONE,
    sqlite3.SQLITE_PERM: FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: UNOPENED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FAILING,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: NO_DATABASE,
}


_SYSTEM_REASONS = {
    errno.EMFILE: TOO_MANY_FILES,
    errno.ENFILE: TOO_MANY_FILES,
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EIO: FAILING,
}


def primary_code(error: sqlite3.Error) -> int:
    """The low byte of an extended result code (sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_locked(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and primary_code(error) == sqlite3.SQLITE_BUSY


@contextmanager
def translated_errors() -> Generator[None]:
    """Raise what the file or the disk is to blame for as DatabaseUnavailable."""
    try:
        yield
    except OSError as error:
        raise unavailable(_of_system(error)) from error
    except sqlite3.DatabaseError as error:
        reason = _of_sqlite(error)
        if reason is None:
            raise
        raise unavailable(reason) from error


def _of_system(error: OSError) -> Reason:
    return _SYSTEM_REASONS.get(error.errno or 0, UNOPENED)


def _of_sqlite(error: sqlite3.DatabaseError) -> Reason | None:
    code = getattr(error, "sqlite_errorcode", 0)
    return _REASONS.get(code) or _REASONS.get(primary_code(error))
