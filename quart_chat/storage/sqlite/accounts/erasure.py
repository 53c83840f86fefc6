"""Erasing what a deleted user has left, in small transactions."""

from __future__ import annotations

from quart_chat.storage.sqlite.reads import Reads

AT_ONCE = 200
"""Rows that one transaction deletes of a document."""

CHATS_AT_ONCE = 10
"""Chats that one transaction deletes."""

_OF_WORKFLOW = ("messages", "logs", "rounds", "shares", "queued_prompts")
_OF_DOCUMENT = ("document_passages", "document_words")
_OF_USER = (
    "sessions",
    "tokens",
    "invites",
    "known_origins",
    "external_identities",
    "passkeys",
    "preferences",
    "usage",
    "prompt_times",
)
_LETS_IN = _OF_USER[: _OF_USER.index("preferences")]


class Erasure(Reads):
    """Implements what :class:`quart_chat.accounts.storage.AccountTransaction` has for it."""

    def delete_user(self, user_id: str, now: float) -> None:
        for table in _LETS_IN:
            self.statements.fetch(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))
        self.statements.fetch("DELETE FROM challenges WHERE user_id = ?", (user_id,))
        self.statements.fetch(
            "UPDATE accounts SET name = '', name_key = NULL, password = NULL, deleted_at = ?"
            " WHERE user_id = ?",
            (now, user_id),
        )

    def erase_some(self, user_id: str) -> bool:
        if self._erase_chats(user_id) or self._erase_documents(user_id):
            return True
        for table in (*_OF_USER, "accounts"):
            self.statements.fetch(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))
        self.statements.fetch("DELETE FROM users WHERE id = ?", (user_id,))
        return False

    def _erase_chats(self, user_id: str) -> bool:
        rows = self.statements.fetch(
            f"SELECT id FROM workflows WHERE user_id = ? LIMIT {CHATS_AT_ONCE}", (user_id,)
        )
        for row in rows:
            for table in _OF_WORKFLOW:
                self.statements.fetch(f"DELETE FROM {table} WHERE workflow_id = ?", row)
            # The index of titles forgets those that are empty.
            self.statements.fetch("UPDATE workflows SET title = '' WHERE id = ?", row)
            self.statements.fetch("DELETE FROM workflows WHERE id = ?", row)
        return bool(rows)

    def _erase_documents(self, user_id: str) -> bool:
        row = self.statements.fetch_one(
            "SELECT id FROM documents WHERE user_id = ? LIMIT 1", (user_id,)
        )
        if row is None:
            return False
        for table in _OF_DOCUMENT:
            deleted = self.statements.fetch(
                f"DELETE FROM {table} WHERE id IN"
                f" (SELECT id FROM {table} WHERE document_id = ? LIMIT {AT_ONCE}) RETURNING id",
                row,
            )
            if len(deleted) == AT_ONCE:
                return True
        self.statements.fetch("DELETE FROM documents WHERE id = ?", row)
        return True
