"""The API of one chat: start a round, stream it, stop it, read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, Response
from quart_schema import document_querystring, document_request, document_response, tag_blueprint

from quart_chat.chat.models import WorkflowStatus
from quart_chat.chat.stream import stream_workflow
from quart_chat.events.quart import stream_response
from quart_chat.web.asking import start_round
from quart_chat.web.context import services, user_id
from quart_chat.web.inputs import json_body, last_event_id, parse_seq, query_string
from quart_chat.web.openapi import document_answer, document_stream
from quart_chat.web.schemas import (
    ChatDataList,
    ErrorAnswer,
    SinceQuery,
    StartQuery,
    StartRequest,
    Stopped,
    StreamQuery,
)

if TYPE_CHECKING:
    from quart_chat.chat.models import Item

blueprint = Blueprint("chatbot", __name__, url_prefix="/api/chatbot")
tag_blueprint(blueprint, ["chat"])


@blueprint.post("/start/stream")
@document_querystring(StartQuery)
@document_request(StartRequest)
@document_stream
@document_response(ErrorAnswer, 409)
async def start_stream() -> Response:
    """Start a round and stream it until it ends."""
    body = await json_body(StartRequest)
    workflow_id = body.workflow_id
    if workflow_id is None:
        workflow_id = query_string(StartQuery).workflow_id
    chat, user = services().chat, user_id()
    with services().slots.take(user) as slot:
        started = await start_round(
            body.prompt,
            workflow_id=workflow_id,
            assistant=body.assistant,
            model=body.model,
            document_ids=body.document_ids,
            replaces=body.replaces,
            request_id=body.request_id,
        )
        chunks = stream_workflow(
            chat,
            user,
            started.workflow_id,
            since=started.since,
            follow=False,
            round_number=started.round_number,
        )
        return slot.stream(stream_response(chunks))


@blueprint.get("/<workflow_id>/stream")
@document_querystring(StreamQuery)
@document_stream
@document_answer(204, "Nothing runs and nothing is newer.")
@document_response(ErrorAnswer, 404)
async def stream(workflow_id: str) -> Response:
    """Stream a chat again, from the `Last-Event-ID` header or `since` on.

    Answers 204 when nothing runs and nothing is newer.
    """
    query, chat, user = query_string(StreamQuery), services().chat, user_id()
    last_id = last_event_id()
    since = query.since if last_id is None else parse_seq(last_id)
    workflow = await chat.workflow(user, workflow_id)
    idle = workflow.status is not WorkflowStatus.RUNNING and workflow.seq == since
    if idle and not query.follow:
        return Response(status=204)
    with services().slots.take(user) as slot:
        chunks = stream_workflow(chat, user, workflow_id, since=since, follow=bool(query.follow))
        return slot.stream(stream_response(chunks))


@blueprint.post("/<workflow_id>/stop")
@document_response(Stopped)
@document_response(ErrorAnswer, 404)
async def stop(workflow_id: str) -> Item:
    """Stop the running round, if one runs."""
    round_ = await services().chat.stop(user_id(), workflow_id)
    return {
        "workflowId": workflow_id,
        "roundNumber": None if round_ is None else round_.number,
        "status": WorkflowStatus.IDLE if round_ is None else round_.status,
    }


@blueprint.get("/<workflow_id>/chatdata")
@document_querystring(SinceQuery)
@document_response(ChatDataList)
@document_response(ErrorAnswer, 404)
async def chatdata(workflow_id: str) -> Item:
    """All that a chat holds after `since`, with the text in flight."""
    since = query_string(SinceQuery).since
    snapshot = await services().chat.snapshot(user_id(), workflow_id, since)
    return {
        "items": [item for _, item in snapshot.items],
        "seq": snapshot.seq,
        "running": snapshot.running,
    }
