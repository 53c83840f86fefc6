"""Single rows of chats, by what names them."""

from __future__ import annotations

from quart_chat.chat.models import Log, Message, Round, Share, Workflow
from quart_chat.storage.sqlite.chats.rows import (
    LOG,
    MESSAGE,
    ROUND,
    SHARE,
    WORKFLOW,
    to_log,
    to_message,
    to_round,
    to_workflow,
)
from quart_chat.storage.sqlite.nodes import HELD
from quart_chat.storage.sqlite.reads import Reads

_WORKFLOW = f"SELECT {WORKFLOW} FROM workflows WHERE "
_MESSAGES = f"SELECT {MESSAGE} FROM messages WHERE workflow_id = ? AND "
_LOGS = f"SELECT {LOG} FROM logs WHERE workflow_id = ? AND "


class Lookups(Reads):
    """Single rows, by what names them."""

    def select_workflow(self, workflow_id: str, user_id: str | None = None) -> Workflow | None:
        """Read a workflow, of the user if one is named; None for a deleted one."""
        row = self.statements.fetch_one(
            _WORKFLOW + "id = ? AND user_id = coalesce(?, user_id) AND NOT deleted",
            (workflow_id, user_id),
        )
        return None if row is None else to_workflow(row)

    def select_shared(self, token: str) -> Workflow | None:
        """Read the workflow that a link leads to."""
        row = self.statements.fetch_one(
            _WORKFLOW + "id = (SELECT workflow_id FROM shares WHERE token = ?) AND NOT deleted",
            (token,),
        )
        return None if row is None else to_workflow(row)

    def select_recoverable(self, workflow_id: str, user_id: str) -> Workflow | None:
        """Read a deleted workflow of the user that has not been erased."""
        row = self.statements.fetch_one(
            _WORKFLOW + "id = ? AND user_id = ? AND deleted_at IS NOT NULL", (workflow_id, user_id)
        )
        return None if row is None else to_workflow(row)

    def select_ids(self, user_id: str, deleted_at: float | None = None) -> list[str]:
        """Read the ids of all workflows of a user, or of those deleted at a moment, by age."""
        which = "NOT deleted" if deleted_at is None else "deleted_at = ?"
        rows = self.statements.fetch(
            f"SELECT id FROM workflows WHERE user_id = ? AND {which} ORDER BY created_at, id",
            (user_id,) if deleted_at is None else (user_id, deleted_at),
        )
        return [row[0] for row in rows]

    def has_workflow(self, workflow_id: str) -> bool:
        """Whether an id is taken, also by a deleted workflow or by another user's."""
        sql = "SELECT 1 FROM workflows WHERE id = ?"
        return self.statements.fetch_one(sql, (workflow_id,)) is not None

    def count_running_rounds(self, user_id: str) -> int:
        row = self.statements.fetch_one(
            "SELECT count(*) FROM workflows WHERE user_id = ? AND status = 'running'", (user_id,)
        )
        return int(row[0]) if row else 0

    def select_share(self, workflow_id: str) -> Share | None:
        """Read the link of a workflow."""
        row = self.statements.fetch_one(
            f"SELECT {SHARE} FROM shares WHERE workflow_id = ?", (workflow_id,)
        )
        return None if row is None else Share(*row)

    def select_round(self, workflow_id: str, number: int) -> Round | None:
        row = self.statements.fetch_one(
            f"SELECT {ROUND} FROM rounds WHERE workflow_id = ? AND number = ?",
            (workflow_id, number),
        )
        return None if row is None else to_round(row)

    def select_requested(self, user_id: str, request_id: str) -> tuple[str, int, int] | None:
        """Read which round of the user a request began: workflow, number, and the seq before it."""
        row = self.statements.fetch_one(
            # The prompt's seq follows that of the workflow, which the same commit has changed.
            "SELECT rounds.workflow_id, rounds.number, messages.seq - 2 FROM rounds"
            " JOIN workflows ON workflows.id = rounds.workflow_id"
            " JOIN messages ON messages.workflow_id = rounds.workflow_id"
            " AND messages.round_number = rounds.number AND messages.role = 'user'"
            " WHERE request_id = ? AND user_id = ? AND NOT deleted",
            (request_id, user_id),
        )
        return None if row is None else (row[0], row[1], row[2])

    def select_prompt(self, workflow_id: str, number: int) -> tuple[str, str | None]:
        """Read what a round asks, and the HTML of it."""
        row = self.statements.fetch_one(
            "SELECT content, html FROM messages"
            " WHERE workflow_id = ? AND round_number = ? AND role = 'user'",
            (workflow_id, number),
        )
        assert row is not None  # noqa: S101 - a round is inserted with its prompt
        return row[0], row[1]

    def select_orphaned_rounds(self, node_id: str) -> list[Round]:
        """Read the rounds that are stored as running and that no other node that lives runs."""
        rows = self.statements.fetch(
            f"SELECT {ROUND} FROM rounds WHERE status = 'running' AND node_id IS NOT ?"
            f" AND NOT {HELD} AND workflow_id IN (SELECT id FROM workflows WHERE NOT deleted)",
            (node_id,),
        )
        return [to_round(row) for row in rows]

    def runs_elsewhere(self, round_: Round, node_id: str) -> bool:
        """Whether another node that lives runs a round."""
        return self._is_running(round_, f"node_id IS NOT ? AND {HELD}", node_id)

    def is_stop_requested(self, round_: Round) -> bool:
        return self._is_running(round_, "stop_requested_at IS NOT NULL")

    def _is_running(self, round_: Round, condition: str, *parameters: str) -> bool:
        sql = (
            "SELECT 1 FROM rounds WHERE workflow_id = ? AND number = ? AND status = 'running'"
            f" AND {condition}"
        )
        row = self.statements.fetch_one(sql, (round_.workflow_id, round_.number, *parameters))
        return row is not None

    def select_stop_requests(self, node_id: str) -> list[tuple[str, int]]:
        """Read the workflows and numbers of the node's rounds that are to be stopped."""
        rows = self.statements.fetch(
            "SELECT workflow_id, number FROM rounds WHERE status = 'running' AND node_id = ?"
            " AND stop_requested_at IS NOT NULL",
            (node_id,),
        )
        return [(row[0], row[1]) for row in rows]

    def select_in_flight(self, workflow_id: str) -> tuple[list[Message], list[Log]]:
        messages = self.statements.fetch(_MESSAGES + "status = 'streaming'", (workflow_id,))
        logs = self.statements.fetch(_LOGS + "status = 'running'", (workflow_id,))
        return [to_message(row) for row in messages], [to_log(row) for row in logs]

    def select_text(self, workflow_id: str, number: int, role: str) -> str:
        row = self.statements.fetch_one(
            _MESSAGES + "round_number = ? AND role = ?", (workflow_id, number, role)
        )
        return to_message(row).content if row else ""
