"""The version of a user's list: each change of a chat or a document in it takes the next number.

All that a user has refers to the user's row in ``users``, and so none of it is stored for a user
who was erased: a request that was let in before may still come here. Where there are accounts, only
a new account makes that row, in the transaction that adds it; without any, the first change does.
"""

from __future__ import annotations

from quart_chat.errors import Unauthenticated
from quart_chat.storage.sqlite.reads import Reads
from quart_chat.storage.statements import Statements
from quart_chat.texts import _

_COUNT = "UPDATE users SET list_seq = list_seq + 1 WHERE id = ? RETURNING list_seq"
MAKE_KNOWN = (
    "INSERT INTO users (id, list_seq, created_at) SELECT ?, 0, ?"
    " WHERE NOT EXISTS (SELECT 1 FROM accounts) ON CONFLICT (id) DO NOTHING"
)


class ListCounter(Reads):
    """Counts changes of lists, for the transactions of chats and of documents."""

    def next_list_seq(self, user_id: str, now: float) -> int:
        """Count a change of a user's list; see :meth:`require_row` for what it raises."""
        row = self.statements.fetch_one(_COUNT, (user_id,))
        if row is None:
            self.require_row(user_id, now)
            row = self.statements.fetch_one(_COUNT, (user_id,))
        assert row is not None  # noqa: S101 - it is required above
        return int(row[0])

    def require_row(self, user_id: str, now: float) -> None:
        """Make sure that the row of a user is there; it is made where there are no accounts.

        Raises:
            Unauthenticated: The user was erased.
        """
        self.statements.fetch(MAKE_KNOWN, (user_id, now))
        if self.statements.fetch_one("SELECT 1 FROM users WHERE id = ?", (user_id,)) is None:
            raise _deleted()

    def require_user(self, user_id: str) -> None:
        """Refuse to begin what the erasure of a deleted user would have to end.

        Raises:
            Unauthenticated: The user was deleted.
        """
        sql = "SELECT 1 FROM accounts WHERE user_id = ? AND deleted_at IS NOT NULL"
        if self.statements.fetch_one(sql, (user_id,)) is not None:
            raise _deleted()


def read_list_seq(statements: Statements, user_id: str) -> int:
    """Read the number of the latest change of a user's list; 0 before the first."""
    row = statements.fetch_one("SELECT list_seq FROM users WHERE id = ?", (user_id,))
    return int(row[0]) if row else 0


def _deleted() -> Unauthenticated:
    return Unauthenticated(_("This account was deleted."))
