"""What can be changed inside a transaction of the database."""

from __future__ import annotations

from functools import cache

from quart_chat.chat.models import Log, Message, Round, Share, Workflow
from quart_chat.chat.queue.prompts import QueuedPrompt
from quart_chat.storage.sqlite.chats.preferences import PreferenceChanges
from quart_chat.storage.sqlite.chats.reader import Reader
from quart_chat.storage.sqlite.chats.rows import (
    LOG,
    MESSAGE,
    QUEUED_PROMPT,
    ROUND,
    SHARE,
    WORKFLOW,
    Model,
    from_model,
)
from quart_chat.storage.sqlite.chats.usage import UsageChanges
from quart_chat.storage.sqlite.nodes import HELD, unless_expired


class Transaction(Reader, PreferenceChanges, UsageChanges):
    """Reads and changes rows of chats."""

    def insert_share(self, share: Share) -> None:
        self.statements.fetch(f"INSERT INTO shares ({SHARE}) VALUES (?, ?, ?)", from_model(share))

    def delete_share(self, workflow_id: str) -> Share | None:
        """Delete a workflow's link, and return what it was."""
        sql = f"DELETE FROM shares WHERE workflow_id = ? RETURNING {SHARE}"
        row = self.statements.fetch_one(sql, (workflow_id,))
        return None if row is None else Share(*row)

    def next_seq(self, workflow_id: str) -> int:
        """Count a change of a workflow."""
        row = self.statements.fetch_one(
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

    def upsert_queued_prompt(self, prompt: QueuedPrompt) -> None:
        self._upsert("queued_prompts", QUEUED_PROMPT, "id", prompt)

    def has_documents(self, user_id: str) -> bool:
        sql = "SELECT 1 FROM documents WHERE user_id = ? AND status = 'ready' LIMIT 1"
        return self.statements.fetch_one(sql, (user_id,)) is not None

    def next_round_number(self, workflow_id: str) -> int:
        row = self.statements.fetch_one(
            "SELECT max(number) FROM rounds WHERE workflow_id = ?", (workflow_id,)
        )
        return (row[0] or 0) + 1 if row else 1

    def insert_round(
        self, round_: Round, request_id: str | None = None, node_id: str | None = None
    ) -> None:
        values = (*from_model(round_), request_id, node_id)
        self.statements.fetch(
            f"INSERT INTO rounds ({ROUND}, request_id, node_id)"
            f" VALUES ({', '.join('?' * len(values))})",
            values,
        )

    def owns_round(self, round_: Round, node_id: str) -> bool:
        return self._is_running(round_, "node_id = ?", node_id)

    def take_over_round(self, round_: Round, node_id: str) -> bool:
        """Give a node a round that no other node that lives runs; False where it can't have it."""
        condition, parameters = unless_expired(node_id)
        rows = self.statements.fetch(
            "UPDATE rounds SET node_id = ? WHERE workflow_id = ? AND number = ?"
            f" AND status = 'running' AND (node_id = ? OR NOT {HELD} AND {condition})"
            " RETURNING number",
            (node_id, round_.workflow_id, round_.number, node_id, *parameters),
        )
        return bool(rows)

    def request_stop(self, round_: Round, now: float) -> bool:
        rows = self.statements.fetch(
            "UPDATE rounds SET stop_requested_at = coalesce(stop_requested_at, ?)"
            " WHERE workflow_id = ? AND number = ? AND status = 'running' RETURNING number",
            (now, round_.workflow_id, round_.number),
        )
        return bool(rows)

    def end_round(self, round_: Round) -> bool:
        """Store how a round has ended; False where it does not run, and nothing is changed."""
        rows = self.statements.fetch(
            "UPDATE rounds SET status = ?, message = ?, code = ?, ended_at = ?, seq = ?"
            " WHERE workflow_id = ? AND number = ? AND status = 'running' RETURNING number",
            (
                round_.status,
                round_.message,
                round_.code,
                round_.ended_at,
                round_.seq,
                round_.workflow_id,
                round_.number,
            ),
        )
        return bool(rows)

    def update_text_in_flight(self, message: Message) -> None:
        """Checkpoint the text of an answer that is still being written."""
        self.statements.fetch(
            "UPDATE messages SET content = ?, revision = ?, updated_at = ?"
            " WHERE id = ? AND status = 'streaming'",
            (message.content, message.revision, message.updated_at, message.id),
        )

    def update_progress(self, log: Log) -> None:
        """Checkpoint the progress of a step that still runs."""
        self.statements.fetch(
            "UPDATE logs SET progress = ? WHERE id = ? AND status = 'running'",
            (log.progress, log.id),
        )

    def erase_deleted(self, due: float) -> None:
        """Erase what was deleted up to a moment; of its row stays what readers of the list need."""
        rows = self.statements.fetch("SELECT id FROM workflows WHERE deleted_at <= ?", (due,))
        for (workflow_id,) in rows:
            self.delete_contents(workflow_id)
            self.statements.fetch(
                "UPDATE workflows SET title = '', deleted_at = NULL, assistant = NULL,"
                " model = NULL, system_prompt = NULL, document_ids = '[]', parameters = NULL"
                " WHERE id = ?",
                (workflow_id,),
            )

    def delete_contents(self, workflow_id: str) -> None:
        """Delete all that a workflow holds; its own row stays."""
        for table in ("messages", "logs", "rounds", "shares", "queued_prompts"):
            self.statements.fetch(
                f"DELETE FROM {table} WHERE workflow_id = ?",
                (workflow_id,),
            )

    def _upsert(self, table: str, columns: str, key: str, model: Model) -> None:
        self.statements.fetch(_upsert(table, columns, key), from_model(model))


@cache
def _upsert(table: str, columns: str, key: str) -> str:
    names = columns.split(", ")
    updates = ", ".join(f"{name} = excluded.{name}" for name in names)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({key}) DO UPDATE SET {updates}"
    )
