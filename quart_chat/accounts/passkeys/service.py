"""Adding passkeys, signing in with them, and removing them."""

from __future__ import annotations

import builtins
from dataclasses import replace
from typing import Any

from quart_chat.accounts.changes import Change, Changes, read_user
from quart_chat.accounts.models import (
    Actor,
    Origin,
    SignedIn,
    SignInMethod,
)
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passkeys.adding import (
    MAX_NAME,
    read_registration,
    require_room,
    store_passkey,
    too_late,
)
from quart_chat.accounts.passkeys.answers import (
    InvalidAnswer,
    check_sign_in,
    registration_options,
    sign_in_options,
)
from quart_chat.accounts.passkeys.challenges import Challenges
from quart_chat.accounts.passkeys.models import Challenge, Passkey, RelyingParty
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.sign_in import SignIn
from quart_chat.accounts.storage import AccountReader, AccountStorage, StoredPasskey
from quart_chat.accounts.throttle.rates import FAILURES, failures_of, spend
from quart_chat.errors import LastWayIn, NotFound, WrongCredentials
from quart_chat.plaintext import clean_name
from quart_chat.texts import _


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
        self._challenges = Challenges(storage, options)

    async def list(self, user_id: str) -> builtins.list[Passkey]:
        """Read a user's passkeys, the newest first."""
        return await self._storage.read(lambda reader: reader.select_passkeys(user_id))

    async def offers(self, user_id: str) -> bool:
        """Whether to offer a first passkey to a user who signs in with a password."""

        def read(reader: AccountReader) -> bool:
            user = reader.select_user(user_id)
            if user is None or not user.has_password or user.passkeys:
                return False
            return not reader.has_declined_passkeys(user_id)

        return await self._storage.read(read)

    async def decline(self, actor: Actor) -> None:
        """Never offer a passkey to the actor again."""
        if (user_id := actor.user_id) is not None:
            await self._changes.commit(
                actor, lambda change: change.tx.decline_passkeys(user_id, change.now)
            )

    async def begin_registration(
        self, user_id: str, browser: str, party: RelyingParty
    ) -> Challenge:
        """Begin to add a passkey; the options are for ``navigator.credentials.create``.

        Args:
            user_id: Who adds it.
            browser: A secret of the browser, which has to show it with its answer.
            party: This site.

        Raises:
            InvalidInput: The user has as many as there may be.
        """
        user, known = await read_user(self._storage, user_id), await self.list(user_id)
        require_room(len(known))
        id_, challenge = await self._challenges.begin_registration(user_id, browser)
        return Challenge(id_, await registration_options(party, user, challenge, known))

    async def finish_registration(
        self,
        actor: Actor,
        challenge_id: str,
        browser: str,
        name: str,
        response: dict[str, Any],
        party: RelyingParty,
    ) -> Passkey:
        """Add a passkey to the actor's own.

        Args:
            actor: The user that the challenge was made for.
            challenge_id: Which challenge is answered; it can't be answered again.
            browser: The secret of the browser that has asked for the challenge.
            name: What the user calls the key.
            response: ``PublicKeyCredential.toJSON()``.
            party: This site.

        Raises:
            InvalidInput: The answer is not valid, or the challenge is too old or used.
        """
        name = clean_name(name, MAX_NAME)
        challenge = await self._challenges.take_registration(challenge_id, browser)
        if challenge is None or actor.user_id is None or challenge.user_id != actor.user_id:
            raise too_late()
        found = await read_registration(response, challenge.challenge, party)
        user_id = actor.user_id

        def add(change: Change) -> Passkey:
            change.user(user_id)
            return store_passkey(change, user_id, name, found, response)

        return await self._changes.commit(actor, add)

    async def begin_sign_in(self, browser: str, party: RelyingParty) -> Challenge:
        """Begin a sign-in by any passkey; the options are for ``navigator.credentials.get``.

        Nothing is stored, so strangers may begin any number.
        """
        id_, challenge = await self._challenges.begin_sign_in(browser)
        return Challenge(id_, await sign_in_options(party, challenge))

    async def finish_sign_in(
        self,
        challenge_id: str,
        browser: str,
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
        challenge = await self._challenges.find_sign_in(challenge_id, browser)
        known = None if challenge is None else await self._find(response)
        if challenge is None or known is None:
            raise _unknown()
        try:
            sign_count = await check_sign_in(response, challenge, party, known)
        except InvalidAnswer as error:
            self._log_failure(known.passkey, origin)
            raise _unknown() from error
        passkey_id, user_id = known.passkey.id, known.passkey.user_id

        def begin(change: Change) -> SignedIn:
            # It may have been removed, or have answered another challenge, in the meantime.
            stored = change.tx.find_passkey(passkey_id)
            if stored is None or stored.sign_count != known.sign_count:
                raise _unknown()
            if not self._challenges.answer_sign_in(change.tx, challenge_id, browser):
                raise _unknown()
            used = replace(stored.passkey, used_at=change.now)
            change.tx.update_passkey(StoredPasskey(used, stored.public_key, sign_count))
            return self._sign_in.begin(
                change, user_id, SignInMethod.PASSKEY, origin, replaces, passkey_id
            )

        try:
            return await self._changes.commit(Actor(user_id, origin.address), begin)
        except WrongCredentials as error:
            raise _unknown() from error

    def _log_failure(self, passkey: Passkey, origin: Origin) -> None:
        """Log an answer that was not valid, such as one of a copy of the key.

        A stranger who knows the id of a passkey can send such answers, so not all are logged.
        """

        def log(change: Change) -> None:
            spend(change.tx, failures_of(passkey.id), FAILURES, change.now)
            detail = f"{SignInMethod.PASSKEY}:{passkey.name}"
            change.log(Action.SIGN_IN_FAILED, passkey.user_id, detail)

        self._changes.begin(Actor(None, origin.address), log)

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

    async def remove(
        self,
        actor: Actor,
        user_id: str,
        passkey_id: str,
        *,
        keep: str | None = None,
        even_last: bool = False,
    ) -> None:
        """Remove a passkey, and end the sessions that began with it.

        Args:
            actor: Who removes it.
            user_id: Whose it is.
            passkey_id: Which one.
            keep: The id of a session that goes on.
            even_last: Whether to remove the only passkey of a user without a password.

        Raises:
            NotFound: The user has no such passkey.
            Forbidden: It is another user's, and the actor no enabled administrator.
            LastWayIn: The user could not sign in with a password or a passkey any more.
        """

        def remove(change: Change) -> None:
            change.require_admin_or(user_id)
            names = {key.id: key.name for key in change.tx.select_passkeys(user_id)}
            if passkey_id not in names:
                raise _no_passkey()
            if len(names) == 1 and not even_last and not change.user(user_id).has_password:
                raise LastWayIn(_("You have no password and no other passkey."))
            change.tx.delete_passkey(user_id, passkey_id)
            for session_id in change.tx.delete_passkey_sessions(user_id, passkey_id, keep):
                change.revoke_session(user_id, session_id)
            change.log(Action.PASSKEY_REMOVED, user_id, names[passkey_id])

        await self._changes.commit(actor, remove)

    async def _find(self, response: dict[str, Any]) -> StoredPasskey | None:
        passkey_id = response.get("id")
        if not isinstance(passkey_id, str):
            return None
        return await self._storage.read(lambda reader: reader.find_passkey(passkey_id))


def _unknown() -> WrongCredentials:
    return WrongCredentials(_("This passkey is not known here, or its user is disabled."))


def _no_passkey() -> NotFound:
    return NotFound(_("This passkey does not exist."))
