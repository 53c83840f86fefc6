"""A copy of an SQLite file, as of one moment, beside the servers that write to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from quart_chat.availability.database import DAMAGED, unavailable
from quart_chat.storage.sqlite.file.connection import create_functions
from quart_chat.storage.sqlite.file.failures import translated_errors

_PAGES = 4096
"""Pages that are copied between two reports."""


def copy_file(source: Path, target: Path, advanced: Callable[[int, int], None]) -> None:
    """Copy a database to a file that is not there yet; what uses it goes on meanwhile.

    The copy has no leases of nodes: those say who runs now.

    Args:
        source: The database.
        target: The copy.
        advanced: Is told how many pages of how many are copied.

    Raises:
        DatabaseUnavailable: The source can't be read, the target can't be written, or the copy is
            damaged because the source is.
    """
    uri = f"{source.absolute().as_uri()}?mode=rw"
    with (
        translated_errors(),
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as ours,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # In a transaction, so that what is written meanwhile does not begin the copy anew.
        ours.execute("BEGIN")
        ours.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        ours.backup(
            copy, pages=_PAGES, progress=lambda _, left, total: advanced(total - left, total)
        )
        ours.execute("COMMIT")
        create_functions(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("DELETE FROM nodes")
        if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise unavailable(DAMAGED)
