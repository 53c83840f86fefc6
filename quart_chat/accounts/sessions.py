"""The browsers that are signed in."""

from __future__ import annotations

from quart_chat.accounts.models import Actor, Session


class Sessions:
    """The sessions of all users; users may end their own, and administrators all."""

    async def list(self, user_id: str) -> list[Session]:
        """Read a user's sessions that can be used, the latest use first."""
        raise NotImplementedError

    async def revoke(self, actor: Actor, user_id: str, session_id: str) -> None:
        """End a session.

        Raises:
            NotFound: The user has no such session.
            Forbidden: It is another user's, and the actor no enabled administrator.
        """
        raise NotImplementedError

    async def revoke_all(self, actor: Actor, user_id: str, *, keep: str | None = None) -> int:
        """End all sessions of a user but the one that is named; returns how many."""
        raise NotImplementedError
