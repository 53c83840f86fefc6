"""The schema of the database: its numbered migrations, and bringing a file up to date by them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from importlib.resources import files

from quart_chat.errors import DatabaseTooNew, DatabaseUnavailable
from quart_chat.storage.sqlite.file.connection import Session
from quart_chat.storage.statements import Statements
from quart_chat.texts import _


def _read_migrations() -> tuple[str, ...]:
    folder = files("quart_chat.storage.sqlite").joinpath("migrations")
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return tuple(script.read_text("utf-8") for script in scripts)


MIGRATIONS = _read_migrations()
"""The script that makes version 1, the one that makes version 2 of it, and so on."""


def split_statements(script: str) -> Generator[str]:
    """Cut a script into statements, each of which ends at the end of a line.

    They run one by one in the caller's transaction, where ``executescript`` would commit first.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


async def migrate(writer: Session) -> None:
    """Bring a file up to date.

    Raises:
        DatabaseUnavailable: It is another program's.
        DatabaseTooNew: A newer version of this program has written it.
    """
    version = await writer.transact(_version)
    if version < len(MIGRATIONS):
        version = await writer.transact(apply_migrations, "BEGIN IMMEDIATE")
    if version > len(MIGRATIONS):
        raise DatabaseTooNew(
            _(
                "The database has version {version}; this program knows versions up to {known}."
                " Install the newer program again, or restore a backup."
            ).format(version=version, known=len(MIGRATIONS))
        )


def apply_migrations(statements: Statements) -> int:
    """Bring the schema up to date, and return the version that it had."""
    # Asked again: another process may have been first.
    version = _version(statements)
    if version == 0 and statements.fetch("SELECT 1 FROM sqlite_schema LIMIT 1"):
        raise DatabaseUnavailable(_("The database file belongs to another program."))
    for script in MIGRATIONS[version:]:
        for statement in split_statements(script):
            statements.fetch(statement)
    statements.fetch(f"PRAGMA user_version = {max(version, len(MIGRATIONS))}")
    return version


def _version(statements: Statements) -> int:
    row = statements.fetch_one("PRAGMA user_version")
    return int(row[0]) if row else 0
