"""The version of a user's list: each change of a chat or a document in it takes the next number."""

from __future__ import annotations

from quart_chat.storage.sqlite.reads import Reads
from quart_chat.storage.statements import Statements


class ListCounter(Reads):
    """Counts changes of lists, for the transactions of chats and of documents."""

    def next_list_seq(self, user_id: str, now: float) -> int:
        """Count a change of a user's list; makes the user known if need be."""
        row = self.statements.fetch_one(
            "INSERT INTO users (id, list_seq, created_at) VALUES (?, 1, ?)"
            " ON CONFLICT (id) DO UPDATE SET list_seq = users.list_seq + 1 RETURNING list_seq",
            (user_id, now),
        )
        assert row is not None  # noqa: S101 - an upsert returns its row
        return int(row[0])


def read_list_seq(statements: Statements, user_id: str) -> int:
    """Read the number of the latest change of a user's list; 0 before the first."""
    row = statements.fetch_one("SELECT list_seq FROM users WHERE id = ?", (user_id,))
    return int(row[0]) if row else 0
