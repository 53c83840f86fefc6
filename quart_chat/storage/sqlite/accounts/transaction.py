"""What can be changed of accounts inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import UTC, datetime

import orjson

from quart_chat.accounts.models import (
    LOCAL_USER,
    CredentialKind,
    Invite,
    LinkKind,
    Revoked,
    Session,
    Token,
    User,
)
from quart_chat.accounts.security_log.events import SecurityEvent
from quart_chat.accounts.storage import USAGE_KEPT, StoredChallenge, StoredPasskey
from quart_chat.accounts.throttle.buckets import FORGET, Bucket
from quart_chat.storage.sqlite.accounts.erasure import Erasure
from quart_chat.storage.sqlite.accounts.reader import Reader
from quart_chat.storage.sqlite.accounts.rows import PASSKEY, SESSION, TOKEN, marks
from quart_chat.storage.sqlite.list_counter import MAKE_KNOWN

_TABLES = {CredentialKind.SESSION: "sessions", CredentialKind.TOKEN: "tokens"}
_LAST = datetime.max.replace(tzinfo=UTC).timestamp()
"""The last moment that is a date."""
_INVITE = "id, kind, role, created_at, expires_at, user_id, created_by"


class Transaction(Reader, Erasure):
    """Implements :class:`quart_chat.accounts.storage.AccountTransaction`."""

    def insert_user(self, user: User, name_key: str, password: str | None) -> None:
        # That of the machine has a row until it is erased, and gets none again: see may_adopt.
        self.statements.fetch(MAKE_KNOWN, (LOCAL_USER, user.created_at))
        self.make_known(user.id, user.created_at)
        self.statements.fetch(
            "INSERT INTO accounts (user_id, name, name_key, role, password, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (user.id, user.name, name_key, user.role, password, user.created_at),
        )

    def make_known(self, user_id: str, now: float) -> None:
        self.statements.fetch(
            "INSERT INTO users (id, list_seq, created_at) VALUES (?, 0, ?)"
            " ON CONFLICT (id) DO NOTHING",
            (user_id, now),
        )

    def update_user(self, user: User, name_key: str) -> None:
        self.statements.fetch(
            "UPDATE accounts SET name = ?, name_key = ?, role = ?, disabled_at = ?"
            " WHERE user_id = ?",
            (user.name, name_key, user.role, user.disabled_at, user.id),
        )

    def update_password(self, user_id: str, password: str) -> None:
        self.statements.fetch(
            "UPDATE accounts SET password = ? WHERE user_id = ?", (password, user_id)
        )

    def update_limits(self, user_id: str, limits: str) -> None:
        self.statements.fetch("UPDATE accounts SET limits = ? WHERE user_id = ?", (limits, user_id))

    def insert_session(self, session: Session, secret: str) -> None:
        self._insert("sessions", SESSION, session, secret)

    def insert_token(self, token: Token, secret: str) -> None:
        self._insert("tokens", TOKEN, token, secret)

    def _insert(self, table: str, columns: str, model: Session | Token, secret: str) -> None:
        values = (*astuple(model), secret)
        names = columns.replace(f"{table}.", "")
        self.statements.fetch(
            f"INSERT INTO {table} ({names}, secret) VALUES ({marks(values)})", values
        )

    def delete_session(self, user_id: str, session_id: str) -> bool:
        return self._delete("sessions", user_id, session_id)

    def delete_token(self, user_id: str, token_id: str) -> bool:
        return self._delete("tokens", user_id, token_id)

    def delete_passkey(self, user_id: str, passkey_id: str) -> bool:
        return self._delete("passkeys", user_id, passkey_id)

    def _delete(self, table: str, user_id: str, id_: str) -> bool:
        sql = f"DELETE FROM {table} WHERE user_id = ? AND id = ? RETURNING id"
        return bool(self.statements.fetch(sql, (user_id, id_)))

    def delete_sessions(self, user_id: str, keep: str | None) -> list[str]:
        rows = self.statements.fetch(
            "DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id", (user_id, keep or "")
        )
        return [row[0] for row in rows]

    def note_uses(self, kind: CredentialKind, uses: Mapping[str, float]) -> None:
        table = _TABLES[kind]
        for id_, used_at in uses.items():
            row = self.statements.fetch_one(
                f"UPDATE {table} SET used_at = ? WHERE id = ? AND coalesce(used_at, 0) <= ?"
                " RETURNING user_id",
                (used_at, id_, used_at),
            )
            if row is not None:
                self.statements.fetch(
                    "UPDATE accounts SET seen_at = ?"
                    " WHERE user_id = ? AND coalesce(seen_at, 0) <= ?",
                    (used_at, row[0], used_at),
                )

    def insert_invite(self, invite: Invite, secret: str) -> None:
        values = (
            invite.id,
            invite.kind,
            invite.role,
            invite.created_at,
            invite.expires_at,
            invite.user_id,
            invite.created_by,
            secret,
        )
        self.statements.fetch(
            f"INSERT INTO invites ({_INVITE}, secret) VALUES ({marks(values)})", values
        )

    def take_invite(self, secret: str) -> Invite | None:
        invite = self.find_invite(secret)
        return invite if invite is not None and self.delete_invite(invite.id) else None

    def delete_invite(self, invite_id: str) -> bool:
        sql = "DELETE FROM invites WHERE id = ? RETURNING id"
        return bool(self.statements.fetch(sql, (invite_id,)))

    def delete_links(self, kind: LinkKind, user_id: str | None = None) -> None:
        self.statements.fetch(
            "DELETE FROM invites WHERE kind = ? AND coalesce(user_id, '') = ?",
            (kind, user_id or ""),
        )

    def remember_origins(self, user_id: str, secrets: Iterable[str], now: float, most: int) -> None:
        for secret in secrets:
            self.statements.fetch(
                "INSERT INTO known_origins (user_id, secret, used_at) VALUES (?, ?, ?)"
                " ON CONFLICT (user_id, secret) DO UPDATE SET used_at = excluded.used_at",
                (user_id, secret, now),
            )
        self.statements.fetch(
            "DELETE FROM known_origins WHERE user_id = ? AND secret NOT IN (SELECT secret"
            " FROM known_origins WHERE user_id = ? ORDER BY used_at DESC, secret LIMIT ?)",
            (user_id, user_id, most),
        )

    def put_bucket(self, name: str, bucket: Bucket | None) -> None:
        if bucket is None:
            self.statements.fetch("DELETE FROM sign_in_attempts WHERE bucket = ?", (name,))
            return
        self.statements.fetch(
            "INSERT INTO sign_in_attempts (bucket, failures, free_at, last_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (bucket) DO UPDATE SET failures = excluded.failures,"
            " free_at = excluded.free_at, last_at = excluded.last_at",
            (name, bucket.failures, bucket.free_at, bucket.last_at),
        )

    def insert_external(self, provider: str, subject: str, user_id: str, now: float) -> None:
        self.statements.fetch(
            "INSERT INTO external_identities (provider, subject, user_id, created_at)"
            " VALUES (?, ?, ?, ?)",
            (provider, subject, user_id, now),
        )

    def delete_external(self, provider: str, subject: str) -> None:
        self.statements.fetch(
            "DELETE FROM external_identities WHERE provider = ? AND subject = ?",
            (provider, subject),
        )

    def insert_passkey(self, stored: StoredPasskey) -> None:
        *values, transports = astuple(stored.passkey)
        self.statements.fetch(
            f"INSERT INTO passkeys ({PASSKEY}, public_key, sign_count)"
            f" VALUES ({marks(len(values) + 3)})",
            (*values, orjson.dumps(transports).decode(), stored.public_key, stored.sign_count),
        )

    def update_passkey(self, stored: StoredPasskey) -> None:
        self.statements.fetch(
            "UPDATE passkeys SET name = ?, used_at = ?, sign_count = ? WHERE id = ?",
            (stored.passkey.name, stored.passkey.used_at, stored.sign_count, stored.passkey.id),
        )

    def delete_passkey_sessions(self, user_id: str, passkey_id: str, keep: str | None) -> list[str]:
        rows = self.statements.fetch(
            "DELETE FROM sessions WHERE user_id = ? AND passkey_id = ? AND id <> ? RETURNING id",
            (user_id, passkey_id, keep or ""),
        )
        return [row[0] for row in rows]

    def decline_passkeys(self, user_id: str, now: float) -> None:
        self.statements.fetch(
            "UPDATE accounts SET passkey_declined_at = ? WHERE user_id = ?", (now, user_id)
        )

    def insert_challenge(self, challenge: StoredChallenge) -> None:
        self.statements.fetch(
            "INSERT INTO challenges (id, purpose, challenge, user_id, expires_at)"
            " VALUES (?, ?, ?, ?, ?)",
            astuple(challenge),
        )

    def take_challenge(self, challenge_id: str) -> StoredChallenge | None:
        row = self.statements.fetch_one(
            "DELETE FROM challenges WHERE id = ?"
            " RETURNING id, purpose, challenge, user_id, expires_at",
            (challenge_id,),
        )
        return None if row is None else StoredChallenge(*row)

    def insert_event(self, event: SecurityEvent) -> None:
        self.statements.fetch(
            "INSERT INTO security_log (at, action, actor_id, subject_id, detail, address)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                event.at,
                event.action,
                event.actor_id,
                event.subject_id,
                event.detail,
                event.address,
            ),
        )

    def insert_revocation(self, revoked: Revoked, now: float, source: str) -> None:
        credential = revoked.credential
        self.statements.fetch(
            "INSERT INTO revocations (at, user_id, kind, credential_id, reason, source)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                now,
                revoked.user_id,
                credential.kind if credential else None,
                credential.id if credential else None,
                revoked.reason,
                source,
            ),
        )

    def prune(self, now: float, *, idle_since: float, log_since: float) -> None:
        for table in ("sessions", "invites", "challenges"):
            self.statements.fetch(f"DELETE FROM {table} WHERE expires_at < ?", (now,))
        self.statements.fetch("DELETE FROM sessions WHERE used_at < ?", (idle_since,))
        self.statements.fetch("DELETE FROM sign_in_attempts WHERE last_at < ?", (now - FORGET,))
        self.statements.fetch("DELETE FROM security_log WHERE at < ?", (log_since,))
        oldest = datetime.fromtimestamp(min(now, _LAST) - USAGE_KEPT, UTC).date().isoformat()
        self.statements.fetch("DELETE FROM usage WHERE day < ?", (oldest,))
        # The last one stays: numbers go on from it.
        self.statements.fetch(
            "DELETE FROM revocations WHERE at < ?"
            " AND number < (SELECT max(number) FROM revocations)",
            (now - FORGET,),
        )
