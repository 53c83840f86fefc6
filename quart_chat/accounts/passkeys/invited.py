"""Accepting an invite with a passkey alone: the new user has no password.

A passkey names its user by id (WebAuthn § 5.4.3), so the id is chosen with the challenge. A user
who loses the passkey gets a link to set a password from an administrator.
"""

from __future__ import annotations

from typing import Any

from quart_chat.accounts.changes import Change, Changes
from quart_chat.accounts.invites import Invites
from quart_chat.accounts.models import Actor, Invite, LinkKind, Origin, SignedIn, SignInMethod, User
from quart_chat.accounts.names import clean_user_name, require_free
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passkeys.adding import MAX_NAME, read_registration, store_passkey, too_late
from quart_chat.accounts.passkeys.answers import registration_options
from quart_chat.accounts.passkeys.challenges import Challenges
from quart_chat.accounts.passkeys.models import Challenge, RelyingParty
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.sign_in import SignIn
from quart_chat.accounts.storage import AccountReader, AccountStorage
from quart_chat.accounts.throttle.rates import REGISTRATIONS, registrations_of, spend
from quart_chat.accounts.users import add_user, choose_id
from quart_chat.plaintext import clean_name


class InvitedByPasskey:
    """Invites that are accepted with a passkey."""

    def __init__(
        self,
        storage: AccountStorage,
        changes: Changes,
        invites: Invites,
        sign_in: SignIn,
        options: AccountOptions,
    ) -> None:
        self._storage = storage
        self._changes = changes
        self._invites = invites
        self._sign_in = sign_in
        self._options = options
        self._challenges = Challenges(storage, options)

    async def begin(self, secret: str, name: str, browser: str, party: RelyingParty) -> Challenge:
        """Begin to accept an invite; the options are for ``navigator.credentials.create``.

        Args:
            secret: That of the link, which stays open.
            name: That of the new user.
            browser: A secret of the browser, which has to show it with its answer.
            party: This site.

        Raises:
            LinkUsed: The link can't be used, or no longer, or is no invite.
            InvalidInput: The name can't be used.
            NameTaken: Another user has it.
            SignInThrottled: There were too many attempts with this link.
        """
        invite = await self._invites.get(secret, LinkKind.INVITE)
        name, bucket = clean_user_name(name), registrations_of(invite.id)

        def choose(reader: AccountReader) -> str:
            require_free(reader, name)
            return choose_id(reader, invite.role)

        # Counted before it is told whether a name is free.
        now = self._options.clock()
        await self._storage.write(lambda tx: spend(tx, bucket, REGISTRATIONS, now))
        user = User(await self._storage.read(choose), name, invite.role, now)
        id_, challenge = await self._challenges.begin_registration(
            user.id, browser, _purpose(invite)
        )
        return Challenge(id_, await registration_options(party, user, challenge, ()))

    async def finish(
        self,
        secret: str,
        name: str,
        challenge_id: str,
        browser: str,
        passkey_name: str,
        response: dict[str, Any],
        party: RelyingParty,
        origin: Origin,
        *,
        replaces: str | None = None,
    ) -> SignedIn:
        """Make the user of an invite, with a passkey and without a password, and begin a session.

        Args:
            secret: That of the link; of several attempts at the same time exactly one wins.
            name: That of the new user.
            challenge_id: Which challenge is answered; it can't be answered again.
            browser: The secret of the browser that has asked for the challenge.
            passkey_name: What the key is called.
            response: ``PublicKeyCredential.toJSON()``.
            party: This site.
            origin: Where the request comes from.
            replaces: The secret of the browser's session until now, which ends.

        Raises:
            LinkUsed: The link can't be used, or no longer, or is no invite.
            InvalidInput: The name or the answer is not valid, or the challenge is too old or used.
            NameTaken: Another user has the name; the link stays open.
        """
        invite = await self._invites.get(secret, LinkKind.INVITE)
        name, passkey_name = clean_user_name(name), clean_name(passkey_name, MAX_NAME)
        challenge = await self._challenges.take_registration(
            challenge_id, browser, _purpose(invite)
        )
        if challenge is None or challenge.user_id is None:
            raise too_late()
        user_id = challenge.user_id
        found = await read_registration(response, challenge.challenge, party)

        def accept(change: Change) -> SignedIn:
            taken = self._invites.take(change, secret)
            add_user(change, name, taken.role, None, user_id)
            store_passkey(change, user_id, passkey_name, found, response)
            change.log(Action.LINK_USED, user_id, taken.kind)
            return self._sign_in.begin(
                change, user_id, SignInMethod.PASSKEY, origin, replaces, found.id
            )

        return await self._changes.commit(Actor(None, origin.address), accept)


def _purpose(invite: Invite) -> str:
    return f"invite {invite.id}"
