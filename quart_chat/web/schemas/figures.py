"""What an administrator is shown of a node: its contexts, their readers and the rounds it runs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from quart_chat.web.schemas.items import Seconds

Rate = Annotated[float | None, Meta(description="null with the first figures of a node")]
UserName = Annotated[str | None, Meta(description="null where the user is not known")]


class ReaderItem(Struct, frozen=True):
    """A reader of a context, and how far it is behind: in events, and in seconds."""

    user: UserName
    behind: int
    seconds: float


class ContextItem(Struct, rename="camel", frozen=True):
    """A context; of a chat and of a document, `id` is the beginning of the id."""

    kind: Literal["chat", "list", "document", "nodes", "page", "other"]
    id: str
    user: UserName
    events_per_second: Rate
    readers: Annotated[list[ReaderItem], Meta(description="those furthest behind")]
    more_readers: int


class RunningItem(Struct, rename="camel", frozen=True):
    """A round that runs; `model` is null for an assistant without models."""

    workflow_id: str
    round_number: int
    user: UserName
    assistant: str
    model: str | None
    started_at: Seconds


class FiguresItem(Struct, rename="camel", frozen=True):
    """What one node does."""

    node: str
    at: Seconds
    contexts: int
    readers: int
    behind: Annotated[int, Meta(description="events that wait for readers, of all readers")]
    furthest_behind: Annotated[int, Meta(description="events that wait for one reader")]
    events_per_second: Rate
    deliveries_per_second: Rate
    busiest: list[ContextItem]
    more_contexts: int
    rounds: Annotated[list[RunningItem], Meta(description="the oldest first")]
    more_rounds: int
