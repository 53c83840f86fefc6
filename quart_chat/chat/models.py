"""The nouns of a chat and their one wire shape, chatData: ``{type, createdAt, item}``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from quart_chat.assistants.parameters import Parameters
from quart_chat.assistants.protocol import Source, Usage
from quart_chat.texts import _
from quart_chat.wire import Item, chat_data


class MessageStatus(StrEnum):
    """An answer streams, then ends as its round does; a prompt is complete at once."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    ERROR = "error"


class RoundStatus(StrEnum):
    """A round runs, then ends in exactly one of the three others."""

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    ERROR = "error"


class WorkflowStatus(StrEnum):
    """Whether a round runs, and if not, whether the one it ends with failed."""

    IDLE = "idle"
    RUNNING = "running"
    ERROR = "error"


class TitleSource(StrEnum):
    """Who has given a chat its title: the beginning of the first prompt, a model, or a person."""

    PROMPT = "prompt"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Workflow:
    """One conversation.

    Attributes:
        seq: Its version: every committed change of it takes the next whole number.
        item_seq: The seq of the latest change of what is shown of the workflow itself.
        list_seq: The place of that change among the changes of its owner's list.
        assistant: The assistant that was asked last, and is asked next where none is named.
        model: The model of that assistant that the person has chosen.
        answered_seq: The seq at which the latest answer ended; 0 before the first.
        read_seq: The seq up to which the user has seen the chat.
        deleted_at: When it was deleted, as long as it can be restored.
        head: The number of the round that the branch that is shown ends with; None before the
            first one.
        system_prompt: What a model is told before all else, in the place of what it is told in
            every chat.
        document_ids: The documents that were named last, and are searched next where none are.
        parameters: What a model is asked beside its messages; None where nothing is set.
        titled_by: Where the title comes from. One of a person is never replaced.
        title_usage: What it took to ask a model for a title; None where none was asked.
    """

    id: str
    user_id: str
    title: str
    status: WorkflowStatus
    pinned: bool
    seq: int
    item_seq: int
    list_seq: int
    created_at: float
    updated_at: float
    deleted: bool = False
    assistant: str | None = None
    model: str | None = None
    answered_seq: int = 0
    read_seq: int = 0
    deleted_at: float | None = None
    head: int | None = None
    system_prompt: str | None = None
    document_ids: tuple[str, ...] = ()
    parameters: Parameters | None = None
    titled_by: TitleSource = TitleSource.PERSON
    title_usage: Usage | None = None

    @property
    def unread(self) -> bool:
        """Whether an answer has ended that the user has not seen."""
        return self.answered_seq > self.read_seq

    def to_item(self) -> Item:
        if self.deleted:
            return {"id": self.id, "deleted": True}
        return {
            "id": self.id,
            "title": self.title,
            "titleUsage": self.title_usage and self.title_usage.to_item(),
            "status": self.status,
            "pinned": self.pinned,
            "unread": self.unread,
            "assistant": self.assistant,
            "model": self.model,
            "headRound": self.head,
            "systemPrompt": self.system_prompt,
            "parameters": self.parameters and self.parameters.to_item(),
            "documentIds": list(self.document_ids),
            "seq": self.item_seq,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }

    def to_chat_data(self) -> Item:
        return chat_data("workflow", self.created_at, self.to_item())


@dataclass(frozen=True, slots=True)
class Message:
    """A prompt or an answer; ``html`` is there once the content is final.

    Attributes:
        parent_round: The number of the round before its own; None where that is a first one.
        usage: What the answer took, where its assistant says so.
        citations_verified: Whether each ``[n]`` of the text leads to its source, or is marked where
            there is none. In text that quotes others nothing is: its brackets are theirs.
        revision: How often its text was begun anew; readers see it while it is in flight.
    """

    id: str
    workflow_id: str
    round_number: int
    parent_round: int | None
    role: str
    content: str
    html: str | None
    status: MessageStatus
    assistant: str | None
    sources: tuple[Source, ...]
    created_at: float
    updated_at: float
    seq: int
    usage: Usage | None = None
    citations_verified: bool = field(default=False, metadata={"column": "checked"})
    revision: int = 0

    @property
    def in_flight(self) -> bool:
        return self.status is MessageStatus.STREAMING

    @property
    def citable(self) -> tuple[Source, ...] | None:
        """The sources that each ``[n]`` is verified against; None where none is."""
        return self.sources if self.citations_verified else None

    def to_item(self) -> Item:
        return {
            "id": self.id,
            "workflowId": self.workflow_id,
            "roundNumber": self.round_number,
            "parentRound": self.parent_round,
            "role": self.role,
            "content": self.content,
            "html": self.html,
            "status": self.status,
            "assistant": self.assistant,
            "sources": [source.to_item() for source in self.sources],
            "usage": None if self.usage is None else self.usage.to_item(),
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            **({"revision": self.revision} if self.revision and self.in_flight else {}),
        }

    def to_chat_data(self) -> Item:
        return chat_data("message", self.created_at, self.to_item())


@dataclass(frozen=True, slots=True)
class Log:
    """A step of a round; ``progress`` is 0 to 1 where it is known.

    Attributes:
        parent_id: The step that it is part of.
    """

    id: str
    workflow_id: str
    round_number: int
    message: str
    type: str
    status: str
    progress: float | None
    timestamp: float
    duration_ms: float | None
    seq: int
    parent_id: str | None = None

    def to_item(self) -> Item:
        return {
            "id": self.id,
            "workflowId": self.workflow_id,
            "roundNumber": self.round_number,
            "parentId": self.parent_id,
            "message": self.message,
            "type": self.type,
            "status": self.status,
            "progress": self.progress,
            "timestamp": self.timestamp,
            "durationMs": self.duration_ms,
        }

    def to_chat_data(self) -> Item:
        return chat_data("log", self.timestamp, self.to_item())


@dataclass(frozen=True, slots=True)
class Round:
    """One prompt and all that answers it; ``message`` and ``code`` describe how it ended.

    Endings that are the same each time are stored in English, and shown in the language of the
    reader: the end of a round that a dead process left running was made for no one language.

    Attributes:
        parent: The number of the round before it; None for a first one.
        model: The model that was chosen for it.
        document_ids: The documents it is to be answered from; none where none was named.
    """

    workflow_id: str
    number: int
    parent: int | None
    status: RoundStatus
    assistant: str
    message: str | None
    code: str | None
    started_at: float
    ended_at: float | None
    seq: int | None
    model: str | None = None
    document_ids: tuple[str, ...] = ()

    def to_item(self) -> Item:
        item: Item = {
            "workflowId": self.workflow_id,
            "roundNumber": self.number,
            "message": self.message and _(self.message),
        }
        if self.code is not None:
            item["code"] = self.code
            item["assistant"] = self.assistant
        return item

    def to_chat_data(self) -> Item:
        """The terminal event of a round that has ended."""
        return chat_data(self.status, self.ended_at or self.started_at, self.to_item())


@dataclass(frozen=True, slots=True)
class Share:
    """The link of a chat."""

    token: str
    workflow_id: str
    created_at: float
