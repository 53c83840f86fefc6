"""The numbered migrations of the database, as text."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from importlib.resources import files


def _read_migrations() -> tuple[str, ...]:
    folder = files("quart_chat.chat").joinpath("migrations")
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
