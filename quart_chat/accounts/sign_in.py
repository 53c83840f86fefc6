"""Signing in and out."""

from __future__ import annotations

from functools import partial

from quart_chat.accounts.changes import Change, Changes
from quart_chat.accounts.external.users import end_access, find_or_add, settle_role
from quart_chat.accounts.models import (
    Actor,
    CredentialKind,
    Origin,
    RevocationReason,
    Role,
    Session,
    SignedIn,
    SignInMethod,
    User,
)
from quart_chat.accounts.names import name_key
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.accounts.passwords.service import normal_form
from quart_chat.accounts.secret import digest, is_secret, new_id, new_secret
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.throttle.attempts import Attempt, Attempts
from quart_chat.accounts.throttle.buckets import known_names
from quart_chat.errors import TooManyRequests, WrongCredentials
from quart_chat.plaintext import clean, one_line
from quart_chat.texts import _

_MAX_USER_AGENT = 300
_MAX_ADDRESS = 100
"""Characters that are stored."""


class SignIn:
    """Begins and ends sessions."""

    def __init__(
        self, changes: Changes, hasher: Hasher, attempts: Attempts, options: AccountOptions
    ) -> None:
        self._changes = changes
        self._hasher = hasher
        self._attempts = attempts
        self._options = options

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
        attempt = await self._attempts.begin(name_key(name), origin)
        password = normal_form(password)
        if not await self._verify(password, attempt) or attempt.user is None:
            self._log_failure(attempt, origin)
            raise _wrong()
        user, rehashed = attempt.user, None
        if attempt.password and self._hasher.is_outdated(attempt.password):
            rehashed = await self._hasher.hash(password)

        def begin(change: Change) -> SignedIn:
            # It may have changed while the hash was made.
            if change.tx.select_password(user.id) != attempt.password:
                raise _wrong()
            self._attempts.take_back(change.tx, attempt)
            if rehashed is not None:
                change.tx.update_password(user.id, rehashed)
            return self.begin(change, user.id, SignInMethod.PASSWORD, origin, replaces)

        return await self._changes.commit(Actor(user.id, origin.address), begin)

    async def _verify(self, password: str, attempt: Attempt) -> bool:
        try:
            return await self._hasher.verify(password, attempt.password)
        except TooManyRequests:
            # It says nothing about the password.
            await self._changes.commit(
                Actor(None),
                lambda change: self._attempts.take_back(change.tx, attempt, was_right=False),
            )
            raise

    def _log_failure(self, attempt: Attempt, origin: Origin) -> None:
        """Log a wrong password, after the answer: the log has no line for unknown names.

        What was typed as the name may be a password, and is not kept.
        """
        if attempt.user is not None:
            user_id = attempt.user.id
            self._changes.begin(
                Actor(None, origin.address),
                lambda change: change.log(Action.SIGN_IN_FAILED, user_id),
            )

    async def with_external(
        self,
        provider: str,
        subject: str,
        name: str,
        origin: Origin,
        *,
        create: bool,
        role: Role | None = None,
        replaces: str | None = None,
    ) -> SignedIn:
        """Begin a session for a user that another server vouches for.

        Args:
            provider: That server, such as the issuer of OpenID Connect, or ``proxy``.
            subject: What it calls the user, for good.
            name: The name of a user that is made.
            origin: Where the attempt comes from.
            create: Whether to make a user who is not known yet, with a number after the name where
                it is taken.
            role: What the user may do, whatever the store says; None where that server does not
                decide it, so that a user who is made becomes no administrator.
            replaces: The secret of the browser's session until now, which ends.

        Raises:
            WrongCredentials: The user is not known, or disabled.
            InvalidInput: The name of a new user can't be used.
        """
        provider, subject = clean(provider), clean(subject)

        def begin(change: Change) -> SignedIn:
            user_id = change.tx.find_external(provider, subject)
            if user_id is None and create:
                user_id = find_or_add(change, provider, subject, name, role or Role.USER).id
            if user_id is not None and role is not None:
                settle_role(change, change.user(user_id), role)
            return self.begin(change, user_id or "", SignInMethod.EXTERNAL, origin, replaces)

        return await self._changes.commit(Actor(None, origin.address), begin)

    async def refuse_external(self, provider: str, subject: str, origin: Origin) -> None:
        """End the sessions and tokens of a user who may not come in any more, if one is known."""
        provider, subject = clean(provider), clean(subject)

        def refuse(change: Change) -> None:
            user_id = change.tx.find_external(provider, subject)
            if user_id is not None:
                change.log(Action.SIGN_IN_FAILED, user_id, SignInMethod.EXTERNAL)
                end_access(change, user_id)

        await self._changes.commit(Actor(None, origin.address), refuse)

    def begin(
        self,
        change: Change,
        user_id: str,
        method: SignInMethod,
        origin: Origin,
        replaces: str | None,
        passkey_id: str | None = None,
    ) -> SignedIn:
        """Begin a session within a change.

        Raises:
            WrongCredentials: The user is disabled, or gone.
        """
        user = change.tx.select_user(user_id)
        if user is None or not user.is_enabled:
            raise _wrong()
        end_session(change, replaces, RevocationReason.SIGNED_OUT, user.id)
        secret, device = new_secret(), _device_of(change, user, origin)
        session = Session(
            id=new_id(),
            user_id=user.id,
            method=method,
            created_at=change.now,
            used_at=change.now,
            expires_at=change.now + self._options.session_lifetime,
            user_agent=one_line(origin.user_agent)[:_MAX_USER_AGENT],
            address=clean(origin.address)[:_MAX_ADDRESS],
            passkey_id=passkey_id,
        )
        change.tx.insert_session(session, digest(secret))
        change.tx.note_uses(CredentialKind.SESSION, {session.id: change.now})
        self._attempts.remember(change.tx, user.id, origin, device, change.now)
        change.actor = Actor(user.id, origin.address)
        change.log(Action.SIGNED_IN, user.id, method)
        return SignedIn(user, session, secret, device)

    async def sign_out(self, secret: str, address: str = "") -> None:
        """End the session of a secret; one that has ended is left so."""
        if is_secret(secret):
            end = partial(end_session, secret=secret, reason=RevocationReason.SIGNED_OUT)
            await self._changes.commit(Actor(None, address), end)


def end_session(
    change: Change, secret: str | None, reason: RevocationReason, successor: str | None = None
) -> None:
    """End the session of a secret, if there is one.

    Args:
        change: The change that it is a part of.
        secret: What the browser has sent.
        reason: Why.
        successor: The user who signs in instead; nothing is logged for the same one.
    """
    found = change.tx.find_session(digest(secret)) if secret and is_secret(secret) else None
    if found is None:
        return
    session, user = found
    change.tx.delete_session(user.id, session.id)
    change.revoke_session(user.id, session.id, reason)
    if successor != user.id:
        actor, change.actor = change.actor, Actor(user.id, change.actor.address)
        change.log(Action.SIGNED_OUT, user.id)
        change.actor = actor


def _device_of(change: Change, user: User, origin: Origin) -> str:
    """The secret of a browser that the user has signed in with, or a new one."""
    _address, device = known_names(user.id, origin)
    if origin.device and device and change.tx.find_origins(user.id, [device]):
        return origin.device
    return new_secret()


def _wrong() -> WrongCredentials:
    return WrongCredentials(_("The name or the password is wrong."))
