"""All that can be read of accounts at one moment."""

from __future__ import annotations

from collections.abc import Collection

from quart_chat.accounts.models import ExternalIdentity, Invite, Revoked, Session, Token, User
from quart_chat.accounts.passkeys.models import Passkey
from quart_chat.accounts.security_log.events import Action, SecurityEvent
from quart_chat.accounts.storage import StoredChallenge, StoredPasskey
from quart_chat.accounts.throttle.buckets import Bucket
from quart_chat.storage.sqlite.accounts.rows import (
    EVENT,
    INVITE,
    PASSKEY,
    SESSION,
    TOKEN,
    USER,
    marks,
    to_event,
    to_invite,
    to_passkey,
    to_revoked,
    to_session,
    to_token,
    to_user,
)
from quart_chat.storage.sqlite.reads import Reads

_USERS = f"SELECT {USER} FROM accounts WHERE deleted_at IS NULL"
_SESSIONS = f"SELECT {SESSION} FROM sessions"
_FIND_SESSION = (
    f"SELECT {SESSION}, {USER} FROM sessions JOIN accounts ON accounts.user_id = sessions.user_id"
    " WHERE secret = ? AND deleted_at IS NULL"
)
_FIND_TOKEN = (
    f"SELECT {TOKEN}, {USER} FROM tokens JOIN accounts ON accounts.user_id = tokens.user_id"
    " WHERE secret = ? AND deleted_at IS NULL"
)
_INVITES = (
    f"SELECT {INVITE}, accounts.name FROM invites"
    " LEFT JOIN accounts ON accounts.user_id = invites.user_id"
)
_SESSION_LENGTH = SESSION.count(",") + 1
_TOKEN_LENGTH = TOKEN.count(",") + 1


class Reader(Reads):
    """Implements :class:`quart_chat.accounts.storage.AccountReader`."""

    def select_users(self) -> list[User]:
        return [to_user(row) for row in self.statements.fetch(f"{_USERS} ORDER BY name_key")]

    def select_user(self, user_id: str) -> User | None:
        return self._user("user_id = ?", user_id)

    def may_adopt(self, user_id: str) -> bool:
        # Of an account that was erased no row is left, while others have one.
        sql = (
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE user_id = ?)"
            " AND (EXISTS (SELECT 1 FROM users WHERE id = ?)"
            " OR NOT EXISTS (SELECT 1 FROM accounts))"
        )
        return self.statements.fetch_one(sql, (user_id, user_id)) is not None

    def find_user(self, name_key: str) -> User | None:
        return self._user("name_key = ?", name_key)

    def _user(self, condition: str, value: str) -> User | None:
        row = self.statements.fetch_one(f"{_USERS} AND {condition}", (value,))
        return None if row is None else to_user(row)

    def select_password(self, user_id: str) -> str | None:
        row = self.statements.fetch_one(
            "SELECT password FROM accounts WHERE user_id = ?", (user_id,)
        )
        return None if row is None else row[0]

    def select_limits(self, user_id: str) -> str:
        row = self.statements.fetch_one("SELECT limits FROM accounts WHERE user_id = ?", (user_id,))
        return "" if row is None else row[0]

    def count_admins(self, besides: str = "") -> int:
        row = self.statements.fetch_one(
            "SELECT count(*) FROM accounts WHERE role = 'admin' AND disabled_at IS NULL"
            " AND deleted_at IS NULL AND user_id <> ?",
            (besides,),
        )
        return int(row[0]) if row else 0

    def find_session(self, secret: str) -> tuple[Session, User] | None:
        row = self.statements.fetch_one(_FIND_SESSION, (secret,))
        if row is None:
            return None
        return to_session(row[:_SESSION_LENGTH]), to_user(row[_SESSION_LENGTH:])

    def select_sessions(self, user_id: str) -> list[Session]:
        rows = self.statements.fetch(
            f"{_SESSIONS} WHERE user_id = ? ORDER BY used_at DESC, id", (user_id,)
        )
        return [to_session(row) for row in rows]

    def find_token(self, secret: str) -> tuple[Token, User] | None:
        row = self.statements.fetch_one(_FIND_TOKEN, (secret,))
        if row is None:
            return None
        return to_token(row[:_TOKEN_LENGTH]), to_user(row[_TOKEN_LENGTH:])

    def select_tokens(self, user_id: str) -> list[Token]:
        rows = self.statements.fetch(
            f"SELECT {TOKEN} FROM tokens WHERE user_id = ? ORDER BY created_at DESC, id", (user_id,)
        )
        return [to_token(row) for row in rows]

    def find_invite(self, secret: str) -> Invite | None:
        row = self.statements.fetch_one(f"{_INVITES} WHERE secret = ?", (secret,))
        return None if row is None else to_invite(row[:-1], row[-1])

    def select_invites(self) -> list[Invite]:
        rows = self.statements.fetch(f"{_INVITES} ORDER BY invites.created_at DESC, id")
        return [to_invite(row[:-1], row[-1]) for row in rows]

    def find_origins(self, user_id: str, secrets: Collection[str]) -> set[str]:
        rows = self.statements.fetch(
            f"SELECT secret FROM known_origins WHERE user_id = ? AND secret IN ({marks(secrets)})",
            (user_id, *secrets),
        )
        return {row[0] for row in rows}

    def select_buckets(self, names: Collection[str]) -> dict[str, Bucket]:
        rows = self.statements.fetch(
            "SELECT bucket, failures, free_at, last_at FROM sign_in_attempts"
            f" WHERE bucket IN ({marks(names)})",
            tuple(names),
        )
        return {name: Bucket(*rest) for name, *rest in rows}

    def find_external(self, provider: str, subject: str) -> str | None:
        row = self.statements.fetch_one(
            "SELECT user_id FROM external_identities WHERE provider = ? AND subject = ?",
            (provider, subject),
        )
        return None if row is None else row[0]

    def select_externals(self, user_id: str) -> list[ExternalIdentity]:
        rows = self.statements.fetch(
            "SELECT provider, subject, user_id, created_at FROM external_identities"
            " WHERE user_id = ? ORDER BY created_at, provider, subject",
            (user_id,),
        )
        return [ExternalIdentity(*row) for row in rows]

    def select_passkeys(self, user_id: str) -> list[Passkey]:
        rows = self.statements.fetch(
            f"SELECT {PASSKEY} FROM passkeys WHERE user_id = ? ORDER BY created_at DESC, id",
            (user_id,),
        )
        return [to_passkey(row) for row in rows]

    def find_passkey(self, passkey_id: str) -> StoredPasskey | None:
        row = self.statements.fetch_one(
            f"SELECT {PASSKEY}, public_key, sign_count FROM passkeys WHERE id = ?", (passkey_id,)
        )
        return None if row is None else StoredPasskey(to_passkey(row[:-2]), *row[-2:])

    def find_challenge(self, challenge_id: str) -> StoredChallenge | None:
        row = self.statements.fetch_one(
            "SELECT id, purpose, challenge, user_id, expires_at FROM challenges WHERE id = ?",
            (challenge_id,),
        )
        return None if row is None else StoredChallenge(*row)

    def has_declined_passkeys(self, user_id: str) -> bool:
        row = self.statements.fetch_one(
            "SELECT 1 FROM accounts WHERE user_id = ? AND passkey_declined_at IS NOT NULL",
            (user_id,),
        )
        return row is not None

    def select_events(
        self,
        before: int | None,
        limit: int,
        user_id: str | None,
        actions: Collection[Action] | None = None,
    ) -> list[SecurityEvent]:
        conditions: list[str] = ["1 = 1"]
        values: list[int | str] = []
        if before is not None:
            conditions.append("number < ?")
            values.append(before)
        if user_id is not None:
            conditions.append("(actor_id = ? OR subject_id = ?)")
            values += [user_id, user_id]
        if actions is not None:
            # PostgreSQL takes no empty list.
            conditions.append(f"action IN ({marks(actions)})" if actions else "1 = 0")
            values += actions
        rows = self.statements.fetch(
            f"SELECT {EVENT} WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT ?",
            (*values, limit),
        )
        return [to_event(row) for row in rows]

    def last_revocation(self) -> int:
        row = self.statements.fetch_one("SELECT max(number) FROM revocations")
        return int(row[0] or 0) if row else 0

    def select_revocations(self, after: int, besides: str) -> list[tuple[int, Revoked]]:
        rows = self.statements.fetch(
            "SELECT number, user_id, kind, credential_id, reason FROM revocations"
            " WHERE number > ? AND source <> ? ORDER BY number",
            (after, besides),
        )
        return [to_revoked(row) for row in rows]

    def select_deleted(self) -> list[str]:
        rows = self.statements.fetch("SELECT user_id FROM accounts WHERE deleted_at IS NOT NULL")
        return [row[0] for row in rows]

    def select_document_ids(self, user_id: str) -> list[str]:
        rows = self.statements.fetch("SELECT id FROM documents WHERE user_id = ?", (user_id,))
        return [row[0] for row in rows]
