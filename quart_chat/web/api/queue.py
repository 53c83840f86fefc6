"""The API of the prompts that wait in a chat: queue, list, edit, remove, send at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint

from quart_chat.chat.ask import Ask
from quart_chat.errors import (
    ModelNotAllowed,
    NotFound,
    PromptSent,
    PromptTooLong,
    QueueFull,
    TooManyRequests,
    UsageLimitReached,
)
from quart_chat.web.asking import queue_prompt
from quart_chat.web.context import services, user_id
from quart_chat.web.openapi.operation import Answer, operation
from quart_chat.web.schemas.answers import Placed, PromptList
from quart_chat.web.schemas.items import QueuedPromptItem
from quart_chat.web.schemas.requests import EditPromptRequest, QueuePromptRequest

if TYPE_CHECKING:
    from quart_chat.chat.queue.prompts import Placed as PlacedPrompt
    from quart_chat.wire import Item

blueprint = Blueprint("queue", __name__, url_prefix="/api/chatbot/<chat:workflow_id>/queue")


@blueprint.get("")
@operation(Answer(PromptList), tag="queue", errors=[NotFound])
async def list_queue(workflow_id: str) -> Item:
    """List the prompts that wait in a chat, in the order in which they are sent."""
    prompts = await services().chat.queue.read(user_id(), workflow_id)
    return {"prompts": [prompt.to_item() for prompt in prompts]}


@blueprint.post("")
@operation(
    Answer(Placed),
    tag="queue",
    body=QueuePromptRequest,
    errors=[
        ModelNotAllowed,
        NotFound,
        PromptTooLong,
        QueueFull,
        TooManyRequests,
        UsageLimitReached,
    ],
)
async def add_to_queue(workflow_id: str, body: QueuePromptRequest) -> Item:
    """Queue a prompt, or start its round where none runs and nothing waits."""
    ask = Ask(
        user_id(),
        body.prompt,
        workflow_id=workflow_id,
        assistant=body.assistant,
        model=body.model,
        document_ids=None if body.document_ids is None else tuple(body.document_ids),
        request_id=body.request_id,
    )
    return _answer(await queue_prompt(ask))


@blueprint.patch("/<prompt_id>")
@operation(
    Answer(QueuedPromptItem),
    tag="queue",
    body=EditPromptRequest,
    errors=[NotFound, PromptSent, PromptTooLong],
)
async def edit_queued(workflow_id: str, prompt_id: str, body: EditPromptRequest) -> Item:
    """Change the text of a prompt that waits; it keeps its place."""
    queue = services().chat.queue
    edited = await queue.edit(user_id(), workflow_id, prompt_id, body.prompt)
    return edited.to_item()


@blueprint.delete("/<prompt_id>")
@operation(Answer(QueuedPromptItem), tag="queue", errors=[NotFound, PromptSent])
async def remove_queued(workflow_id: str, prompt_id: str) -> Item:
    """Take a prompt out of the queue; the answer has the text that it had."""
    removed = await services().chat.queue.remove(user_id(), workflow_id, prompt_id)
    return removed.to_item()


@blueprint.post("/<prompt_id>/send")
@operation(
    Answer(Placed),
    tag="queue",
    errors=[ModelNotAllowed, NotFound, TooManyRequests, UsageLimitReached],
)
async def send_queued(workflow_id: str, prompt_id: str) -> Item:
    """Send a prompt at once: stop the running round, if one runs, and go on with this one."""
    return _answer(await services().chat.queue.send(user_id(), workflow_id, prompt_id))


def _answer(placed: PlacedPrompt) -> Item:
    return {
        "workflowId": placed.workflow_id,
        "roundNumber": placed.round_number,
        "queued": None if placed.queued is None else placed.queued.to_item(),
    }
