"""What streams and snapshots carry: chatData, ``{type, createdAt, item}``, of every type."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from quart_chat.web.schemas.figures import FiguresItem
from quart_chat.web.schemas.items import (
    DeletedItem,
    DeltaItem,
    DocumentItem,
    EndedItem,
    EndItem,
    FailureItem,
    LogItem,
    LostItem,
    MessageItem,
    ProbeItem,
    PulseItem,
    QueuedPromptItem,
    ReadingItem,
    ResetItem,
    RevokedItem,
    Seconds,
    SharedItem,
    WorkflowItem,
)

SCHEMAS = "#/components/schemas/"
"""Where the OpenAPI document has the schemas, each under the name of its class."""

AnyItem = dict[str, Any]


def _one_of(*items: type[Struct]) -> Meta:
    """One of several items: msgspec describes no union of structs that have no tag."""
    return Meta(
        extra_json_schema={"anyOf": [{"$ref": f"{SCHEMAS}{item.__name__}"} for item in items]}
    )


class Dated(Struct, rename="camel", frozen=True, tag_field="type"):
    """The two keys beside `item`: what it is, and when it was made."""

    created_at: Seconds


class MessageData(Dated, frozen=True, tag="message"):
    """A prompt or an answer; it replaces what the client has under its id."""

    item: MessageItem


class LogData(Dated, frozen=True, tag="log"):
    """A step; it replaces what the client has under its id."""

    item: LogItem


class QueuedData(Dated, frozen=True, tag="queued"):
    """A prompt waits, has changed, or waits no longer; it replaces what the client has."""

    item: QueuedPromptItem


class DeltaData(Dated, frozen=True, tag="delta"):
    """A piece of an answer; it is never stored, and has no id."""

    item: DeltaItem


class WorkflowData(Dated, frozen=True, tag="workflow"):
    """A chat's entry in the list has changed, or the chat is deleted."""

    item: Annotated[AnyItem, _one_of(WorkflowItem, SharedItem, DeletedItem)]


class CompleteData(Dated, frozen=True, tag="complete"):
    """A round is complete, a document is read, or a series of the doctor has been sent."""

    item: Annotated[AnyItem, _one_of(EndItem, DocumentItem, EndedItem)]


class StoppedData(Dated, frozen=True, tag="stopped"):
    """A round was stopped, or a document was deleted while it was read."""

    item: Annotated[AnyItem, _one_of(EndItem, DeletedItem)]


class ErrorData(Dated, frozen=True, tag="error"):
    """A round or a document has failed."""

    item: Annotated[AnyItem, _one_of(FailureItem, DocumentItem)]


class ResetData(Dated, frozen=True, tag="reset"):
    """The client drops what it has, and takes what follows."""

    item: Annotated[AnyItem, _one_of(ResetItem, LostItem)]


class PulseData(Dated, frozen=True, tag="pulse"):
    """Nothing is new; the connection lives."""

    item: PulseItem


class DocumentData(Dated, frozen=True, tag="document"):
    """A document's entry in the list has changed, or the document is deleted."""

    item: Annotated[AnyItem, _one_of(DocumentItem, DeletedItem)]


class StatusData(Dated, frozen=True, tag="status"):
    """A document waits, or is being read."""

    item: DocumentItem


class ProgressData(Dated, frozen=True, tag="progress"):
    """The reading of a document goes on."""

    item: ReadingItem


class FiguresData(Dated, frozen=True, tag="figures"):
    """What a node does, for administrators; it is told once a second and never stored."""

    item: FiguresItem


class RevokedData(Dated, frozen=True, tag="revoked"):
    """The last item of a stream whose reader is no longer let in."""

    item: RevokedItem


class ProbeData(Dated, frozen=True, tag="probe"):
    """An event of the stream doctor."""

    item: ProbeItem


StoredData = (
    MessageData | LogData | QueuedData | WorkflowData | CompleteData | StoppedData | ErrorData
)
"""What a chat holds."""

ChatData = (
    StoredData
    | DeltaData
    | ResetData
    | PulseData
    | DocumentData
    | StatusData
    | ProgressData
    | ProbeData
    | FiguresData
)
"""What a stream carries."""

GuardedChatData = ChatData | RevokedData
"""What a stream carries where there are accounts."""

ONE_OF_SEVERAL = (
    DeletedItem,
    DocumentItem,
    EndItem,
    EndedItem,
    FailureItem,
    LostItem,
    ResetItem,
    SharedItem,
    WorkflowItem,
)
"""The items that the schemas of chatData name without holding their types."""
