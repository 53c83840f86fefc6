"""The schema: its numbered migrations, and bringing a database up to date by them."""

from __future__ import annotations

from importlib.resources import files

from quart_chat.errors import DatabaseTooNew, DatabaseUnavailable
from quart_chat.storage.postgres.connection import Session, Statements
from quart_chat.texts import _

OLDEST = 14
"""The oldest version of PostgreSQL that the statements are written for."""

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


def _read_migrations() -> tuple[str, ...]:
    folder = files("quart_chat.storage.postgres").joinpath("migrations")
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return tuple(script.read_text("utf-8") for script in scripts)


MIGRATIONS = _read_migrations()
"""The script that makes version 1, the one that makes version 2 of it, and so on."""


async def migrate(writer: Session, begin: str) -> None:
    """Bring a database up to date; ``begin`` begins a transaction that keeps others out.

    Raises:
        DatabaseUnavailable: It is another program's, or its server is too old or no Unicode one.
        DatabaseTooNew: A newer version of this program has written it.
    """
    await writer.transact(check_server)
    version = await writer.transact(read_version)
    if version < len(MIGRATIONS):
        version = await writer.transact(apply_migrations, begin)
    if version > len(MIGRATIONS):
        raise DatabaseTooNew(
            _(
                "The database has version {version}; this program knows versions up to {known}."
                " Install the newer program again, or restore a backup."
            ).format(version=version, known=len(MIGRATIONS))
        )


def check_server(statements: Statements) -> None:
    row = statements.fetch_one(
        "SELECT current_setting('server_version_num'), current_setting('server_encoding'),"
        " current_schema()"
    )
    assert row is not None  # noqa: S101 - it has no FROM
    check_properties(int(row[0]) // 10_000, row[1], row[2])


def check_properties(version: int, encoding: str, schema: str | None) -> None:
    """See whether a server and a database of it can be used.

    Raises:
        DatabaseUnavailable: It is too old, or no Unicode one, or has no schema.
    """
    if version < OLDEST:
        raise DatabaseUnavailable(
            _(
                "The database server is PostgreSQL {version}, which is too old: version {oldest}"
                " or a newer one is needed."
            ).format(version=version, oldest=OLDEST),
            "unopened",
        )
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            _(
                "The database has the encoding {encoding}. Create one with the encoding UTF8."
            ).format(encoding=encoding),
            "unopened",
        )
    if schema is None:
        raise DatabaseUnavailable(
            _("The database has no schema that its user may use. Create one, or grant it."),
            "unopened",
        )


def apply_migrations(statements: Statements) -> int:
    """Bring the schema up to date, and return the version that it had."""
    # Asked again: another process may have been first.
    version = read_version(statements)
    if version == 0 and {"users", "documents", "messages"} & _tables(statements):
        raise DatabaseUnavailable(
            _("The database belongs to another program. Create one for this program alone."),
            "unopened",
        )
    for script in MIGRATIONS[version:]:
        statements.run(script)
    statements.fetch("DELETE FROM schema_version")
    statements.fetch(
        "INSERT INTO schema_version (version) VALUES (?)", (max(version, len(MIGRATIONS)),)
    )
    return version


def read_version(statements: Statements) -> int:
    if "schema_version" not in _tables(statements):
        return 0
    row = statements.fetch_one("SELECT version FROM schema_version")
    return int(row[0]) if row else 0


def _tables(statements: Statements) -> set[str]:
    return {row[0] for row in statements.fetch(_TABLES)}
