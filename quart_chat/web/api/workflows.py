"""The API of the list of chats: list, search, rename, pin, mark as read, delete, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import asdict
from quart import Blueprint

from quart_chat.errors import InvalidInput, NotFound, RoundRunning, SearchTooBroad
from quart_chat.texts import _
from quart_chat.web.context import services, user_id
from quart_chat.web.openapi.operation import Answer, nothing, operation
from quart_chat.web.schemas.answers import Cleared, Restored, WorkflowList
from quart_chat.web.schemas.items import WorkflowItem
from quart_chat.web.schemas.requests import (
    ChangeBody,
    ListQuery,
    RestoreBody,
    WorkflowChange,
)
from quart_chat.web.schemas.settings import ParametersBody

if TYPE_CHECKING:
    from quart_chat.wire import Item

blueprint = Blueprint("workflows", __name__, url_prefix="/api/chatbot/workflows")
of_all = Blueprint("all_workflows", __name__, url_prefix="/api/chatbot")


@blueprint.get("")
@operation(Answer(WorkflowList), tag="chats", query=ListQuery, errors=[SearchTooBroad])
async def list_workflows(query: ListQuery) -> Item:
    """List the chats, newest first, a page at a time; or those that hold the words of `q`."""
    chat = services().chat
    before = query.before or None
    if not query.q.strip():
        page = await chat.lists.page(user_id(), before=before, limit=query.limit)
        return {"workflows": [entry.to_item() for entry in page.workflows], "next": page.next}
    hits = await chat.lists.search(user_id(), query.q, before=before, limit=query.limit)
    return {"workflows": [entry.to_item() for entry in hits.found], "next": hits.next}


@blueprint.get("/<workflow_id>")
@operation(Answer(WorkflowItem), tag="chats", errors=[NotFound])
async def get_workflow(workflow_id: str) -> Item:
    """Read a chat's entry in the list."""
    workflow = await services().chat.workflow(user_id(), workflow_id)
    return workflow.to_item()


@blueprint.patch("/<workflow_id>")
@operation(Answer(WorkflowItem), tag="chats", body=ChangeBody, errors=[NotFound, RoundRunning])
async def change_workflow(workflow_id: str, body: WorkflowChange) -> Item:
    """Rename or pin a chat, set what its model is told, note its reading, or show a branch."""
    changes = {name: value for name, value in asdict(body).items() if value is not UNSET}
    if not changes:
        raise InvalidInput(
            _("Send what is to change: title, pinned, systemPrompt, parameters, readSeq or head.")
        )
    if "parameters" in changes:
        given = body.parameters or ParametersBody()
        changes["parameters"] = given.to_parameters()
    workflow = await services().chat.change(user_id(), workflow_id, **changes)
    return workflow.to_item()


@blueprint.delete("/<workflow_id>")
@operation(nothing("It is deleted."), tag="chats", errors=[NotFound])
async def delete_workflow(workflow_id: str) -> tuple[str, int]:
    """Delete a chat; for an hour it can be restored, then all it holds is erased."""
    await services().chat.delete(user_id(), workflow_id)
    return "", 204


@blueprint.post("/<workflow_id>/restore")
@operation(Answer(WorkflowItem), tag="chats", errors=[NotFound])
async def restore_workflow(workflow_id: str) -> Item:
    """Bring a deleted chat back."""
    workflow = await services().chat.restore(user_id(), workflow_id)
    return workflow.to_item()


@of_all.post("/delete-all")
@operation(Answer(Cleared), tag="chats")
async def delete_all_workflows() -> Item:
    """Delete all chats; answers that are being written are stopped first.

    For an hour they can be restored together, by the moment that the answer names.
    """
    cleared = await services().chat.deletions.clear(user_id())
    return {"count": cleared.count, "deletedAt": cleared.deleted_at}


@of_all.post("/restore-all")
@operation(Answer(Restored), tag="chats", body=RestoreBody, errors=[NotFound])
async def restore_all_workflows(body: RestoreBody) -> Item:
    """Bring back the chats that were deleted together."""
    return {"count": await services().chat.deletions.restore_all(user_id(), body.deleted_at)}
