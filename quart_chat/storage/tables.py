"""A store table by table, so that it can be copied to another one, whatever engine keeps either.

What an engine derives from the rows, such as its indexes of words, is no part of this: it makes
that anew as rows are inserted. Nor are the leases of nodes, which say who runs now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from quart_chat.plaintext import clean

Values = tuple[Any, ...]

AT_ONCE = 500
"""Rows that are read and inserted together."""


class Tables(Protocol):
    """The tables of one store within one transaction.

    Attributes:
        version: The version of its schema; 0 where there is none.
        known: The version that this program writes.
    """

    version: int
    known: int

    def create(self) -> None:
        """Make the schema.

        Raises:
            DatabaseUnavailable: The database is another program's.
        """
        ...

    def has_living_node(self) -> bool:
        """Whether a server holds a lease, or held one until a few seconds ago."""
        ...

    def references(self) -> dict[str, set[str]]:
        """The tables that are copied, each with those that have to be filled before it."""
        ...

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns that are copied."""
        ...

    def count(self, table: str) -> int:
        """The number of its rows."""
        ...

    def read(self, table: str, columns: Sequence[str]) -> Iterator[Values]:
        """All rows, in any order: numbers, texts and nothing, as both engines have them."""
        ...

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        """Insert rows, and what is derived from them."""
        ...

    def finish(self) -> None:
        """Have numbers that are given out from now on follow those that were inserted."""
        ...


def plain(row: Sequence[Any]) -> Values:
    """A row with the values that both engines can keep, a truth as a number."""
    return tuple(map(_plain, row))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return int(value) if isinstance(value, bool) else value
