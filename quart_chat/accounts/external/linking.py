"""Connecting an existing account with an identity at a provider, and disconnecting it.

The identity signs its user in here from then on. So the user has to have signed in here within the
last ten minutes, and an identity that belongs to another account is refused.
"""

from __future__ import annotations

import builtins

from quart_chat.accounts.changes import Change, Changes
from quart_chat.accounts.models import (
    Actor,
    ExternalIdentity,
    SignInMethod,
)
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.storage import AccountReader, AccountStorage
from quart_chat.errors import Forbidden, IdentityTaken, LastWayIn, NotFound
from quart_chat.plaintext import clean
from quart_chat.texts import _

FRESH = 600.0
"""Seconds for which a sign-in counts as one that was just made."""


class Linking:
    """The identities at providers that users have connected their accounts with."""

    def __init__(self, storage: AccountStorage, changes: Changes, options: AccountOptions) -> None:
        self._storage = storage
        self._changes = changes
        self._options = options

    async def list(self, user_id: str, provider: str) -> builtins.list[ExternalIdentity]:
        """Read the identities of a user at a provider, the oldest first."""
        return await self._storage.read(lambda reader: _select(reader, user_id, provider))

    async def is_fresh(self, user_id: str, session_id: str | None) -> bool:
        """Whether a session of a user has just begun."""
        sessions = await self._storage.read(lambda reader: reader.select_sessions(user_id))
        oldest = self._options.clock() - FRESH
        return any(each.id == session_id and each.created_at > oldest for each in sessions)

    async def connect(self, actor: Actor, session_id: str, provider: str, subject: str) -> None:
        """Let the actor sign in as a user of a provider.

        Args:
            actor: The user who is signed in.
            session_id: The session in which this was begun.
            provider: The issuer.
            subject: What it calls the user, for good.

        Raises:
            Forbidden: The session has ended.
            IdentityTaken: It belongs to another account, or the account has one there already.
        """
        provider, subject = clean(provider), clean(subject)
        user_id = actor.user_id or ""

        def connect(change: Change) -> None:
            if all(each.id != session_id for each in change.tx.select_sessions(user_id)):
                raise Forbidden(_("This session was ended. Sign in again."))
            owner = change.tx.find_external(provider, subject)
            if owner == user_id:
                return
            if owner is not None:
                raise IdentityTaken(
                    _(
                        "You are signed in there as a user who has another account here. Sign in"
                        " there as yourself, or delete the other account first."
                    )
                )
            if _select(change.tx, user_id, provider):
                raise IdentityTaken(
                    _("Your account is connected with another user there. Disconnect it first.")
                )
            change.tx.insert_external(provider, subject, user_id, change.now)
            change.log(Action.IDENTITY_CONNECTED, user_id, subject)

        await self._changes.commit(actor, connect)

    async def disconnect(
        self, actor: Actor, provider: str, *, keep: str | None = None, has_others: bool
    ) -> None:
        """No longer let the actor sign in through a provider; sessions that began so end.

        Args:
            actor: The user who is signed in.
            provider: The issuer.
            keep: The id of a session that goes on.
            has_others: Whether the server takes passwords and passkeys.

        Raises:
            NotFound: The account is not connected.
            LastWayIn: The user could not sign in any more.
        """
        user_id = actor.user_id or ""

        def disconnect(change: Change) -> None:
            found = _select(change.tx, user_id, provider)
            if not found:
                raise NotFound(_("Your account is not connected."))
            user = change.user(user_id)
            if not (has_others and (user.has_password or user.passkeys)):
                raise LastWayIn(_("You have no password and no passkey. Add a passkey first."))
            for each in found:
                remove_identity(change, each)
            for session in change.tx.select_sessions(user_id):
                if session.method is SignInMethod.EXTERNAL and session.id != keep:
                    change.tx.delete_session(user_id, session.id)
                    change.revoke_session(user_id, session.id)

        await self._changes.commit(actor, disconnect)


def _select(reader: AccountReader, user_id: str, provider: str) -> builtins.list[ExternalIdentity]:
    """What a provider calls a user; a slash at the end of its name makes no difference."""
    name = clean(provider).rstrip("/")
    found = reader.select_externals(user_id)
    return [each for each in found if each.provider.rstrip("/") == name]


def remove_identity(change: Change, identity: ExternalIdentity) -> None:
    """Disconnect an account from an identity."""
    change.tx.delete_external(identity.provider, identity.subject)
    change.log(Action.IDENTITY_DISCONNECTED, identity.user_id, identity.subject)
