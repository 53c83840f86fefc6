"""The bodies and query strings of the API: what requests are decoded by and the document shows."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

# What JavaScript counts exactly; no sequence of changes gets there.
MAX_SEQ = 2**53 - 1

Since = Annotated[int, Meta(ge=0, le=MAX_SEQ, description="the last seq the client has")]


RoundNumber = Annotated[int, Meta(ge=1, le=MAX_SEQ, description="the number of a round")]


class StartRequest(Struct, rename="camel", frozen=True):
    """A prompt, for a new chat or for the one that is named.

    With `replaces`, a new version of that round; without a prompt, its answer is written again.
    A request that is sent again with the same `requestId` starts no second round.
    """

    prompt: str | None = None
    workflow_id: str | None = None
    assistant: str | None = None
    model: str | None = None
    document_ids: list[str] | None = None
    replaces: RoundNumber | None = None
    request_id: Annotated[str, Meta(min_length=8, max_length=100)] | None = None


class StartQuery(Struct, rename="camel", frozen=True):
    """Where the prompt goes, if the body doesn't say."""

    workflow_id: str | None = None


class StreamQuery(Struct, frozen=True):
    """Where a stream begins, and whether it goes on after the round."""

    since: Since = 0
    follow: Annotated[int, Meta(ge=0, le=1, description="1: stay open across rounds")] = 0


class SinceQuery(Struct, frozen=True):
    """Where a snapshot begins."""

    since: Since = 0


class RoundsQuery(Struct, frozen=True):
    """Which rounds of a branch to show; without a number, the latest."""

    before: RoundNumber | None = None


class ChatQuery(Struct, frozen=True):
    """The round to show a chat up to, on whichever branch it is; without a number, the latest."""

    round: RoundNumber | None = None


class ListQuery(Struct, frozen=True):
    """Which chats to list."""

    q: Annotated[str, Meta(max_length=200, description="words to search the chats for")] = ""
    before: Annotated[str, Meta(description="the `next` of the page before")] = ""
    limit: Annotated[int, Meta(ge=1, le=100, description="chats a page")] = 30


class PageStreamQuery(Struct, rename="camel", frozen=True):
    """Which chat to stream beside the list, and from where on."""

    workflow_id: str | None = None
    since: Annotated[
        str | None, Meta(description="the id of the last event that the client has")
    ] = None


class EventsQuery(Struct, frozen=True):
    """Which events to stream."""

    categories: Annotated[str, Meta(description="categories to read, with commas between")] = ""


class ProbeQuery(Struct, frozen=True):
    """The series of events that the stream doctor is to be sent; at most four minutes of them."""

    events: Annotated[int, Meta(ge=1, le=100, description="small events")] = 20
    interval: Annotated[
        int, Meta(ge=10, le=1000, description="milliseconds between two events")
    ] = 100
    padded: Annotated[int, Meta(ge=0, le=20, description="large events after the small ones")] = 8
    padding: Annotated[int, Meta(ge=0, le=16_384, description="bytes that make them large")] = 4096
    pause: Annotated[
        int, Meta(ge=0, le=120, description="seconds of silence before a last event")
    ] = 0


class Clock(Struct, frozen=True):
    """The server's time, in seconds, UTC."""

    time: float


class WorkflowChange(Struct, rename="camel", frozen=True):
    """What to change of a chat; an empty `systemPrompt` takes it away."""

    title: str | None = None
    pinned: bool | None = None
    read_seq: (
        Annotated[int, Meta(ge=0, le=MAX_SEQ, description="the seq up to which it has been seen")]
        | None
    ) = None
    head: RoundNumber | None = None
    system_prompt: str | None = None


class MatchPart(Struct, frozen=True):
    """A piece of a text in which words were found: a hit, or what is beside one."""

    text: str
    hit: bool


class Match(Struct, frozen=True):
    """Where a search found its words; without a message that has one, there is no `round`."""

    title: list[MatchPart]
    snippet: list[MatchPart]
    round: int | None


class WorkflowItem(Struct, rename="camel", frozen=True):
    """A chat in the list."""

    id: str
    title: str
    status: str
    pinned: bool
    unread: bool
    assistant: str | None
    model: str | None
    head_round: int | None
    system_prompt: str | None
    document_ids: list[str]
    seq: int
    created_at: float
    updated_at: float
    match: Match | UnsetType = UNSET


class AssistantItem(Struct, rename="camel", frozen=True):
    """Who can be asked; where `models` can't be listed, `note` says why."""

    name: str
    title: str
    models: list[str]
    default_model: str | None
    note: str | None


class AssistantList(Struct, frozen=True):
    """All who can be asked; `default` is asked where nobody is named."""

    default: str
    assistants: list[AssistantItem]


class WorkflowList(Struct, frozen=True):
    """A page of the list of chats."""

    workflows: list[WorkflowItem]
    next: str | None


class ChatData(Struct, rename="camel", frozen=True):
    """Anything of a chat."""

    type: str
    created_at: float
    item: dict[str, Any]


class ChatDataList(Struct, frozen=True):
    """All that a chat holds after a seq."""

    items: list[ChatData]
    seq: int
    running: bool


class PassagesQuery(Struct, frozen=True):
    """Which passages of a document to read."""

    after: Annotated[
        int, Meta(ge=0, le=MAX_SEQ, description="the number of the last passage the client has")
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=500, description="passages a page")] = 200


class PreviewQuery(Struct, frozen=True):
    """Which passages of a document to show, and which of them to mark."""

    after: Annotated[int, Meta(ge=0, le=MAX_SEQ)] = 0
    passage: Annotated[int, Meta(ge=1, le=MAX_SEQ)] | None = None


class DocumentItem(Struct, rename="camel", frozen=True):
    """A document in the list."""

    id: str
    name: str
    kind: str
    size: int
    status: str
    progress: float | None
    step: str | None
    code: str | None
    message: str | None
    pages: int | None
    passages: int
    created_at: float
    updated_at: float


class DocumentList(Struct, frozen=True):
    """All documents of the user."""

    documents: list[DocumentItem]


class PassageItem(Struct, rename="camel", frozen=True):
    """A slice of a document."""

    number: int
    page: int | None
    form: str
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
    """The link of a chat, if it has one."""

    token: str | None
    path: str | None
    created_at: float | None


class Stopped(Struct, rename="camel", frozen=True):
    """The round that was stopped; without one, `roundNumber` is null."""

    workflow_id: str
    round_number: int | None
    status: str


class ErrorAnswer(Struct, frozen=True):
    """A request that was refused."""

    error: ErrorDetail
