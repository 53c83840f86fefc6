"""Statements in the dialect of SQLite, as PostgreSQL says them.

Both engines have the same tables and nearly the same SQL, so the statements that they share are
written once. What PostgreSQL says otherwise is all here.
"""

from __future__ import annotations

from functools import lru_cache

from quart_chat.storage.sqlite.nodes import NOW

_OTHERWISE = (
    # A per cent sign begins a placeholder in psycopg.
    ("%", "%%"),
    (NOW, "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"),
    (
        "SELECT value FROM json_each(?)",
        "SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(? AS JSON)) AS value",
    ),
    ("IS NOT ?", "IS DISTINCT FROM ?"),
    # The order in which rows were inserted.
    ("rowid", "number"),
    ("?", "%s"),
)


@lru_cache(maxsize=1024)
def translate(sql: str) -> str:
    """A statement for psycopg."""
    for theirs, ours in _OTHERWISE:
        sql = sql.replace(theirs, ours)
    return sql
