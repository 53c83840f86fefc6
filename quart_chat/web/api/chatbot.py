"""The API of one chat: start a round, stream it, stop it, read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, Response

from quart_chat.chat.ask import Ask
from quart_chat.chat.models import WorkflowStatus
from quart_chat.chat.streams.writer import stream_workflow
from quart_chat.errors import (
    ModelNotAllowed,
    NotFound,
    PromptTooLong,
    RoundRunning,
    TooManyRequests,
    UsageLimitReached,
)
from quart_chat.events.quart import stream_response
from quart_chat.web.asking import start_round
from quart_chat.web.context import services, take_stream, user_id
from quart_chat.web.inputs import parse_seq
from quart_chat.web.openapi.operation import EVENTS, Answer, nothing, operation
from quart_chat.web.schemas.answers import ChatDataList, Stopped
from quart_chat.web.schemas.requests import (
    SinceQuery,
    StartBody,
    StartQuery,
    StartRequest,
    StopQuery,
    StreamQuery,
)

if TYPE_CHECKING:
    from quart_chat.wire import Item

blueprint = Blueprint("chatbot", __name__, url_prefix="/api/chatbot")


@blueprint.post("/start/stream")
@operation(
    EVENTS,
    tag="chat",
    query=StartQuery,
    body=StartBody,
    errors=[
        ModelNotAllowed,
        NotFound,
        PromptTooLong,
        RoundRunning,
        TooManyRequests,
        UsageLimitReached,
    ],
)
async def start_stream(query: StartQuery, body: StartRequest) -> Response:
    """Start a round and stream it until it ends."""
    workflow_id = query.workflow_id if body.workflow_id is None else body.workflow_id
    chat, user = services().chat, user_id()
    ask = Ask(
        user,
        body.prompt,
        workflow_id=workflow_id,
        assistant=body.assistant,
        model=body.model,
        document_ids=None if body.document_ids is None else tuple(body.document_ids),
        replaces=body.replaces,
        request_id=body.request_id,
    )
    with await take_stream(user) as slot:
        started = await start_round(ask)
        chunks = stream_workflow(
            chat,
            user,
            started.workflow_id,
            since=started.since,
            after=started.after,
            follow=False,
            round_number=started.round_number,
        )
        return slot.stream(stream_response(chunks))


@blueprint.get("/<chat:workflow_id>/stream")
@operation(
    EVENTS,
    nothing("No round is running and nothing is newer."),
    tag="chat",
    query=StreamQuery,
    resumes=True,
    errors=[NotFound, TooManyRequests],
)
async def stream_chat(workflow_id: str, query: StreamQuery, last_id: str | None) -> Response:
    """Stream a chat again, from the `Last-Event-ID` header or `since` on.

    Answers 204 when nothing runs and nothing is newer.
    """
    chat, user = services().chat, user_id()
    since = query.since if last_id is None else parse_seq(last_id)
    workflow = await chat.workflow(user, workflow_id)
    idle = workflow.status is not WorkflowStatus.RUNNING and workflow.seq == since
    if idle and not query.follow:
        return Response(status=204)
    with await take_stream(user) as slot:
        chunks = stream_workflow(chat, user, workflow_id, since=since, follow=bool(query.follow))
        return slot.stream(stream_response(chunks))


@blueprint.post("/<chat:workflow_id>/stop")
@operation(Answer(Stopped), tag="chat", query=StopQuery, errors=[NotFound])
async def stop_round(workflow_id: str, query: StopQuery) -> Item:
    """Stop the running round, if one runs; with `round`, only if it is this one."""
    round_ = await services().chat.stop(user_id(), workflow_id, query.round)
    return {
        "workflowId": workflow_id,
        "roundNumber": None if round_ is None else round_.number,
        "status": WorkflowStatus.IDLE if round_ is None else round_.status,
    }


@blueprint.get("/<chat:workflow_id>/chatdata")
@operation(Answer(ChatDataList), tag="chat", query=SinceQuery, errors=[NotFound])
async def read_chat(workflow_id: str, query: SinceQuery) -> Item:
    """All that a chat holds after `since`, with the text in flight."""
    snapshot = await services().chat.snapshot(user_id(), workflow_id, query.since)
    return {
        "items": [item for _, item in snapshot.items],
        "seq": snapshot.seq,
        "running": snapshot.running,
    }
