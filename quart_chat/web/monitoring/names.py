"""The names of users by their ids, without asking the store each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from time import monotonic

from quart_chat.errors import DatabaseUnavailable

ReadNames = Callable[[], Awaitable[Mapping[str, str]]]
"""Reads the names of all users, by their ids."""


class Names:
    """The names of users, read again where an id is new, and after a while.

    Args:
        read: Reads them.
        kept: Seconds for which a name is believed: users may be given another.
    """

    def __init__(self, read: ReadNames, kept: float = 30.0) -> None:
        self._read = read
        self._kept = kept
        self._read_at = 0.0
        self._known: dict[str, str | None] = {}

    async def learn(self, ids: Iterable[str]) -> None:
        """Know the names of these users; without the store, go on without them."""
        wanted = set(ids)
        is_old = monotonic() - self._read_at > self._kept
        if wanted and (is_old or not wanted <= self._known.keys()):
            with suppress(DatabaseUnavailable):
                found = await self._read()
                self._known = {id_: found.get(id_) for id_ in wanted}
                self._read_at = monotonic()

    def get(self, id_: str) -> str | None:
        """The name of a user; None where it is not known, or the user is gone."""
        return self._known.get(id_)
