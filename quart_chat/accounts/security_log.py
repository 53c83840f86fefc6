"""Who did what, from where: kept for a set time."""

from __future__ import annotations

from quart_chat.accounts.security_events import SecurityEvent
from quart_chat.accounts.storage import AccountStorage


class SecurityLog:
    """The log of what concerns accounts. Each change writes its line in its own transaction."""

    def __init__(self, storage: AccountStorage) -> None:
        self._storage = storage

    async def page(
        self, *, before: int | None = None, limit: int = 50, user_id: str | None = None
    ) -> list[SecurityEvent]:
        """Read the latest events, the latest first.

        Args:
            before: Only those with a smaller number.
            limit: How many at most.
            user_id: Only those that this user did, or that are about this user.
        """
        return await self._storage.read(lambda reader: reader.select_events(before, limit, user_id))
