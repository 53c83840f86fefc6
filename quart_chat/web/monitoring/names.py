"""The names of users by their ids, without asking the store each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress

from quart_chat.errors import DatabaseUnavailable

ReadNames = Callable[[], Awaitable[Mapping[str, str]]]
"""Reads the names of all users, by their ids."""


class Names:
    """The names of users, read again only where an id is new."""

    def __init__(self, read: ReadNames) -> None:
        self._read = read
        self._known: dict[str, str | None] = {}

    async def learn(self, ids: Iterable[str]) -> None:
        """Know the names of these users; without the store, go on without them."""
        new = set(ids) - self._known.keys()
        if new:
            with suppress(DatabaseUnavailable):
                found = await self._read()
                self._known |= {id_: found.get(id_) for id_ in new}

    def get(self, id_: str) -> str | None:
        """The name of a user; None where it is not known, or the user is gone."""
        return self._known.get(id_)
