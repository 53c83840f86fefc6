"""The JSON that the API answers with."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from quart_chat.web.schemas.chatdata import StoredData
from quart_chat.web.schemas.items import (
    DocumentItem,
    ParametersItem,
    QueuedPromptItem,
    Seconds,
    WorkflowItem,
)


class Clock(Struct, frozen=True):
    """The server's time, in seconds, UTC."""

    time: Seconds


class AssistantItem(Struct, rename="camel", frozen=True):
    """Who can be asked; where `models` can't be listed, `note` says why.

    If `restricted`, the user may ask no other models than these.
    """

    name: str
    title: str
    models: list[str]
    default_model: str | None
    note: str | None
    restricted: bool


class AssistantList(Struct, frozen=True):
    """All that can be asked; `default` is asked where none is named."""

    default: str
    assistants: list[AssistantItem]


class WorkflowList(Struct, frozen=True):
    """A page of the list of chats."""

    workflows: list[WorkflowItem]
    next: str | None


class ChatDataList(Struct, frozen=True):
    """All that a chat holds after a seq."""

    items: list[StoredData]
    seq: int
    running: bool


class DocumentList(Struct, frozen=True):
    """All documents of the user."""

    documents: list[DocumentItem]


class PassageItem(Struct, rename="camel", frozen=True):
    """A slice of a document."""

    number: int
    page: int | None
    form: Literal["markdown", "plain", "code"]
    headings: list[str]
    text: str


class DocumentPassages(Struct, frozen=True):
    """A document and a page of its passages."""

    document: DocumentItem
    passages: list[PassageItem]
    next: int | None


class ErrorDetail(Struct, frozen=True):
    """Why a request was refused, for programs and for people."""

    code: str
    message: str


class RefusedFile(Struct, frozen=True):
    """A file that was not taken."""

    name: str
    error: ErrorDetail


class Uploaded(Struct, frozen=True):
    """What has become of the files of an upload."""

    documents: list[DocumentItem]
    refused: list[RefusedFile]


class Imported(Struct, frozen=True):
    """What has become of the chats of files."""

    taken: list[WorkflowItem]
    known: int
    refused: list[RefusedFile]


class ShareItem(Struct, rename="camel", frozen=True):
    """The link of a chat."""

    token: str
    path: str
    created_at: Seconds


class PromptList(Struct, frozen=True):
    """The prompts that wait in a chat, in the order in which they are sent."""

    prompts: list[QueuedPromptItem]


class Placed(Struct, rename="camel", frozen=True):
    """What has become of a prompt: `roundNumber` is its round, or null while it is `queued`."""

    workflow_id: str
    round_number: int | None
    queued: QueuedPromptItem | None


class Stopped(Struct, rename="camel", frozen=True):
    """The round that was stopped; without one, `roundNumber` is null."""

    workflow_id: str
    round_number: int | None
    status: Literal["idle", "complete", "stopped", "error"]


class Cleared(Struct, rename="camel", frozen=True):
    """How many chats were deleted; `deletedAt` restores them."""

    count: int
    deleted_at: Seconds


class Restored(Struct, frozen=True):
    """How many chats were restored."""

    count: int


class PresetItem(Struct, frozen=True):
    """Parameters of a model under a name."""

    id: str
    name: str
    parameters: ParametersItem


class PreferencesItem(Struct, rename="camel", frozen=True):
    """What the user has set for new chats, and the user's presets."""

    assistant: str | None
    model: str | None
    system_prompt: str | None
    presets: list[PresetItem]


class ConnectionItem(Struct, rename="camel", frozen=True):
    """What a test of the connection has found; `code` and `message` say what is wrong."""

    ok: bool
    models: list[str]
    listed_ms: float
    model: str | None
    answered_ms: float | None
    code: str | None
    message: str | None
    note: str | None


class ErrorAnswer(Struct, frozen=True):
    """A request that was refused."""

    error: ErrorDetail
