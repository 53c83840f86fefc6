"""A database of PostgreSQL table by table; see :mod:`quart_chat.storage.tables`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql

from quart_chat.chat.models import MessageStatus
from quart_chat.errors import InstanceInUse
from quart_chat.outbound.postgres import Connection
from quart_chat.search.folding import index_form
from quart_chat.storage.postgres import words
from quart_chat.storage.postgres.connection import Session, Statements, connect
from quart_chat.storage.postgres.database import BEGIN_READ, BEGIN_WRITE, FOREVER, hold
from quart_chat.storage.postgres.documents import passage_stems
from quart_chat.storage.postgres.failures import translated_errors
from quart_chat.storage.postgres.schema import (
    MIGRATIONS,
    apply_migrations,
    check_server,
    read_version,
)
from quart_chat.storage.sqlite.nodes import LIVES
from quart_chat.storage.tables import AT_ONCE, Values, plain
from quart_chat.texts import _

NOT_COPIED = {"nodes", "schema_version", "title_index", "message_index", "qc_head", "qc_log"}
"""Leases, the version, what is taken from the rows of other tables as they are inserted, and the
events that a broker keeps in the same database."""

DERIVED = {"document_passages": {"stems"}, "document_words": {"trigrams"}}
"""Columns that are taken from others as rows are inserted."""

Record = dict[str, Any]

_NO_LIMITS = "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_REFERENCES = (
    "SELECT own.relname, other.relname FROM pg_constraint"
    " JOIN pg_class AS own ON own.oid = conrelid JOIN pg_class AS other ON other.oid = confrelid"
    " WHERE contype = 'f' AND own.relnamespace = CAST(current_schema() AS REGNAMESPACE)"
)
_COLUMNS = (
    "SELECT column_name, is_identity FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position"
)


class PostgresTables:
    """Implements :class:`quart_chat.storage.tables.Tables`."""

    known = len(MIGRATIONS)

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements
        check_server(statements)
        self.version = read_version(statements)

    def create(self) -> None:
        apply_migrations(self._statements)

    def has_living_node(self) -> bool:
        return bool(self._statements.fetch(f"SELECT 1 FROM nodes WHERE {LIVES} LIMIT 1"))

    def references(self) -> dict[str, set[str]]:
        names = {row[0] for row in self._statements.fetch(_TABLES)} - NOT_COPIED
        found: dict[str, set[str]] = {name: set() for name in names}
        for table, other in self._statements.fetch(_REFERENCES):
            if table in found:
                found[table].add(other)
        return found

    def columns(self, table: str) -> tuple[str, ...]:
        rows = self._statements.fetch(_COLUMNS, (table,))
        return tuple(name for name, _ in rows if name not in DERIVED.get(table, ()))

    def count(self, table: str) -> int:
        row = self._statements.fetch_one(f"SELECT count(*) FROM {table}")
        return int(row[0]) if row else 0

    def read(self, table: str, columns: Sequence[str]) -> Iterator[Values]:
        query = sql.SQL("SELECT {} FROM {}").format(_names(columns), sql.Identifier(table))
        with self._connection.cursor(name="rows") as cursor:
            cursor.itersize = AT_ONCE
            yield from map(plain, cursor.execute(query))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for row in rows:
            for name, record in _with_indexes(table, dict(zip(columns, row, strict=True))):
                found[name].append(record)
        for name, records in found.items():
            self._copy_in(name, records)

    def _copy_in(self, table: str, records: Sequence[Record]) -> None:
        # COPY also takes the numbers that the server gives out otherwise.
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), _names(tuple(records[0]))
        )
        with self._connection.cursor() as cursor, cursor.copy(command) as copy:
            for record in records:
                copy.write_row(tuple(record.values()))

    def finish(self) -> None:
        for table in self.references():
            for column, is_identity in self._statements.fetch(_COLUMNS, (table,)):
                if is_identity == "YES":
                    self._statements.fetch(
                        f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'),"
                        f" max({column})) FROM {table} HAVING count(*) > 0"
                    )


def _with_indexes(table: str, record: Record) -> Generator[tuple[str, Record]]:
    """A row with what is derived from it, and the rows of indexes that belong to it."""
    match table:
        case "document_passages":
            yield table, {**record, "stems": passage_stems(record["path"], record["text"])}
        case "document_words":
            yield table, {**record, "trigrams": words.trigrams(record["folded"])}
        case "workflows":
            yield table, record
            if title := record["title"]:
                terms = words.vector(words.cut(index_form(title)))
                yield "title_index", {"workflow_id": record["id"], "title": title, "terms": terms}
        case "messages":
            yield table, record
            if record["status"] != MessageStatus.STREAMING:
                yield from _index(record)
        case _:
            yield table, record


def _index(message: Record) -> Generator[tuple[str, Record]]:
    parts = words.parts(words.cut(index_form(message["content"])))
    for part, some in enumerate(parts, 1):
        yield (
            "message_index",
            {
                "message_number": message["number"],
                "part": part,
                "terms": words.vector(some),
                "stems": words.vector(map(words.stem, some)),
            },
        )


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _hold(connection: Connection) -> None:
    """Keep servers away until the connection ends."""
    try:
        connection.execute(hold(shared=False), prepare=False)
    except psycopg.errors.LockNotAvailable as error:
        raise InstanceInUse(_("A server uses this database.")) from error


@contextmanager
def open_postgres_tables(
    address: str, *, write: bool, exclusive: bool
) -> Generator[PostgresTables]:
    """Open a database; see :func:`quart_chat.storage.open_tables`."""
    with translated_errors(), closing(connect(address)) as connection:
        if exclusive:
            _hold(connection)
        connection.execute(_NO_LIMITS, prepare=False)
        statements = Statements(Session(address), connection)
        begin = BEGIN_WRITE.format(FOREVER) if write else BEGIN_READ
        connection.execute(begin, prepare=False)
        try:
            yield PostgresTables(connection, statements)
            connection.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            raise
