"""The prompts that wait in chats."""

from __future__ import annotations

from quart_chat.chat.queue.prompts import QueuedPrompt
from quart_chat.storage.sqlite.chats.rows import QUEUED_PROMPT, to_queued_prompt
from quart_chat.storage.sqlite.reads import Reads

_SELECT = f"SELECT {QUEUED_PROMPT} FROM queued_prompts WHERE "


class Queues(Reads):
    """Implements :class:`quart_chat.chat.queue.storage.QueueReader`."""

    def select_queue(self, workflow_id: str) -> tuple[QueuedPrompt, ...]:
        """Read the prompts of a chat that wait, in the order in which they are sent."""
        rows = self.statements.fetch(
            _SELECT + "workflow_id = ? AND status = 'queued' ORDER BY place", (workflow_id,)
        )
        return tuple(map(to_queued_prompt, rows))

    def select_queued_prompt(self, workflow_id: str, prompt_id: str) -> QueuedPrompt | None:
        row = self.statements.fetch_one(
            _SELECT + "workflow_id = ? AND id = ?", (workflow_id, prompt_id)
        )
        return None if row is None else to_queued_prompt(row)

    def select_queued_request(self, user_id: str, request_id: str) -> QueuedPrompt | None:
        """Read the prompt of the user that a request has queued."""
        row = self.statements.fetch_one(
            _SELECT + "request_id = ?"
            " AND workflow_id IN (SELECT id FROM workflows WHERE user_id = ? AND NOT deleted)",
            (request_id, user_id),
        )
        return None if row is None else to_queued_prompt(row)

    def select_due_workflows(self) -> list[str]:
        """Read the chats in which a prompt is due and no round runs."""
        rows = self.statements.fetch(
            "SELECT id FROM workflows WHERE status <> 'running' AND NOT deleted"
            " AND id IN (SELECT workflow_id FROM queued_prompts WHERE due)"
        )
        return [row[0] for row in rows]
