"""Users that another server vouches for, by the name that it has for them."""

from __future__ import annotations

from dataclasses import replace

from quart_chat.accounts.changes import Change, Changes
from quart_chat.accounts.credentials.identification import Identification
from quart_chat.accounts.models import (
    Actor,
    Credential,
    CredentialKind,
    Identity,
    RevocationReason,
    Role,
    User,
)
from quart_chat.accounts.names import MAX_NAME, clean_user_name, free_name, name_key
from quart_chat.accounts.secret import digest
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.storage import AccountReader
from quart_chat.accounts.users import add_user
from quart_chat.plaintext import clean


class External:
    """Recognises users by what another server says with each request."""

    def __init__(self, changes: Changes, identification: Identification) -> None:
        self._changes = changes
        self._identification = identification

    async def identify(
        self, provider: str, subject: str, name: str, *, role: Role
    ) -> Identity | None:
        """See :meth:`AccountService.identify_external`."""
        provider, subject = clean(provider), clean(subject)
        # A user who is named with another role is recognised anew.
        key = digest(f"{role}\n{provider}\n{subject}")
        is_disabled = False

        def find(reader: AccountReader, _key: str, _now: float) -> Identity | None:
            nonlocal is_disabled
            user_id = reader.find_external(provider, subject)
            user = reader.select_user(user_id) if user_id else None
            is_disabled = user is not None and not user.is_enabled
            return _identity(user) if user and user.role is role else None

        def settle(change: Change) -> Identity | None:
            user = find_or_add(change, provider, subject, name, role)
            settle_role(change, user, role)
            return _identity(change.user(user.id))

        identity = await self._identification.identify(key, find)
        if identity is not None or is_disabled:
            return identity  # a disabled user gets a new role once enabled again
        return await self._changes.commit(Actor(None), settle)


def find_or_add(change: Change, provider: str, subject: str, name: str, role: Role) -> User:
    """The user that a provider calls so, added if need be.

    Raises:
        InvalidInput: The name of a new user can't be used.
    """
    user_id = change.tx.find_external(provider, subject)
    if user_id is not None:
        return change.user(user_id)
    user = add_user(change, free_name(change.tx, clean_user_name(name[:MAX_NAME])), role, None)
    change.tx.insert_external(provider, subject, user.id, change.now)
    return user


def settle_role(change: Change, user: User, role: Role) -> None:
    """Give a user the role that another server names, even the last administrator."""
    if user.role is not role:
        change.tx.update_user(replace(user, role=role), name_key(user.name))
        change.revoke(user.id, RevocationReason.ROLE_CHANGED)
        change.log(Action.ROLE_CHANGED, user.id, role)


def end_access(change: Change, user_id: str) -> None:
    """End the sessions and tokens of a user that another server no longer vouches for."""
    sessions = change.tx.delete_sessions(user_id, None)
    for session_id in sessions:
        change.revoke_session(user_id, session_id)
    if sessions:
        change.log(Action.SESSIONS_REVOKED, user_id, str(len(sessions)))
    for token in change.tx.select_tokens(user_id):
        change.tx.delete_token(user_id, token.id)
        credential = Credential(CredentialKind.TOKEN, token.id)
        change.revoke(user_id, RevocationReason.REVOKED, credential)
        change.log(Action.TOKEN_REVOKED, user_id, token.name)


def _identity(user: User) -> Identity | None:
    if not user.is_enabled:
        return None
    return Identity(user.id, user.name, user.role, Credential(CredentialKind.EXTERNAL, user.id))
