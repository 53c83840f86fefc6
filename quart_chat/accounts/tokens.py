"""Secrets that programs send."""

from __future__ import annotations

from quart_chat.accounts.models import Actor, NewToken, Scope, Token

PREFIX = "qc_"
"""What each token begins with, so that scanners of published code find those that leaked."""


class Tokens:
    """The tokens of all users; users have their own, and administrators may revoke all."""

    async def create(
        self, actor: Actor, user_id: str, name: str, scope: Scope, expires_at: float | None = None
    ) -> NewToken:
        """Make a token, for oneself alone.

        Raises:
            InvalidInput: The name is blank or too long, the end is past, or there are too many.
            Forbidden: The actor is another user.
        """
        raise NotImplementedError

    async def list(self, user_id: str) -> list[Token]:
        """Read a user's tokens, the newest first, those included that have expired."""
        raise NotImplementedError

    async def revoke(self, actor: Actor, user_id: str, token_id: str) -> None:
        """End a token.

        Raises:
            NotFound: The user has no such token.
            Forbidden: It is another user's, and the actor no enabled administrator.
        """
        raise NotImplementedError
