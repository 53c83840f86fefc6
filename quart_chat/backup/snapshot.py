"""A copy of a database as of one moment, as a file of SQLite, while servers use the database."""

from __future__ import annotations

from pathlib import Path

from quart_chat.copying.copy import Progress, check_version, compare_tables, copy_tables
from quart_chat.copying.installation import CannotCopy, Installation
from quart_chat.errors import ChatError
from quart_chat.storage import open_tables
from quart_chat.storage.sqlite.snapshot import copy_file

_STEP = "database"


def take_snapshot(source: Installation, target: Path, progress: Progress) -> None:
    """Copy the database of an installation to a file that is not there yet.

    Raises:
        CannotCopy: It can't be read, or the copy is not sound.
    """
    if source.settings.database:
        _copy_rows(source, target, progress)
        return
    with source.open() as tables:
        check_version(source, tables, older=True)
    try:
        copy_file(source.settings.database_path, target, lambda *done: progress(_STEP, *done))
    except ChatError as error:
        raise CannotCopy(f"{source.place}: {error.message}") from error


def _copy_rows(source: Installation, target: Path, progress: Progress) -> None:
    """Copy all rows that one transaction of PostgreSQL sees."""
    with source.open(exclusive=False) as ours, open_tables(f"sqlite:{target}", write=True) as copy:
        check_version(source, ours)
        copy.create()
        compare_tables(copy, copy_tables(ours, copy, progress), progress)
        copy.finish()
