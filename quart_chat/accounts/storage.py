"""What the accounts ask of a store, whatever engine keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class AccountReader(Protocol):
    """Reads accounts as of one moment."""


class AccountTransaction(AccountReader, Protocol):
    """Reads and changes accounts."""


class AccountStorage(Protocol):
    """Runs work on the accounts of all users.

    Both raise DatabaseUnavailable where the store can't be used, with the reason.
    """

    async def read(self, work: Callable[[AccountReader], T]) -> T:
        """Read as of one moment."""
        ...

    async def write(
        self,
        change: Callable[[AccountTransaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        """Run ``change`` in a transaction, then ``committed`` before any other is begun."""
        ...
