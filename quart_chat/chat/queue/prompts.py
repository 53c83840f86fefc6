"""A prompt that waits until the round before it has ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from quart_chat.chat.ask import Ask
from quart_chat.wire import Item, chat_data


class PromptStatus(StrEnum):
    """A prompt is queued, then either sent, which begins its round, or removed."""

    QUEUED = "queued"
    SENT = "sent"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class QueuedPrompt:
    """One prompt of a chat's queue.

    One that was sent or removed stays without its text, so that a client that was away learns of
    it, and a request that comes again is recognised.

    Attributes:
        place: Prompts are sent in the order of their places; no two that wait have the same.
        html: The prompt as its message will show it.
        due: Whether it is sent when the running round ends, however that ends, or at once where
            none runs: a person asked for that, or the server closed before it could be sent.
        assistant: The assistant to ask; None for the one that was asked last by then.
        model: The model it answers with; None for the one that was chosen last by then.
        document_ids: The documents to answer from; None for those that were named last by then.
        request_id: The client's name for the request that queued it.
        round_number: The number of its round, once it is sent.
        refused: The code of the error for which it was not sent when its turn came; None where its
            turn has not come, or a person has sent it since.
    """

    id: str
    workflow_id: str
    place: int
    content: str
    html: str | None
    status: PromptStatus
    due: bool
    assistant: str | None
    model: str | None
    document_ids: tuple[str, ...] | None
    request_id: str | None
    round_number: int | None
    created_at: float
    updated_at: float
    seq: int
    refused: str | None = None

    @property
    def waits(self) -> bool:
        return self.status is PromptStatus.QUEUED

    def ask(self, user_id: str) -> Ask:
        """What is asked once it is sent."""
        return Ask(
            user_id,
            self.content,
            workflow_id=self.workflow_id,
            assistant=self.assistant,
            model=self.model,
            document_ids=self.document_ids,
            request_id=self.request_id,
        )

    def to_item(self) -> Item:
        return {
            "id": self.id,
            "workflowId": self.workflow_id,
            "content": self.content,
            "status": self.status,
            "place": self.place,
            "assistant": self.assistant,
            "model": self.model,
            "documentIds": None if self.document_ids is None else list(self.document_ids),
            "roundNumber": self.round_number,
            "refused": self.refused,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }

    def to_chat_data(self) -> Item:
        return chat_data("queued", self.created_at, self.to_item())


@dataclass(frozen=True, slots=True)
class Placed:
    """What has become of a prompt: it waits, or its round has begun.

    Attributes:
        workflow_id: Its chat.
        round_number: The number of its round; None where it has none.
        queued: The queued prompt; None where the round began without one.
    """

    workflow_id: str
    round_number: int | None
    queued: QueuedPrompt | None

    @classmethod
    def of(cls, queued: QueuedPrompt) -> Placed:
        return cls(queued.workflow_id, queued.round_number, queued)


def new_queued_prompt(ask: Ask, text: str, html: str | None, place: int) -> QueuedPrompt:
    """A prompt that begins to wait, before a transaction gives it a seq."""
    assert ask.workflow_id is not None  # noqa: S101 - only a chat that runs has a queue
    now = time.time()
    return QueuedPrompt(
        id=uuid4().hex,
        workflow_id=ask.workflow_id,
        place=place,
        content=text,
        html=html,
        status=PromptStatus.QUEUED,
        due=False,
        assistant=ask.assistant,
        model=ask.model,
        document_ids=ask.document_ids,
        request_id=ask.request_id,
        round_number=None,
        created_at=now,
        updated_at=now,
        seq=0,
    )
