"""Keys of WebAuthn, by which a user signs in without a password.

A challenge is stored, so that any process answers for it; it is valid for five minutes, and gone
with the first answer, right or wrong.
"""

from __future__ import annotations

import builtins
from dataclasses import replace
from typing import Any

from quart_chat.accounts.changes import Change, Changes, read_user
from quart_chat.accounts.models import (
    Actor,
    Challenge,
    Origin,
    Passkey,
    RelyingParty,
    SignedIn,
    SignInMethod,
)
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.secret import new_id, new_secret
from quart_chat.accounts.security_events import Action
from quart_chat.accounts.sign_in import SignIn
from quart_chat.accounts.storage import AccountStorage, StoredChallenge, StoredPasskey
from quart_chat.accounts.webauthn_answers import (
    TIMEOUT,
    InvalidAnswer,
    check_registration,
    check_sign_in,
    registration_options,
    sign_in_options,
)
from quart_chat.errors import InvalidInput, NotFound, WrongCredentials
from quart_chat.plaintext import clean_name
from quart_chat.texts import _, number

MAX_PASSKEYS = 20
MAX_NAME = 60
"""Characters in the name of a passkey."""

_REGISTRATION = "registration"
_SIGN_IN = "sign_in"
_TRANSPORTS = {"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"}


class Passkeys:
    """The passkeys of all users."""

    def __init__(
        self,
        storage: AccountStorage,
        changes: Changes,
        sign_in: SignIn,
        options: AccountOptions,
    ) -> None:
        self._storage = storage
        self._changes = changes
        self._sign_in = sign_in
        self._options = options

    async def list(self, user_id: str) -> builtins.list[Passkey]:
        """Read a user's passkeys, the newest first."""
        return await self._storage.read(lambda reader: reader.select_passkeys(user_id))

    async def begin_registration(self, user_id: str, party: RelyingParty) -> Challenge:
        """Begin to add a passkey; the options are for ``navigator.credentials.create``.

        Raises:
            InvalidInput: The user has as many as there may be.
        """
        user, known = await read_user(self._storage, user_id), await self.list(user_id)
        _require_room(len(known))
        stored = await self._store_challenge(_REGISTRATION, user_id)
        return Challenge(
            stored.id, await registration_options(party, user, stored.challenge, known)
        )

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
        name = clean_name(name, MAX_NAME)
        challenge = await self._take_challenge(challenge_id, _REGISTRATION)
        if challenge is None or actor.user_id is None or challenge.user_id != actor.user_id:
            raise InvalidInput(_("This took too long. Add the passkey once more."))
        try:
            found = await check_registration(response, challenge.challenge, party)
        except InvalidAnswer as error:
            raise InvalidInput(_("This passkey can't be used.")) from error
        user_id = actor.user_id

        def add(change: Change) -> Passkey:
            change.user(user_id)
            _require_room(len(change.tx.select_passkeys(user_id)))
            if change.tx.find_passkey(found.id) is not None:
                raise InvalidInput(_("This passkey is known already."))
            passkey = Passkey(found.id, user_id, name, change.now, transports=_transports(response))
            change.tx.insert_passkey(StoredPasskey(passkey, found.public_key, found.sign_count))
            change.log(Action.PASSKEY_ADDED, user_id, name)
            return passkey

        return await self._changes.commit(actor, add)

    async def begin_sign_in(self, party: RelyingParty) -> Challenge:
        """Begin a sign-in by any passkey; the options are for ``navigator.credentials.get``."""
        stored = await self._store_challenge(_SIGN_IN, None)
        return Challenge(stored.id, await sign_in_options(party, stored.challenge))

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
        challenge = await self._take_challenge(challenge_id, _SIGN_IN)
        known = await self._find(response)
        if challenge is None or known is None:
            raise _unknown()
        try:
            sign_count = await check_sign_in(response, challenge.challenge, party, known)
        except InvalidAnswer as error:
            raise _unknown() from error
        passkey_id, user_id = known.passkey.id, known.passkey.user_id

        def begin(change: Change) -> SignedIn:
            # It may have been removed, or have answered another challenge, in the meantime.
            stored = change.tx.find_passkey(passkey_id)
            if stored is None or stored.sign_count != known.sign_count:
                raise _unknown()
            used = replace(stored.passkey, used_at=change.now)
            change.tx.update_passkey(StoredPasskey(used, stored.public_key, sign_count))
            return self._sign_in.begin(change, user_id, SignInMethod.PASSKEY, origin, replaces)

        return await self._changes.commit(Actor(user_id, origin.address), begin)

    async def rename(self, actor: Actor, passkey_id: str, name: str) -> Passkey:
        """Give one of the actor's own passkeys another name.

        Raises:
            NotFound: The actor has no such passkey.
        """
        name = clean_name(name, MAX_NAME)

        def rename(change: Change) -> Passkey:
            stored = change.tx.find_passkey(passkey_id)
            if stored is None or stored.passkey.user_id != actor.user_id:
                raise _no_passkey()
            passkey = replace(stored.passkey, name=name)
            change.tx.update_passkey(replace(stored, passkey=passkey))
            return passkey

        return await self._changes.commit(actor, rename)

    async def remove(self, actor: Actor, user_id: str, passkey_id: str) -> None:
        """Remove a passkey.

        Raises:
            NotFound: The user has no such passkey.
            Forbidden: It is another user's, and the actor no enabled administrator.
        """

        def remove(change: Change) -> None:
            change.require_admin_or(user_id)
            names = {key.id: key.name for key in change.tx.select_passkeys(user_id)}
            if not change.tx.delete_passkey(user_id, passkey_id):
                raise _no_passkey()
            change.log(Action.PASSKEY_REMOVED, user_id, names[passkey_id])

        await self._changes.commit(actor, remove)

    async def _store_challenge(self, purpose: str, user_id: str | None) -> StoredChallenge:
        ends = self._options.clock() + TIMEOUT / 1000
        challenge = StoredChallenge(new_id(), purpose, new_secret(), user_id, ends)
        await self._storage.write(lambda tx: tx.insert_challenge(challenge))
        return challenge

    async def _take_challenge(self, challenge_id: str, purpose: str) -> StoredChallenge | None:
        """End a challenge; None where it can't be answered, or no longer."""
        taken = await self._storage.write(lambda tx: tx.take_challenge(challenge_id))
        if taken is None or taken.purpose != purpose or taken.expires_at <= self._options.clock():
            return None
        return taken

    async def _find(self, response: dict[str, Any]) -> StoredPasskey | None:
        passkey_id = response.get("id")
        if not isinstance(passkey_id, str):
            return None
        return await self._storage.read(lambda reader: reader.find_passkey(passkey_id))


def _require_room(count: int) -> None:
    if count >= MAX_PASSKEYS:
        raise InvalidInput(
            _("You have {limit} passkeys already. Remove one first.").format(
                limit=number(MAX_PASSKEYS)
            )
        )


def _transports(response: dict[str, Any]) -> tuple[str, ...]:
    """How a key says that it can be reached; what no standard names is left out."""
    inner = response.get("response")
    named = inner.get("transports") if isinstance(inner, dict) else None
    if not isinstance(named, builtins.list):
        return ()
    return tuple(sorted(_TRANSPORTS & {each for each in named if isinstance(each, str)}))


def _unknown() -> WrongCredentials:
    return WrongCredentials(_("This passkey is not known here, or its user is disabled."))


def _no_passkey() -> NotFound:
    return NotFound(_("This passkey does not exist."))
