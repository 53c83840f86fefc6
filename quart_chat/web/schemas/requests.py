"""The bodies and query strings of requests, and the names in their paths."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from quart_chat.web.schemas.settings import ParametersBody

# What JavaScript counts exactly; no sequence of changes gets there.
MAX_SEQ = 2**53 - 1

Since = Annotated[int, Meta(ge=0, le=MAX_SEQ, description="the last seq the client has")]

RoundNumber = Annotated[int, Meta(ge=1, le=MAX_SEQ, description="the number of a round")]


WorkflowId = Annotated[str, Meta(description="the id of a chat: 32 hexadecimal digits")]

Assistant = Annotated[str, Meta(description="one of the list of assistants")]

Model = Annotated[str, Meta(description="one of that assistant's models")]

DocumentIds = Annotated[
    list[str], Meta(description="the documents to answer from, which must be ready")
]

RequestId = Annotated[str, Meta(min_length=8, max_length=100)]

_NOT_EMPTY = Meta(extra_json_schema={"minLength": 1})

PATH: dict[str, Any] = {
    "workflow_id": Annotated[WorkflowId, Meta(pattern="^[0-9a-f]{32}$")],
    "document_id": Annotated[
        str,
        Meta(pattern="^[0-9a-f]{32}$", description="the id of a document: 32 hexadecimal digits"),
    ],
    "preset_id": Annotated[
        str, Meta(pattern="^[0-9a-f]{32}$", description="the id of a preset: 32 hexadecimal digits")
    ],
    "prompt_id": Annotated[
        str,
        Meta(pattern="^[0-9a-f]{32}$", description="the id of a prompt that was queued"),
    ],
    "token": Annotated[
        str, Meta(pattern="^[A-Za-z0-9_-]{43}$", description="the secret of the link of a chat")
    ],
    "context_id": Annotated[
        str,
        Meta(
            pattern="^([0-9a-f]{32}|document:[0-9a-f]{32}|user:[a-z]+)$",
            description="a chat's id; `document:` and a document's id; or `user:` and the user's",
        ),
    ],
}
"""What stands in paths. It is checked by what looks it up: any other name is of nothing, a 404."""


class StartRequest(Struct, rename="camel", frozen=True):
    """A prompt, for a new chat or for the one that is named.

    With `replaces`, a new version of that round; without a prompt, its answer is written again.
    A request that is sent again with the same `requestId` starts no second round.
    """

    prompt: Annotated[str, _NOT_EMPTY] | None = None
    workflow_id: WorkflowId | None = None
    assistant: Assistant | None = None
    model: Model | None = None
    document_ids: DocumentIds | None = None
    replaces: RoundNumber | None = None
    request_id: RequestId | None = None


StartBody = Annotated[
    StartRequest,
    Meta(
        extra_json_schema={
            "anyOf": [
                {"required": ["prompt"], "properties": {"prompt": {"type": "string"}}},
                {"required": ["replaces"], "properties": {"replaces": {"type": "integer"}}},
            ],
            "examples": [{"prompt": "What is a round?", "assistant": "librarian"}],
        }
    ),
]
"""A prompt, or the round whose prompt is asked again."""


class StartQuery(Struct, rename="camel", frozen=True):
    """Where the prompt goes, if the body doesn't say."""

    workflow_id: WorkflowId | None = None


class QueuePromptRequest(Struct, rename="camel", frozen=True):
    """A prompt to send when the running round has ended.

    What is not named is as it is in the chat by then. A request that is sent again with the same
    `requestId` queues no second prompt.
    """

    prompt: Annotated[str, _NOT_EMPTY]
    assistant: Assistant | None = None
    model: Model | None = None
    document_ids: DocumentIds | None = None
    request_id: RequestId | None = None


class EditPromptRequest(Struct, frozen=True):
    """Another text for a prompt that waits."""

    prompt: Annotated[str, _NOT_EMPTY]


class StreamQuery(Struct, frozen=True):
    """Where a stream begins, and whether it goes on after the round."""

    since: Since = 0
    follow: Annotated[
        int, Meta(ge=0, le=1, description="1: keep the stream open across rounds")
    ] = 0


class SinceQuery(Struct, frozen=True):
    """Where a snapshot begins."""

    since: Since = 0


class StopQuery(Struct, frozen=True):
    """Which round to stop; without a number, the one that runs."""

    round: RoundNumber | None = None


class RoundsQuery(Struct, frozen=True):
    """Which rounds of a branch to show; without a number, the latest."""

    before: RoundNumber | None = None


class ChatQuery(Struct, frozen=True):
    """The round to show a chat up to, on whichever branch it is; without a number, the latest."""

    round: RoundNumber | None = None


class ListQuery(Struct, frozen=True):
    """Which chats to list."""

    q: Annotated[str, Meta(max_length=200, description="words to search the chats for")] = ""
    before: Annotated[str, Meta(description="the `next` of the previous page")] = ""
    limit: Annotated[int, Meta(ge=1, le=100, description="chats per page")] = 30


PageCursor = Annotated[
    str,
    Meta(
        description="the id of the last event that the client has",
        extra_json_schema={"pattern": "^(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})$"},
    ),
]


class PageStreamQuery(Struct, rename="camel", frozen=True):
    """Which chat to stream beside the list, and from where on."""

    workflow_id: WorkflowId | None = None
    since: PageCursor | None = None


class EventsQuery(Struct, frozen=True):
    """Which events to stream."""

    categories: Annotated[str, Meta(description="categories to stream, separated by commas")] = ""


class ProbeQuery(Struct, frozen=True):
    """The series of events that the stream doctor is to be sent; at most four minutes of them."""

    events: Annotated[int, Meta(ge=1, le=100, description="small events")] = 20
    interval: Annotated[
        int, Meta(ge=10, le=1000, description="milliseconds between two events")
    ] = 100
    padded: Annotated[int, Meta(ge=0, le=20, description="large events after the small ones")] = 8
    padding: Annotated[
        int, Meta(ge=0, le=16_384, description="bytes added to each large event")
    ] = 4096
    pause: Annotated[
        int, Meta(ge=0, le=120, description="seconds of silence before a last event")
    ] = 0


class WorkflowChange(Struct, rename="camel", frozen=True):
    """What to change of a chat; an empty `systemPrompt`, or `parameters` of null, takes it away."""

    title: Annotated[str, _NOT_EMPTY] | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    read_seq: (
        Annotated[int, Meta(ge=0, le=MAX_SEQ, description="the seq up to which it has been seen")]
        | UnsetType
    ) = UNSET
    head: RoundNumber | UnsetType = UNSET
    system_prompt: str | UnsetType = UNSET
    parameters: ParametersBody | UnsetType | None = UNSET


ChangeBody = Annotated[
    WorkflowChange,
    Meta(
        extra_json_schema={
            "anyOf": [
                {"required": [name]}
                for name in ("title", "pinned", "readSeq", "head", "systemPrompt", "parameters")
            ],
            "examples": [{"title": "Backups", "pinned": True}],
        }
    ),
]
"""At least one of the changes."""


class RestoreBody(Struct, rename="camel", frozen=True):
    """The moment at which chats were deleted together, as the deletion was answered."""

    deleted_at: Annotated[float, Meta(ge=0, le=1e11)]
