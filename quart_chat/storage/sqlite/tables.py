"""An SQLite file table by table; see :mod:`quart_chat.storage.tables`."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from quart_chat.storage.sqlite.file.connection import create_functions
from quart_chat.storage.sqlite.file.failures import translated_errors
from quart_chat.storage.sqlite.file.schema import MIGRATIONS, apply_migrations
from quart_chat.storage.sqlite.nodes import LIVES
from quart_chat.storage.statements import Row
from quart_chat.storage.tables import Values, plain

NOT_COPIED = {"nodes", "titles"}
"""Leases, and what triggers take from the titles of workflows."""

ROW_NUMBERS = {"logs": "number"}
"""Tables whose rows are numbered by SQLite alone, and the name of that number elsewhere."""

_TABLES = (
    "SELECT name FROM pragma_table_list"
    " WHERE schema = 'main' AND type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
)


class SQLiteStatements:
    """Implements :class:`quart_chat.storage.statements.Statements` where no loop runs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        rows = self.fetch(sql, parameters)
        return rows[0] if rows else None

    def iterate(self, sql: str, parameters: Sequence[Any] = ()) -> Generator[Row]:
        with closing(self._connection.execute(sql, parameters)) as cursor:
            yield from cursor


class SQLiteTables:
    """Implements :class:`quart_chat.storage.tables.Tables`."""

    known = len(MIGRATIONS)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._statements = SQLiteStatements(connection)
        row = self._statements.fetch_one("PRAGMA user_version")
        self.version = int(row[0]) if row else 0

    def create(self) -> None:
        apply_migrations(self._statements)

    def has_living_node(self) -> bool:
        return bool(self._statements.fetch(f"SELECT 1 FROM nodes WHERE {LIVES} LIMIT 1"))

    def references(self) -> dict[str, set[str]]:
        names = {row[0] for row in self._statements.fetch(_TABLES)} - NOT_COPIED
        sql = 'SELECT "table" FROM pragma_foreign_key_list(?)'
        return {name: {row[0] for row in self._statements.fetch(sql, (name,))} for name in names}

    def columns(self, table: str) -> tuple[str, ...]:
        rows = self._statements.fetch("SELECT name FROM pragma_table_info(?)", (table,))
        numbers = [ROW_NUMBERS[table]] if table in ROW_NUMBERS else []
        return (*numbers, *(row[0] for row in rows))

    def count(self, table: str) -> int:
        row = self._statements.fetch_one(f"SELECT count(*) FROM {table}")
        return int(row[0]) if row else 0

    def read(self, table: str, columns: Sequence[str]) -> Iterator[Values]:
        names = ", ".join(_own_names(table, columns))
        return map(plain, self._statements.iterate(f"SELECT {names} FROM {table}"))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        names = ", ".join(_own_names(table, columns))
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def finish(self) -> None:
        """SQLite gives out the number after the highest by itself."""


def _own_names(table: str, columns: Sequence[str]) -> list[str]:
    number = ROW_NUMBERS.get(table)
    return ["rowid" if column == number else column for column in columns]


@contextmanager
def open_sqlite_tables(path: str, *, write: bool) -> Generator[SQLiteTables]:
    """Open a file; see :func:`quart_chat.storage.open_tables`."""
    uri = f"{Path(path).absolute().as_uri()}?mode={'rwc' if write else 'rw'}"
    with (
        translated_errors(),
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection,
    ):
        create_functions(connection)
        # Text that another program has damaged is copied as far as it can be read.
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield SQLiteTables(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
