"""Rows of accounts as the models that they are in the program."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any

import orjson

from quart_chat.accounts.models import (
    Credential,
    CredentialKind,
    Invite,
    LinkKind,
    RevocationReason,
    Revoked,
    Role,
    Scope,
    Session,
    SignInMethod,
    Token,
    User,
)
from quart_chat.accounts.passkeys.models import Passkey
from quart_chat.accounts.security_log.events import Action, SecurityEvent
from quart_chat.storage.statements import Row

USER = (
    "accounts.user_id, accounts.name, accounts.role, accounts.created_at, accounts.disabled_at,"
    " accounts.password IS NOT NULL,"
    " (SELECT count(*) FROM passkeys WHERE passkeys.user_id = accounts.user_id), accounts.seen_at"
)
SESSION = ", ".join(f"sessions.{field.name}" for field in fields(Session))
TOKEN = ", ".join(f"tokens.{field.name}" for field in fields(Token))
INVITE = (
    "invites.id, invites.kind, invites.role, invites.created_at, invites.expires_at,"
    " invites.user_id, invites.created_by"
)
PASSKEY = ", ".join(field.name for field in fields(Passkey))
EVENT = (
    "number, at, action, actor_id, actors.name, subject_id, subjects.name, detail, address"
    " FROM security_log"
    " LEFT JOIN accounts AS actors ON actors.user_id = actor_id AND actors.deleted_at IS NULL"
    " LEFT JOIN accounts AS subjects"
    " ON subjects.user_id = subject_id AND subjects.deleted_at IS NULL"
)


def marks(values: Collection[Any] | int) -> str:
    """Question marks for so many values."""
    return ", ".join("?" * (values if isinstance(values, int) else len(values)))


def to_user(row: Row) -> User:
    """A row of USER."""
    id_, name, role, created_at, disabled_at, has_password, passkeys, seen_at = row
    return User(
        id_, name, Role(role), created_at, disabled_at, bool(has_password), passkeys, seen_at
    )


def to_session(row: Row) -> Session:
    """A row of SESSION."""
    id_, user_id, method, *rest = row
    return Session(id_, user_id, SignInMethod(method), *rest)


def to_token(row: Row) -> Token:
    """A row of TOKEN."""
    id_, user_id, name, scope, *rest = row
    return Token(id_, user_id, name, Scope(scope), *rest)


def to_invite(row: Row, name: str | None) -> Invite:
    """A row of INVITE, with the name of its user."""
    id_, kind, role, created_at, expires_at, user_id, created_by = row
    return Invite(
        id_, LinkKind(kind), Role(role), created_at, expires_at, user_id, name, created_by
    )


def to_passkey(row: Row) -> Passkey:
    """A row of PASSKEY."""
    id_, user_id, name, created_at, used_at, transports = row
    return Passkey(id_, user_id, name, created_at, used_at, tuple(orjson.loads(transports)))


def to_event(row: Row) -> SecurityEvent:
    """A row of EVENT."""
    number, at, action, *rest = row
    return SecurityEvent(number, at, Action(action), *rest)


def to_revoked(row: Row) -> tuple[int, Revoked]:
    """A row of a revocation, with its number."""
    number, user_id, kind, credential_id, reason = row
    credential = Credential(CredentialKind(kind), credential_id) if kind else None
    return number, Revoked(user_id, credential, RevocationReason(reason))
