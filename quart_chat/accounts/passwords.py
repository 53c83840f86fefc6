"""Changing passwords."""

from __future__ import annotations

from quart_chat.accounts.models import Actor, Origin


class Passwords:
    """The passwords of all users."""

    def check(self, password: str, name: str) -> None:
        """See whether a password may be used by the user of a name.

        Raises:
            WeakPassword: It has fewer than 12 characters or too many, is common, or is the name.
        """
        raise NotImplementedError

    async def change(
        self,
        user_id: str,
        current: str,
        new: str,
        origin: Origin,
        *,
        keep: str | None = None,
    ) -> None:
        """Change the user's own password, and end the other sessions.

        Args:
            user_id: Who changes it.
            current: The password until now; guesses at it are throttled as those at a sign-in are.
            new: The password from now on.
            origin: Where the request comes from.
            keep: The id of the session that goes on.

        Raises:
            WrongCredentials: ``current`` is wrong, or the user has no password yet.
            SignInThrottled: There were too many attempts.
            WeakPassword: The new one is too short or common.
        """
        raise NotImplementedError

    async def set(self, actor: Actor, user_id: str, new: str) -> None:
        """Set a user's password as an administrator, and end all sessions of that user.

        Raises:
            Forbidden: The actor is no enabled administrator.
            WeakPassword: It is too short or common.
        """
        raise NotImplementedError
