"""What the accounts ask of a store, whatever engine keeps it.

A piece of work is a synchronous function that runs in one transaction; see
:mod:`quart_chat.chat.storage`. Secrets are given as their digests. The features decide what has
expired and who may do what; the store decides nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from quart_chat.accounts.models import (
    CredentialKind,
    ExternalIdentity,
    Invite,
    LinkKind,
    Revoked,
    Session,
    Token,
    User,
)
from quart_chat.accounts.passkeys.models import Passkey
from quart_chat.accounts.security_log.events import Action, SecurityEvent
from quart_chat.accounts.throttle.buckets import Bucket

T = TypeVar("T")

USAGE_KEPT = 400 * 24 * 60 * 60.0
"""Seconds for which it is kept what users have used."""


@dataclass(frozen=True, slots=True)
class StoredPasskey:
    """A passkey with what its answers are checked by.

    Attributes:
        public_key: In base64url.
        sign_count: What the key has counted so far; 0 where it does not count.
    """

    passkey: Passkey
    public_key: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class StoredChallenge:
    """A challenge of WebAuthn, or an authorization request, that waits for its answer.

    Attributes:
        id: The digest of the id that the browser was given and the browser's own secret.
        purpose: A challenge can't be answered for another one.
        challenge: In base64url.
        user_id: Whose it is; None for a sign-in.
    """

    id: str
    purpose: str
    challenge: str
    user_id: str | None
    expires_at: float


class AccountReader(Protocol):
    """Reads accounts as of one moment. A user who is deleted is not there."""

    def select_users(self) -> list[User]:
        """Read all users, in the order of their names without case."""
        ...

    def select_user(self, user_id: str) -> User | None: ...

    def may_adopt(self, user_id: str) -> bool:
        """Whether a new account may take an id, with all that is stored for it.

        It may not where an account has the id, or had it and was erased.
        """
        ...

    def find_user(self, name_key: str) -> User | None:
        """Find a user by the name without case."""
        ...

    def select_password(self, user_id: str) -> str | None:
        """Read the hash of a user's password."""
        ...

    def select_limits(self, user_id: str) -> str:
        """Read the limits that an administrator has set for a user; see quart_chat/limits.py."""
        ...

    def count_admins(self, besides: str = "") -> int:
        """Count the enabled administrators but the one with this id."""
        ...

    def find_session(self, secret: str) -> tuple[Session, User] | None: ...

    def select_sessions(self, user_id: str) -> list[Session]:
        """Read a user's sessions, the latest use first."""
        ...

    def find_token(self, secret: str) -> tuple[Token, User] | None: ...

    def select_tokens(self, user_id: str) -> list[Token]:
        """Read a user's tokens, the newest first."""
        ...

    def find_invite(self, secret: str) -> Invite | None: ...

    def select_invites(self) -> list[Invite]:
        """Read all links, the newest first."""
        ...

    def find_origins(self, user_id: str, secrets: Collection[str]) -> set[str]:
        """Find those of some secrets that the user has signed in with before."""
        ...

    def select_buckets(self, names: Collection[str]) -> dict[str, Bucket]:
        """Read the attempts in buckets; one that is empty is left out."""
        ...

    def find_external(self, provider: str, subject: str) -> str | None:
        """Find the id of the user that a provider calls so."""
        ...

    def select_externals(self, user_id: str) -> list[ExternalIdentity]:
        """Read what other servers call a user, the oldest first."""
        ...

    def select_passkeys(self, user_id: str) -> list[Passkey]:
        """Read a user's passkeys, the newest first."""
        ...

    def find_passkey(self, passkey_id: str) -> StoredPasskey | None: ...

    def find_challenge(self, challenge_id: str) -> StoredChallenge | None: ...

    def has_declined_passkeys(self, user_id: str) -> bool:
        """Whether the user wants to be offered no passkey."""
        ...

    def select_events(
        self,
        before: int | None,
        limit: int,
        user_id: str | None,
        actions: Collection[Action] | None = None,
    ) -> list[SecurityEvent]:
        """Read the security log, the latest first; see :meth:`SecurityLog.page`."""
        ...

    def last_revocation(self) -> int:
        """Read the number of the latest revocation; 0 before the first."""
        ...

    def select_revocations(self, after: int, besides: str) -> list[tuple[int, Revoked]]:
        """Read the revocations of other sources that follow a number, in their order."""
        ...

    def select_deleted(self) -> list[str]:
        """Read the ids of the deleted users whose rows are not erased yet."""
        ...

    def select_document_ids(self, user_id: str) -> list[str]:
        """Read the ids of all documents of a user, deleted or not."""
        ...


class AccountTransaction(AccountReader, Protocol):
    """Reads and changes accounts. What deletes something returns whether it was there."""

    def insert_user(self, user: User, name_key: str, password: str | None) -> None: ...

    def make_known(self, user_id: str, now: float) -> None:
        """Have chats and documents stored for a user, with or without an account."""
        ...

    def update_user(self, user: User, name_key: str) -> None:
        """Store the name, the role, and whether the user is disabled."""
        ...

    def update_password(self, user_id: str, password: str) -> None: ...

    def update_limits(self, user_id: str, limits: str) -> None: ...

    def delete_user(self, user_id: str, now: float) -> None:
        """Delete a user with all that lets in; ``erase_some`` erases the rest."""
        ...

    def erase_some(self, user_id: str) -> bool:
        """Erase some of what a deleted user has left; whether there may be more.

        Few enough rows that no other transaction waits long.
        """
        ...

    def insert_session(self, session: Session, secret: str) -> None: ...

    def delete_session(self, user_id: str, session_id: str) -> bool: ...

    def delete_sessions(self, user_id: str, keep: str | None) -> list[str]:
        """Delete a user's sessions but one, and return their ids."""
        ...

    def insert_token(self, token: Token, secret: str) -> None: ...

    def delete_token(self, user_id: str, token_id: str) -> bool: ...

    def note_uses(self, kind: CredentialKind, uses: Mapping[str, float]) -> None:
        """Store the last use of sessions or tokens by their ids, and of their users."""
        ...

    def insert_invite(self, invite: Invite, secret: str) -> None: ...

    def take_invite(self, secret: str) -> Invite | None:
        """Delete the link of a secret, and return what it was: of several callers, to one."""
        ...

    def delete_invite(self, invite_id: str) -> bool: ...

    def delete_links(self, kind: LinkKind, user_id: str | None = None) -> None:
        """Delete all links of a kind: those of a user, or those of no user."""
        ...

    def remember_origins(self, user_id: str, secrets: Iterable[str], now: float, most: int) -> None:
        """Store what a user has signed in with, and forget all but the latest ``most``."""
        ...

    def put_bucket(self, name: str, bucket: Bucket | None) -> None:
        """Store the attempts in a bucket, or that it is empty."""
        ...

    def insert_external(self, provider: str, subject: str, user_id: str, now: float) -> None: ...

    def delete_external(self, provider: str, subject: str) -> None: ...

    def insert_passkey(self, stored: StoredPasskey) -> None: ...

    def update_passkey(self, stored: StoredPasskey) -> None:
        """Store the name, the count and the last use."""
        ...

    def delete_passkey(self, user_id: str, passkey_id: str) -> bool: ...

    def delete_passkey_sessions(self, user_id: str, passkey_id: str, keep: str | None) -> list[str]:
        """Delete the sessions that began with a passkey but one, and return their ids."""
        ...

    def decline_passkeys(self, user_id: str, now: float) -> None:
        """Store that the user wants to be offered no passkey."""
        ...

    def insert_challenge(self, challenge: StoredChallenge) -> None: ...

    def take_challenge(self, challenge_id: str) -> StoredChallenge | None:
        """Delete a challenge, and return what it was: of several callers, to one."""
        ...

    def insert_event(self, event: SecurityEvent) -> None:
        """Add a line to the security log, which numbers it."""
        ...

    def insert_revocation(self, revoked: Revoked, now: float, source: str) -> None:
        """Store a revocation, and which process has told it."""
        ...

    def prune(self, now: float, *, idle_since: float, log_since: float) -> None:
        """Delete what is too old to be of use: what has ended, and old lines of the log."""
        ...


class AccountStorage(Protocol):
    """Runs work on the accounts of all users.

    Both raise DatabaseUnavailable where the store can't be used, with the reason.
    """

    async def read(self, work: Callable[[AccountReader], T]) -> T:
        """Read as of one moment."""
        ...

    async def write(
        self,
        change: Callable[[AccountTransaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        """Run ``change`` as a transaction, then ``committed`` before that of any later one.

        Changes that wait at the same time may be committed together, and tried again if that fails.
        So ``change`` changes nothing but the store, and needs nothing that the ``committed`` of
        another does.
        """
        ...
