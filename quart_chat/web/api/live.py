"""The API of what the server does now, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, Response

from quart_chat.chat.models import WorkflowStatus
from quart_chat.errors import NotFound, TooManyRequests
from quart_chat.events.quart import sse_response
from quart_chat.web.auth.identity import administrators_only
from quart_chat.web.context import services, take_stream, user_id
from quart_chat.web.monitoring.monitor import CONTEXT
from quart_chat.web.monitoring.stopping import stop_round
from quart_chat.web.monitoring.watching import monitor
from quart_chat.web.openapi.operation import EVENTS, Answer, operation
from quart_chat.web.schemas.answers import Stopped
from quart_chat.web.schemas.requests import StopQuery

if TYPE_CHECKING:
    from quart_chat.wire import Item

blueprint = Blueprint("live_api", __name__, url_prefix="/api/admin")


@blueprint.get("/live")
@administrators_only
@operation(EVENTS, tag="administration", errors=[TooManyRequests])
async def stream_figures() -> Response:
    """Stream the figures of each node, once a second, for administrators.

    An event has the type `figures`. Its item names the node, its contexts with their readers, and
    the rounds that run there.
    """
    user = user_id()
    await services().policies.check(user, CONTEXT)
    with await take_stream(user) as slot:
        return slot.stream(sse_response(CONTEXT, last_event_id=monitor().newest_id()))


@blueprint.post("/rounds/<chat:workflow_id>/stop")
@administrators_only
@operation(Answer(Stopped), tag="administration", query=StopQuery, errors=[NotFound])
async def stop_any_round(workflow_id: str, query: StopQuery) -> Item:
    """Stop the running round of any user's chat, for administrators; the log names them."""
    round_ = await stop_round(workflow_id, query.round)
    return {
        "workflowId": workflow_id,
        "roundNumber": None if round_ is None else round_.number,
        "status": WorkflowStatus.IDLE if round_ is None else round_.status,
    }
