"""Streams beside that of one chat: a page's single connection, and any context of the user."""

from __future__ import annotations

from quart import Blueprint, Response, request
from quart_schema import document_querystring, document_response, tag_blueprint

from quart_chat.chat.stream import stream_user
from quart_chat.events.quart import sse_response, stream_response
from quart_chat.web.context import services, user_id
from quart_chat.web.inputs import last_event_id, query_string
from quart_chat.web.openapi import document_answer, document_stream
from quart_chat.web.schemas import ErrorAnswer, EventsQuery, PageStreamQuery

blueprint = Blueprint("streams", __name__, url_prefix="/api")
tag_blueprint(blueprint, ["streams"])


@blueprint.get("/stream")
@document_querystring(PageStreamQuery)
@document_stream
@document_response(ErrorAnswer, 404)
@document_response(ErrorAnswer, 503)
async def page_stream() -> Response:
    """Stream the list of chats, and one chat, on a connection that stays open.

    An event's id is a position in both; it is sent back as the `Last-Event-ID` header or `since`.
    """
    query, chat, user = query_string(PageStreamQuery), services().chat, user_id()
    if query.workflow_id is not None:
        await chat.workflow(user, query.workflow_id)
    with services().slots.take(user) as slot:
        cursor = last_event_id() or query.since
        chunks = stream_user(chat, user, query.workflow_id, cursor, pulse=True)
        if request.method == "GET":
            await anext(chunks)  # the database is read, or what is wrong with it is the answer
        return slot.stream(stream_response(chunks))


@blueprint.get("/events/<context_id>")
@document_querystring(EventsQuery)
@document_stream
@document_answer(204, "The client has seen the end of the context.")
@document_response(ErrorAnswer, 404)
async def context_events(context_id: str) -> Response:
    """Stream any context that the user may read.

    One of their chats, `document:` and the id of one of their documents, or `user:` and their id.
    """
    categories = [name for name in query_string(EventsQuery).categories.split(",") if name]
    user = user_id()
    kind, _, document_id = context_id.rpartition(":")
    if kind == "document":
        await services().documents.announce(user, document_id)
    elif context_id != f"user:{user}":
        await services().chat.workflow(user, context_id)
    with services().slots.take(user) as slot:
        response = sse_response(
            context_id, categories=categories or None, last_event_id=last_event_id()
        )
        return slot.stream(response)
