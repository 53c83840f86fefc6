"""What can be changed inside a transaction of the database."""

from __future__ import annotations

from functools import cache

from quart_chat.chat.branches import select_newest_below
from quart_chat.chat.database import Statements
from quart_chat.chat.models import Log, Message, Round, Workflow
from quart_chat.chat.rows import (
    LOG,
    MESSAGE,
    ROUND,
    WORKFLOW,
    from_model,
    to_round,
    to_workflow,
)


class Transaction:
    """Changes rows; nothing is emitted here. See :class:`quart_chat.chat.journal.Entry`.

    It lives on the thread of its connection, and there no longer than the transaction does.
    """

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def select_workflow(self, workflow_id: str, user_id: str | None = None) -> Workflow | None:
        """Read a workflow, of the user if one is named; None for a deleted one."""
        row = self._statements.fetch_one(
            f"SELECT {WORKFLOW} FROM workflows"
            " WHERE id = ? AND (? IS NULL OR user_id = ?) AND NOT deleted",
            (workflow_id, user_id, user_id),
        )
        return None if row is None else to_workflow(row)

    def has_workflow(self, workflow_id: str) -> bool:
        """Whether an id is taken, by whomever's workflow, be it deleted."""
        sql = "SELECT 1 FROM workflows WHERE id = ?"
        return self._statements.fetch_one(sql, (workflow_id,)) is not None

    def select_share(self, workflow_id: str) -> tuple[str, str, float] | None:
        row = self._statements.fetch_one(
            "SELECT token, workflow_id, created_at FROM shares WHERE workflow_id = ?",
            (workflow_id,),
        )
        return None if row is None else (row[0], row[1], row[2])

    def insert_share(self, token: str, workflow_id: str, now: float) -> None:
        sql = "INSERT INTO shares (token, workflow_id, created_at) VALUES (?, ?, ?)"
        self._statements.fetch(sql, (token, workflow_id, now))

    def delete_share(self, workflow_id: str) -> tuple[str, str, float] | None:
        """Delete a workflow's link, and return what it was."""
        known = self.select_share(workflow_id)
        self._statements.fetch("DELETE FROM shares WHERE workflow_id = ?", (workflow_id,))
        return known

    def count_running_rounds(self, user_id: str) -> int:
        row = self._statements.fetch_one(
            "SELECT count(*) FROM workflows WHERE user_id = ? AND status = 'running'", (user_id,)
        )
        return int(row[0]) if row else 0

    def next_list_seq(self, user_id: str, now: float) -> int:
        """Count a change of a user's list; makes the user known if need be."""
        row = self._statements.fetch_one(
            "INSERT INTO users (id, list_seq, created_at) VALUES (?, 1, ?)"
            " ON CONFLICT (id) DO UPDATE SET list_seq = list_seq + 1 RETURNING list_seq",
            (user_id, now),
        )
        assert row is not None  # noqa: S101 - an upsert returns its row
        return int(row[0])

    def next_seq(self, workflow_id: str) -> int:
        """Count a change of a workflow."""
        row = self._statements.fetch_one(
            "UPDATE workflows SET seq = seq + 1 WHERE id = ? RETURNING seq", (workflow_id,)
        )
        assert row is not None  # noqa: S101 - a workflow's row is never removed
        return int(row[0])

    def upsert_workflow(self, workflow: Workflow) -> None:
        self._upsert("workflows", WORKFLOW, "id", workflow)

    def upsert_message(self, message: Message) -> None:
        self._upsert("messages", MESSAGE, "id", message)

    def upsert_log(self, log: Log) -> None:
        self._upsert("logs", LOG, "id", log)

    def select_round(self, workflow_id: str, number: int) -> Round | None:
        row = self._statements.fetch_one(
            f"SELECT {ROUND} FROM rounds WHERE workflow_id = ? AND number = ?",
            (workflow_id, number),
        )
        return None if row is None else to_round(row)

    def select_newest_below(self, workflow_id: str, number: int) -> Round | None:
        """Read the newest round that a round leads to, itself if to none; it is a leaf."""
        return select_newest_below(self._statements, workflow_id, number)

    def select_prompt(self, workflow_id: str, number: int) -> tuple[str, str | None]:
        """Read what a round asks, and the HTML of it."""
        row = self._statements.fetch_one(
            "SELECT content, html FROM messages"
            " WHERE workflow_id = ? AND round_number = ? AND role = 'user'",
            (workflow_id, number),
        )
        assert row is not None  # noqa: S101 - a round is inserted with its prompt
        return row[0], row[1]

    def next_round_number(self, workflow_id: str) -> int:
        row = self._statements.fetch_one(
            "SELECT max(number) FROM rounds WHERE workflow_id = ?", (workflow_id,)
        )
        return (row[0] or 0) + 1 if row else 1

    def insert_round(self, round_: Round, request_id: str | None = None) -> None:
        values = (*from_model(round_), request_id)
        self._statements.fetch(
            f"INSERT INTO rounds ({ROUND}, request_id) VALUES ({', '.join('?' * len(values))})",
            values,
        )

    def select_requested(self, user_id: str, request_id: str) -> tuple[str, int, int] | None:
        """Read which round of the user a request began: workflow, number, and the seq before it."""
        row = self._statements.fetch_one(
            # The prompt's seq follows that of the workflow, which the same commit has changed.
            "SELECT rounds.workflow_id, rounds.number, messages.seq - 2 FROM rounds"
            " JOIN workflows ON workflows.id = rounds.workflow_id"
            " JOIN messages ON messages.workflow_id = rounds.workflow_id"
            " AND messages.round_number = rounds.number AND messages.role = 'user'"
            " WHERE request_id = ? AND user_id = ? AND NOT deleted",
            (request_id, user_id),
        )
        return None if row is None else (row[0], row[1], row[2])

    def update_round(self, round_: Round) -> None:
        self._upsert("rounds", ROUND, "workflow_id, number", round_)

    def update_text_in_flight(self, message: Message) -> None:
        """Checkpoint the text of an answer that is still being written."""
        self._statements.fetch(
            "UPDATE messages SET content = ?, updated_at = ? WHERE id = ? AND status = 'streaming'",
            (message.content, message.updated_at, message.id),
        )

    def update_progress(self, log: Log) -> None:
        """Checkpoint the progress of a step that still runs."""
        self._statements.fetch(
            "UPDATE logs SET progress = ? WHERE id = ? AND status = 'running'",
            (log.progress, log.id),
        )

    def select_recoverable(self, workflow_id: str, user_id: str) -> Workflow | None:
        """Read a deleted workflow of the user that has not been erased."""
        row = self._statements.fetch_one(
            f"SELECT {WORKFLOW} FROM workflows"
            " WHERE id = ? AND user_id = ? AND deleted_at IS NOT NULL",
            (workflow_id, user_id),
        )
        return None if row is None else to_workflow(row)

    def erase_deleted(self, due: float) -> None:
        """Erase what was deleted up to a moment; of its row stays what readers of the list need."""
        rows = self._statements.fetch("SELECT id FROM workflows WHERE deleted_at <= ?", (due,))
        for (workflow_id,) in rows:
            self.delete_contents(workflow_id)
            self._statements.fetch(
                "UPDATE workflows SET title = '', deleted_at = NULL, assistant = NULL,"
                " model = NULL, system_prompt = NULL, document_ids = '[]' WHERE id = ?",
                (workflow_id,),
            )

    def delete_contents(self, workflow_id: str) -> None:
        """Delete all that a workflow holds; its own row stays."""
        for table in ("messages", "logs", "rounds", "shares"):
            self._statements.fetch(
                f"DELETE FROM {table} WHERE workflow_id = ?",
                (workflow_id,),
            )

    def _upsert(
        self, table: str, columns: str, key: str, model: Workflow | Message | Log | Round
    ) -> None:
        self._statements.fetch(_upsert(table, columns, key), from_model(model))


@cache
def _upsert(table: str, columns: str, key: str) -> str:
    names = columns.split(", ")
    updates = ", ".join(f"{name} = excluded.{name}" for name in names)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({key}) DO UPDATE SET {updates}"
    )
