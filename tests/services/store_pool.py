"""Empty stores of PostgreSQL, which one test uses after the other.

To make a database takes its server a tenth of a second, to empty one a few milliseconds: over a
connection that is kept, since a new one has to read the catalogue first.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from tests.services.postgres import PostgresServer
from tests.stores import make_template

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_TABLES = (
    "SELECT format('DELETE FROM %I', tablename) FROM pg_tables"
    " WHERE schemaname = 'public' AND tablename <> 'schema_version'"
)
_RESTART = "SELECT setval(CAST(oid AS regclass), 1, false) FROM pg_class WHERE relkind = 'S'"

# How many entries the catalogue has and the latest transaction that has changed it, the version of
# the schema, and settings of databases.
_SCHEMA = """
    SELECT count(*), max(CAST(CAST(xmin AS text) AS bigint)),
        (SELECT string_agg(CAST(version AS text), ' ') FROM schema_version),
        (SELECT count(*) FROM pg_db_role_setting)
    FROM (
        SELECT xmin FROM pg_class UNION ALL SELECT xmin FROM pg_attribute
        UNION ALL SELECT xmin FROM pg_proc UNION ALL SELECT xmin FROM pg_trigger
        UNION ALL SELECT xmin FROM pg_constraint UNION ALL SELECT xmin FROM pg_namespace
    ) AS catalogue
"""


class StorePool:
    """Databases that have the schema and nothing in it.

    Attributes:
        server: Where they are.
    """

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._template = asyncio.run(make_template(server))
        self._schema = server.run(_SCHEMA, self._template)
        self._free: list[str] = []
        self._connections: dict[str, psycopg.Connection[Any]] = {}

    def close(self) -> None:
        """End the connections by which it empties them."""
        while self._connections:
            self._connections.popitem()[1].close()

    def take(self) -> str:
        """Have a database for oneself; its name."""
        return self._free.pop() if self._free else self.server.create(self._template)

    def give_back(self, name: str) -> None:
        """Empty a database for the next test, or drop it where more than its rows has changed."""
        try:
            if name not in self._connections:
                self._connections[name] = self.server.connect(name)
            is_as_before = self._empty(self._connections[name])
        except psycopg.Error:
            is_as_before = False
        if is_as_before:
            self._free.append(name)
        else:
            if name in self._connections:
                self._connections.pop(name).close()
            self.server.drop(name)

    def _empty(self, connection: psycopg.Connection[Any]) -> bool:
        connection.execute(_END_OTHERS)
        if connection.execute(_SCHEMA).fetchall() != self._schema:
            return False
        # Neither triggers nor foreign keys count, since all rows go.
        deletions = [row[0] for row in connection.execute(_TABLES)]
        connection.execute("; ".join(["SET session_replication_role = replica", *deletions]))
        connection.execute(_RESTART)
        return True
