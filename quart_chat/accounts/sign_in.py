"""Signing in and out."""

from __future__ import annotations

from quart_chat.accounts.models import Origin, SignedIn


class SignIn:
    """Begins and ends sessions."""

    async def with_password(
        self, name: str, password: str, origin: Origin, *, replaces: str | None = None
    ) -> SignedIn:
        """Begin a session for the user of a name.

        Takes as long for names that no user has.

        Args:
            name: In whatever case.
            password: As it was typed.
            origin: Where the attempt comes from.
            replaces: The secret of the browser's session until now, which ends.

        Raises:
            WrongCredentials: No enabled user has this name and password.
            SignInThrottled: There were too many attempts; ``retry_after`` says when to come back.
        """
        raise NotImplementedError

    async def with_external(
        self,
        provider: str,
        subject: str,
        name: str,
        origin: Origin,
        *,
        create: bool,
        replaces: str | None = None,
    ) -> SignedIn:
        """Begin a session for a user whom another server vouches for.

        Args:
            provider: That server, such as the issuer of OpenID Connect, or ``proxy``.
            subject: What it calls the user, for good.
            name: The name of a user that is made.
            origin: Where the attempt comes from.
            create: Whether to make a user who is not known yet, with a number after the name where
                it is taken. The first one becomes no administrator.
            replaces: The secret of the browser's session until now, which ends.

        Raises:
            WrongCredentials: The user is not known, or disabled.
        """
        raise NotImplementedError

    async def sign_out(self, secret: str, address: str = "") -> None:
        """End the session of a secret; one that has ended is left so."""
        raise NotImplementedError
