"""Streams beside that of one chat: a page's single connection, and any context of the user."""

from __future__ import annotations

from quart import Blueprint, Response, request

from quart_chat.chat.streams.writer import stream_user
from quart_chat.errors import NotFound, TooManyRequests
from quart_chat.events.quart import sse_response, stream_response
from quart_chat.web.context import services, take_stream, user_id
from quart_chat.web.inputs import check_page_cursor
from quart_chat.web.openapi.operation import EVENTS, nothing, operation
from quart_chat.web.schemas.requests import EventsQuery, PageStreamQuery

blueprint = Blueprint("streams", __name__, url_prefix="/api")


@blueprint.get("/stream")
@operation(
    EVENTS,
    tag="streams",
    query=PageStreamQuery,
    resumes=True,
    errors=[NotFound, TooManyRequests],
)
async def page_stream(query: PageStreamQuery, last_id: str | None) -> Response:
    """Stream the list of chats and documents, and one chat, on a connection that stays open.

    An event's id is a position in both; it is sent back as the `Last-Event-ID` header or `since`.
    """
    chat, user = services().chat, user_id()
    if query.since is not None:
        check_page_cursor(query.since)
    if query.workflow_id is not None:
        await chat.workflow(user, query.workflow_id)
    with await take_stream(user) as slot:
        cursor = last_id or query.since
        chunks = stream_user(chat, user, query.workflow_id, cursor, heartbeat=True)
        if request.method == "GET":
            await anext(chunks)  # the database is read, or what is wrong with it is the answer
        return slot.stream(stream_response(chunks))


@blueprint.get("/events/<context_id>")
@operation(
    EVENTS,
    nothing("The client has already received the terminal event."),
    tag="streams",
    query=EventsQuery,
    resumes=True,
    errors=[NotFound, TooManyRequests],
)
async def context_events(context_id: str, query: EventsQuery, last_id: str | None) -> Response:
    """Stream any context that the user may read.

    One of their chats, `document:` and the id of one of their documents, or `user:` and their id.
    """
    categories = [name for name in query.categories.split(",") if name]
    user = user_id()
    await services().policies.check(user, context_id)
    with await take_stream(user) as slot:
        response = sse_response(context_id, categories=categories or None, last_event_id=last_id)
        return slot.stream(response)
