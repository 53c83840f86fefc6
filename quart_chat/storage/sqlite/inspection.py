"""A look at a database file beside the servers that have it open."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from quart_chat.availability.database import DAMAGED, unavailable
from quart_chat.errors import DatabaseUnavailable
from quart_chat.storage.inspection import SELECT_NODES, Inspection, KnownNode, read_node
from quart_chat.storage.sqlite.file.connection import create_functions
from quart_chat.storage.sqlite.file.failures import translated_errors
from quart_chat.storage.sqlite.file.schema import MIGRATIONS
from quart_chat.storage.sqlite.nodes import LIVES
from quart_chat.texts import _

_PATIENCE = 5.0
"""Seconds to wait for a program that has the file locked."""


def inspect_sqlite(path: str) -> Inspection:
    """Look at a file; one that is not there is not made.

    Raises:
        DatabaseUnavailable: It is damaged, locked, no database or another program's, or it can't be
            written.
    """
    file = Path(path)
    if not file.exists():
        return Inspection("SQLite", 0, len(MIGRATIONS))
    uri = f"{file.absolute().as_uri()}?mode=rw"
    with (
        translated_errors(),
        closing(sqlite3.connect(uri, _PATIENCE, uri=True, isolation_level=None)) as connection,
    ):
        create_functions(connection)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise unavailable(DAMAGED)
        version = _version(connection)
        nodes = _nodes(connection) if version == len(MIGRATIONS) else ()
    return Inspection(f"SQLite {sqlite3.sqlite_version}", version, len(MIGRATIONS), None, nodes)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0 and connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        raise DatabaseUnavailable(_("The database file belongs to another program."))
    return int(version)


def _nodes(connection: sqlite3.Connection) -> tuple[KnownNode, ...]:
    return tuple(map(read_node, connection.execute(SELECT_NODES.format(lives=LIVES))))
