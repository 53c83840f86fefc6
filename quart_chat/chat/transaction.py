"""What can be changed inside a transaction of the database."""

from __future__ import annotations

from quart_chat.chat.database import Session
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
    """Changes rows; nothing is emitted here. See :class:`quart_chat.chat.journal.Entry`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def select_workflow(
        self, workflow_id: str, user_id: str | None = None
    ) -> Workflow | None:
        """Read a workflow, of the user if one is named; None for a deleted one."""
        row = await self._session.fetch_one(
            f"SELECT {WORKFLOW} FROM workflows"
            " WHERE id = ? AND (? IS NULL OR user_id = ?) AND NOT deleted",
            (workflow_id, user_id, user_id),
        )
        return None if row is None else to_workflow(row)

    async def count_running_rounds(self, user_id: str) -> int:
        row = await self._session.fetch_one(
            "SELECT count(*) FROM workflows WHERE user_id = ? AND status = 'running'", (user_id,)
        )
        return int(row[0]) if row else 0

    async def next_list_seq(self, user_id: str, now: float) -> int:
        """Count a change of a user's list; makes the user known if need be."""
        row = await self._session.fetch_one(
            "INSERT INTO users (id, list_seq, created_at) VALUES (?, 1, ?)"
            " ON CONFLICT (id) DO UPDATE SET list_seq = list_seq + 1 RETURNING list_seq",
            (user_id, now),
        )
        assert row is not None  # noqa: S101 - an upsert returns its row
        return int(row[0])

    async def next_seq(self, workflow_id: str) -> int:
        """Count a change of a workflow."""
        row = await self._session.fetch_one(
            "UPDATE workflows SET seq = seq + 1 WHERE id = ? RETURNING seq", (workflow_id,)
        )
        assert row is not None  # noqa: S101 - a workflow's row is never removed
        return int(row[0])

    async def upsert_workflow(self, workflow: Workflow) -> None:
        await self._upsert("workflows", WORKFLOW, "id", workflow)

    async def upsert_message(self, message: Message) -> None:
        await self._upsert("messages", MESSAGE, "id", message)

    async def upsert_log(self, log: Log) -> None:
        await self._upsert("logs", LOG, "id", log)

    async def insert_round(self, round_: Round) -> Round:
        """Insert a round under the next number of its workflow."""
        row = await self._session.fetch_one(
            f"INSERT INTO rounds ({ROUND}) SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?,"
            f" ?, ? FROM rounds WHERE workflow_id = ? RETURNING {ROUND}",
            (round_.workflow_id, *from_model(round_)[2:], round_.workflow_id),
        )
        assert row is not None  # noqa: S101 - an insert returns its row
        return to_round(row)

    async def update_round(self, round_: Round) -> None:
        await self._upsert("rounds", ROUND, "workflow_id, number", round_)

    async def update_text_in_flight(self, message: Message) -> None:
        """Checkpoint the text of an answer that is still being written."""
        await self._session.fetch(
            "UPDATE messages SET content = ?, updated_at = ? WHERE id = ? AND status = 'streaming'",
            (message.content, message.updated_at, message.id),
        )

    async def update_progress(self, log: Log) -> None:
        """Checkpoint the progress of a step that still runs."""
        await self._session.fetch(
            "UPDATE logs SET progress = ? WHERE id = ? AND status = 'running'",
            (log.progress, log.id),
        )

    async def select_recoverable(self, workflow_id: str, user_id: str) -> Workflow | None:
        """Read a deleted workflow of the user that has not been erased."""
        row = await self._session.fetch_one(
            f"SELECT {WORKFLOW} FROM workflows"
            " WHERE id = ? AND user_id = ? AND deleted_at IS NOT NULL",
            (workflow_id, user_id),
        )
        return None if row is None else to_workflow(row)

    async def erase_deleted(self, due: float) -> None:
        """Erase what was deleted up to a moment; tombstones stay."""
        rows = await self._session.fetch("SELECT id FROM workflows WHERE deleted_at <= ?", (due,))
        for (workflow_id,) in rows:
            await self.delete_contents(workflow_id)
            await self._session.fetch(
                "UPDATE workflows SET title = '', deleted_at = NULL WHERE id = ?", (workflow_id,)
            )

    async def delete_contents(self, workflow_id: str) -> None:
        """Delete all that a workflow holds; its own row stays."""
        for table in ("messages", "logs", "rounds"):
            await self._session.fetch(
                f"DELETE FROM {table} WHERE workflow_id = ?",
                (workflow_id,),
            )

    async def _upsert(
        self, table: str, columns: str, key: str, model: Workflow | Message | Log | Round
    ) -> None:
        names = columns.split(", ")
        updates = ", ".join(f"{name} = excluded.{name}" for name in names)
        await self._session.fetch(
            f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"
            f" ON CONFLICT ({key}) DO UPDATE SET {updates}",
            from_model(model),
        )
