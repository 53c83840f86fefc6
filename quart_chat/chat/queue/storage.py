"""What the queues ask of a store; see :mod:`quart_chat.chat.storage`."""

from __future__ import annotations

from typing import Protocol

from quart_chat.chat.queue.prompts import QueuedPrompt


class QueueReader(Protocol):
    """Reads queues as of one moment."""

    def select_queue(self, workflow_id: str) -> tuple[QueuedPrompt, ...]:
        """Read the prompts of a chat that wait, in the order in which they are sent."""
        ...

    def select_queued_prompt(self, workflow_id: str, prompt_id: str) -> QueuedPrompt | None:
        """Read a prompt of a chat's queue, also one that was sent or removed."""
        ...

    def select_queued_request(self, user_id: str, request_id: str) -> QueuedPrompt | None:
        """Read the prompt of the user that a request has queued."""
        ...

    def select_due_workflows(self) -> list[str]:
        """Read the chats in which a prompt is due and no round runs."""
        ...


class QueueTransaction(QueueReader, Protocol):
    """Reads and changes queues."""

    def upsert_queued_prompt(self, prompt: QueuedPrompt) -> None:
        """Store a prompt."""
        ...
