"""Who did what, from where: kept for a set time."""

from __future__ import annotations

from quart_chat.accounts.models import SecurityEvent


class SecurityLog:
    """The log of what concerns accounts. Each change writes its line in its own transaction."""

    async def page(
        self, *, before: int | None = None, limit: int = 50, user_id: str | None = None
    ) -> list[SecurityEvent]:
        """Read the latest events, the latest first.

        Args:
            before: Only those with a smaller number.
            limit: How many at most.
            user_id: Only those that this user did, or that are about this user.
        """
        raise NotImplementedError
