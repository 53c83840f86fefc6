"""A look at a database of PostgreSQL beside the servers that have it open."""

from __future__ import annotations

from contextlib import closing
from time import time

from quart_chat.availability.database import NO_RIGHTS, STANDBY, unavailable
from quart_chat.outbound.postgres import Connection, connect
from quart_chat.storage.inspection import SELECT_NODES, Inspection, KnownNode, read_node
from quart_chat.storage.postgres.database import SERVE_KEY
from quart_chat.storage.postgres.dialect import translate
from quart_chat.storage.postgres.failures import translated_errors, translated_refusals
from quart_chat.storage.postgres.schema import MIGRATIONS, check_properties
from quart_chat.storage.sqlite.nodes import LIVES, NOW

_SERVER = (
    "SELECT current_setting('server_version_num'), current_setting('server_encoding'),"
    " current_schema(), current_setting('transaction_read_only') = 'on'"
)


def inspect_postgres(address: str) -> Inspection:
    """Look at a database; tables that are not there are not made.

    Raises:
        DatabaseUnavailable: It can't be reached or used; the message says why.
    """
    with translated_refusals():
        connection = connect(address)
    with closing(connection), translated_errors():
        number, encoding, schema, read_only = connection.execute(_SERVER).fetchone() or ()
        check_properties(int(number) // 10_000, encoding, schema)
        if read_only:
            raise unavailable(STANDBY)
        version = _version(connection)
        return Inspection(
            f"PostgreSQL {int(number) // 10_000}",
            version,
            len(MIGRATIONS),
            _measure_clock(connection),
            _nodes(connection) if version == len(MIGRATIONS) else (),
        )


def is_held(address: str) -> bool:
    """Whether a server has a database; what this asks keeps none out.

    Raises:
        DatabaseUnavailable: It can't be reached; the message says why.
    """
    with translated_refusals():
        connection = connect(address)
    with closing(connection), translated_errors():
        row = connection.execute(f"SELECT pg_try_advisory_lock({SERVE_KEY})").fetchone()
        return row == (False,)


def _version(connection: Connection) -> int:
    """The version of the schema; whether it can be written is tried, too."""
    if connection.execute("SELECT to_regclass('schema_version')").fetchone() == (None,):
        sql = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
        if connection.execute(sql).fetchone() != (True,):
            raise unavailable(NO_RIGHTS)
        return 0
    connection.execute("BEGIN; SET LOCAL lock_timeout = '5s'", prepare=False)
    sql = "UPDATE schema_version SET version = version RETURNING version"
    row = connection.execute(sql).fetchone()
    connection.execute("ROLLBACK")
    return int(row[0]) if row else 0


def _measure_clock(connection: Connection) -> float:
    """Seconds by which the server's clock is ahead, give or take half of the way there and back."""
    before = time()
    (now,) = connection.execute(f"SELECT {translate(NOW)}").fetchone() or (before,)
    return float(now) - (before + time()) / 2


def _nodes(connection: Connection) -> tuple[KnownNode, ...]:
    sql = translate(SELECT_NODES.format(lives=LIVES))
    return tuple(map(read_node, connection.execute(sql).fetchall()))
