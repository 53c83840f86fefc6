"""What the repositories ask of an engine: statements, and work that runs them as a whole.

The statements are SQLite's. An engine that says some of it otherwise translates them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, Protocol, TypeVar

Row = Sequence[Any]
T = TypeVar("T")


class Statements(Protocol):
    """Runs statements on the thread of their connection, for work that is done there."""

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and take all its rows."""
        ...

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run a statement and take its only row."""
        ...

    def iterate(self, sql: str, parameters: Sequence[Any] = ()) -> Generator[Row]:
        """Run a statement and take its rows one by one, within the same work."""
        ...


class Database(Protocol):
    """A database that is open; all raise DatabaseUnavailable where it can't be used."""

    @property
    def queries(self) -> int:
        """Statements run so far."""
        ...

    async def read(self, work: Callable[[Statements], T]) -> T:
        """Read as of one moment."""
        ...

    async def search(self, work: Callable[[Statements], T], seconds: float | None = None) -> T:
        """Read what may take long; it is broken off where its waiter is cancelled.

        Raises:
            SearchTooBroad: It takes more than so many seconds, those included that it waits.
        """
        ...

    async def write(
        self,
        work: Callable[[Statements], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> T:
        """Run ``work`` as a transaction, then ``committed`` before that of any later one.

        Those that wait at the same time may be committed together, and tried again if that fails;
        what one of them refuses is undone by itself. ``ready`` is called once, on the event loop,
        when it is the turn of this one.
        """
        ...

    async def close(self) -> None:
        """Close all connections; idempotent."""
        ...
