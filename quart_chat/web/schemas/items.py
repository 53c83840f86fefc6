"""The items of chatData: what clients are shown of messages, steps, chats and documents."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Seconds = Annotated[float, Meta(description="seconds since 1970, UTC")]
Progress = Annotated[float, Meta(ge=0, le=1)]


class SourceItem(Struct, frozen=True):
    """A passage that an answer rests on; `number` is the n of its `[n]` in the text."""

    number: int
    title: str
    heading: str
    url: str
    quote: str
    excerpt: str


class UsageItem(Struct, rename="camel", frozen=True):
    """What an answer took; a number that is not known is null."""

    model: str
    prompt_tokens: int | None
    answer_tokens: int | None
    tokens_per_second: float | None
    first_token_ms: float | None


class MessageItem(Struct, rename="camel", frozen=True):
    """A prompt or an answer; `html` is null until the content is final."""

    id: str
    workflow_id: str
    round_number: int
    parent_round: int | None
    role: Literal["user", "assistant"]
    content: str
    html: str | None
    status: Literal["streaming", "complete", "stopped", "error"]
    assistant: str | None
    sources: list[SourceItem]
    usage: UsageItem | None
    created_at: Seconds
    updated_at: Seconds


class LogItem(Struct, rename="camel", frozen=True):
    """A step of a round."""

    id: str
    workflow_id: str
    round_number: int
    parent_id: str | None
    message: str
    type: Literal["info", "warning", "error", "progress", "reasoning"]
    status: Literal["running", "completed", "failed"]
    progress: Progress | None
    timestamp: Seconds
    duration_ms: float | None


class QueuedPromptItem(Struct, rename="camel", frozen=True):
    """A prompt that waits, or waited, until the round before it has ended.

    Prompts are sent in the order of `place`. One that was sent or removed has no text any more;
    `roundNumber` is the round of one that was sent. What is null is as it is in the chat by then.
    `refused` is the code of the error for which one was not sent when its turn came.
    """

    id: str
    workflow_id: str
    content: str
    status: Literal["queued", "sent", "removed"]
    place: int
    assistant: str | None
    model: str | None
    document_ids: list[str] | None
    round_number: int | None
    refused: str | None
    created_at: Seconds
    updated_at: Seconds


class DeltaItem(Struct, rename="camel", frozen=True):
    """A piece of an answer that is being written; `offset` counts code points of its content."""

    message_id: str
    offset: int
    text: str


class MatchPart(Struct, frozen=True):
    """A piece of a text in which words were found: a hit, or what is beside one."""

    text: str
    hit: bool


class Match(Struct, frozen=True):
    """Where a search found its words; without a message that has one, there is no `round`."""

    title: list[MatchPart]
    snippet: list[MatchPart]
    round: int | None


class ParametersItem(Struct, rename="camel", frozen=True):
    """What a model is asked beside its messages; null leaves it to the endpoint."""

    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    reasoning_effort: str | None
    extra: dict[str, Any]


class WorkflowItem(Struct, rename="camel", frozen=True):
    """A chat in the list; `titleUsage` is what it took to ask a model for its title."""

    id: str
    title: str
    title_usage: UsageItem | None
    status: Literal["idle", "running", "error"]
    pinned: bool
    unread: bool
    assistant: str | None
    model: str | None
    head_round: int | None
    system_prompt: str | None
    parameters: ParametersItem | None
    document_ids: list[str]
    seq: int
    created_at: Seconds
    updated_at: Seconds
    match: Match | UnsetType = UNSET


class SharedItem(Struct, rename="camel", frozen=True):
    """A chat as the readers of its link are told of it."""

    id: str
    title: str
    status: Literal["idle", "running", "error"]
    head_round: int | None
    seq: int
    created_at: Seconds
    updated_at: Seconds


class DeletedItem(Struct, frozen=True):
    """A chat or a document that is deleted: `deleted` is true."""

    id: str
    deleted: bool


class EndItem(Struct, rename="camel", frozen=True):
    """The end of a round."""

    workflow_id: str
    round_number: int
    message: str | None


class FailureItem(Struct, rename="camel", frozen=True):
    """The end of a round that failed; `code` is for programs, `assistant` is who was asked."""

    workflow_id: str
    round_number: int
    message: str | None
    code: str | UnsetType = UNSET
    assistant: str | UnsetType = UNSET


class ResetItem(Struct, rename="camel", frozen=True):
    """What the client has of a chat is to be dropped; of the list where `workflowId` is null."""

    workflow_id: str | None
    seq: int
    next: str | UnsetType | None = UNSET


class LostItem(Struct, rename="camel", frozen=True):
    """Events of a context can't be had any more: `lost` of them, null where that is not known."""

    context_id: str
    lost: int | None


class RevokedItem(Struct, frozen=True):
    """Why a stream has ended: the session, the token or the user is no longer let in."""

    reason: Literal["signed_out", "revoked", "password_changed", "expired", "disabled", "deleted"]


class PulseItem(Struct, frozen=True):
    """A sign of life; the next comes after as many quiet seconds."""

    seconds: float


DocumentKind = Literal[
    "text",
    "markdown",
    "html",
    "csv",
    "code",
    "pdf",
    "docx",
    "xlsx",
    "pptx",
    "odt",
    "ods",
    "odp",
    "epub",
    "rtf",
    "eml",
    "ipynb",
]


class DocumentWarning(Struct, frozen=True):
    """What could not be read in a document, or not with certainty."""

    code: str
    message: str


class DocumentItem(Struct, rename="camel", frozen=True):
    """A document in the list; `code` and `message` say why it failed.

    `seq` is the version of the list that its latest change has made.
    """

    id: str
    name: str
    kind: DocumentKind
    size: int
    status: Literal["waiting", "reading", "ready", "failed"]
    progress: Progress | None
    step: str | None
    code: str | None
    message: str | None
    pages: int | None
    passages: int
    warnings: list[DocumentWarning]
    seq: int
    created_at: Seconds
    updated_at: Seconds


class ReadingItem(Struct, frozen=True):
    """How far the reading of a document is."""

    id: str
    progress: Progress
    step: str | None


class ProbeItem(Struct, frozen=True):
    """An event of the stream doctor."""

    number: int
    padding: str | UnsetType = UNSET


class EndedItem(Struct, frozen=True):
    """The end of a series of the stream doctor."""

    message: str
