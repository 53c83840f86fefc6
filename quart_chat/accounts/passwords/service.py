"""Changing passwords."""

from __future__ import annotations

import unicodedata

from quart_chat.accounts.changes import Change, Changes, read_user
from quart_chat.accounts.external.linking import remove_identity
from quart_chat.accounts.models import (
    Actor,
    Credential,
    CredentialKind,
    Origin,
    RevocationReason,
)
from quart_chat.accounts.names import name_key
from quart_chat.accounts.passwords.common import is_common
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.storage import AccountStorage
from quart_chat.accounts.throttle.attempts import Attempts
from quart_chat.errors import WeakPassword, WrongCredentials
from quart_chat.texts import _, number

MIN_LENGTH = 12
"""Characters of a password, counted as code points after NFKC."""

MAX_BYTES = 1024
"""Bytes of a password: hashing more of them takes longer."""

_SITE = "quart-chat"


class Passwords:
    """The passwords of all users.

    Args:
        storage: Where the users are.
        changes: Commits what is changed.
        hasher: Hashes passwords.
        attempts: Throttles guesses at the current password.
    """

    def __init__(
        self, storage: AccountStorage, changes: Changes, hasher: Hasher, attempts: Attempts
    ) -> None:
        self._storage = storage
        self._changes = changes
        self._hasher = hasher
        self._attempts = attempts

    def check(self, password: str, name: str) -> None:
        """See whether a password may be used by the user of a name.

        Raises:
            WeakPassword: It has fewer than 12 characters or too many, is common, or is the name.
        """
        check_password(password, name)

    async def hash(self, password: str, name: str) -> str:
        """Check a password, and hash it.

        Raises:
            WeakPassword: It may not be used by the user of this name.
        """
        check_password(password, name)
        return await self._hasher.hash(normal_form(password))

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
        user = await read_user(self._storage, user_id)
        check_password(new, user.name)
        attempt = await self._attempts.begin(name_key(user.name), origin)
        if not await self._hasher.verify(normal_form(current), attempt.password):
            raise WrongCredentials(_("The current password is wrong."))
        hashed = await self._hasher.hash(normal_form(new))

        def store(change: Change) -> None:
            if change.tx.select_password(user_id) != attempt.password:
                raise WrongCredentials(_("The current password is wrong."))
            self._attempts.take_back(change.tx, attempt)
            store_password(change, user_id, hashed, keep=keep)

        await self._changes.commit(Actor(user_id, origin.address), store)

    async def set(self, actor: Actor, user_id: str, new: str) -> None:
        """Set a user's password as an administrator; no other way into the account is left.

        Raises:
            Forbidden: The actor is no enabled administrator.
            WeakPassword: It is too short or common.
        """
        user = await read_user(self._storage, user_id)
        hashed = await self.hash(new, user.name)

        def store(change: Change) -> None:
            change.require_admin()
            change.user(user_id)
            store_password(change, user_id, hashed)
            remove_other_ways_in(change, user_id)

        await self._changes.commit(actor, store)


def store_password(change: Change, user_id: str, hashed: str, *, keep: str | None = None) -> None:
    """Store a password, and end the sessions of its user but one."""
    change.tx.update_password(user_id, hashed)
    for session_id in change.tx.delete_sessions(user_id, keep):
        change.revoke_session(user_id, session_id, RevocationReason.PASSWORD_CHANGED)
    change.log(Action.PASSWORD_CHANGED, user_id)


def remove_other_ways_in(change: Change, user_id: str) -> None:
    """Remove what an intruder in the account may have made: tokens, passkeys, and connections.

    An identity at a provider that has made the account stays.
    """
    made_at = change.user(user_id).created_at
    for identity in change.tx.select_externals(user_id):
        if identity.created_at != made_at:
            remove_identity(change, identity)
    for passkey in change.tx.select_passkeys(user_id):
        change.tx.delete_passkey(user_id, passkey.id)
        change.log(Action.PASSKEY_REMOVED, user_id, passkey.name)
    for token in change.tx.select_tokens(user_id):
        change.tx.delete_token(user_id, token.id)
        credential = Credential(CredentialKind.TOKEN, token.id)
        change.revoke(user_id, RevocationReason.PASSWORD_CHANGED, credential)
        change.log(Action.TOKEN_REVOKED, user_id, token.name)


def check_password(password: str, name: str) -> None:
    """See whether a password may be used by the user of a name.

    Raises:
        WeakPassword: It may not; the message says why.
    """
    if len(password) > MAX_BYTES or len(normal_form(password).encode()) > MAX_BYTES:
        raise WeakPassword(
            _("The password is too long: at most {limit} bytes are possible.").format(
                limit=number(MAX_BYTES)
            )
        )
    if len(normal_form(password)) < MIN_LENGTH:
        raise WeakPassword(
            _("The password is too short: it needs at least {limit} characters.").format(
                limit=number(MIN_LENGTH)
            )
        )
    if is_common(password, name, _SITE):
        raise WeakPassword(
            _("This password is easy to guess. Take several words that don't belong together.")
        )


def normal_form(password: str) -> str:
    """A password as it is hashed: however a keyboard composes its characters, it is the same.

    What is too long for a password is cut: ordering its accents takes quadratic time.
    """
    password = password[: MAX_BYTES + 1]
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())
