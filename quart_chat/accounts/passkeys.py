"""Keys of WebAuthn, by which a user signs in without a password."""

from __future__ import annotations

from typing import Any

from quart_chat.accounts.models import (
    Actor,
    Challenge,
    Origin,
    Passkey,
    RelyingParty,
    SignedIn,
)


class Passkeys:
    """The passkeys of all users."""

    async def list(self, user_id: str) -> list[Passkey]:
        """Read a user's passkeys, the newest first."""
        raise NotImplementedError

    async def begin_registration(self, user_id: str, party: RelyingParty) -> Challenge:
        """Begin to add a passkey; the options are for ``navigator.credentials.create``."""
        raise NotImplementedError

    async def finish_registration(
        self,
        actor: Actor,
        challenge_id: str,
        name: str,
        response: dict[str, Any],
        party: RelyingParty,
    ) -> Passkey:
        """Add a passkey to the actor's own.

        Args:
            actor: The user that the challenge was made for.
            challenge_id: Which challenge is answered; it can't be answered again.
            name: What the user calls the key.
            response: ``PublicKeyCredential.toJSON()``.
            party: This site.

        Raises:
            InvalidInput: The answer is not valid, or the challenge is too old or used.
        """
        raise NotImplementedError

    async def begin_sign_in(self, party: RelyingParty) -> Challenge:
        """Begin a sign-in by any passkey; the options are for ``navigator.credentials.get``."""
        raise NotImplementedError

    async def finish_sign_in(
        self,
        challenge_id: str,
        response: dict[str, Any],
        party: RelyingParty,
        origin: Origin,
        *,
        replaces: str | None = None,
    ) -> SignedIn:
        """Begin a session for the owner of a passkey.

        Raises:
            WrongCredentials: The passkey is not known, its user disabled, or the answer not valid.
        """
        raise NotImplementedError

    async def rename(self, actor: Actor, passkey_id: str, name: str) -> Passkey:
        """Give one of the actor's own passkeys another name.

        Raises:
            NotFound: The actor has no such passkey.
        """
        raise NotImplementedError

    async def remove(self, actor: Actor, user_id: str, passkey_id: str) -> None:
        """Remove a passkey.

        Raises:
            NotFound: The user has no such passkey.
            Forbidden: It is another user's, and the actor no enabled administrator.
        """
        raise NotImplementedError
