"""The API of the list of chats: list, search, rename, pin, mark as read, delete, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict
from quart import Blueprint
from quart_schema import document_querystring, document_request, document_response, tag_blueprint

from quart_chat.errors import InvalidInput
from quart_chat.texts import _
from quart_chat.web.context import services, user_id
from quart_chat.web.inputs import json_body, query_string
from quart_chat.web.openapi import document_answer
from quart_chat.web.schemas import (
    ErrorAnswer,
    ListQuery,
    WorkflowChange,
    WorkflowItem,
    WorkflowList,
)

if TYPE_CHECKING:
    from quart_chat.chat.models import Item

blueprint = Blueprint("workflows", __name__, url_prefix="/api/chatbot/workflows")
tag_blueprint(blueprint, ["chats"])


@blueprint.get("")
@document_querystring(ListQuery)
@document_response(WorkflowList)
async def list_workflows() -> Item:
    """List the chats, newest first, a page at a time; or those that hold the words of `q`."""
    query, chat = query_string(ListQuery), services().chat
    before = query.before or None
    if not query.q.strip():
        page = await chat.list_workflows(user_id(), before=before, limit=query.limit)
        return {"workflows": [entry.to_item() for entry in page.workflows], "next": page.next}
    hits = await chat.search_workflows(user_id(), query.q, before=before, limit=query.limit)
    return {"workflows": [entry.to_item() for entry in hits.found], "next": hits.next}


@blueprint.get("/<workflow_id>")
@document_response(WorkflowItem)
@document_response(ErrorAnswer, 404)
async def get_workflow(workflow_id: str) -> Item:
    """Read a chat's entry in the list."""
    workflow = await services().chat.workflow(user_id(), workflow_id)
    return workflow.to_item()


@blueprint.patch("/<workflow_id>")
@document_request(WorkflowChange)
@document_response(WorkflowItem)
@document_response(ErrorAnswer, 404)
@document_response(ErrorAnswer, 409)
async def change_workflow(workflow_id: str) -> Item:
    """Rename or pin a chat, set what its model is told, note its reading, or show a branch."""
    change = await json_body(WorkflowChange)
    if change == WorkflowChange():
        raise InvalidInput(
            _("Send what is to change: title, pinned, systemPrompt, readSeq or head.")
        )
    workflow = await services().chat.change(user_id(), workflow_id, **asdict(change))
    return workflow.to_item()


@blueprint.delete("/<workflow_id>")
@document_answer(204, "It is deleted.")
@document_response(ErrorAnswer, 404)
async def delete_workflow(workflow_id: str) -> tuple[str, int]:
    """Delete a chat; for an hour it can be restored, then all it holds is erased."""
    await services().chat.delete(user_id(), workflow_id)
    return "", 204


@blueprint.post("/<workflow_id>/restore")
@document_response(WorkflowItem)
@document_response(ErrorAnswer, 404)
async def restore_workflow(workflow_id: str) -> Item:
    """Bring a deleted chat back."""
    workflow = await services().chat.restore(user_id(), workflow_id)
    return workflow.to_item()
