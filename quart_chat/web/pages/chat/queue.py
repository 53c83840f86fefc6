"""The queue of a chat by plain forms, for browsers without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, redirect, render_template, request

from quart_chat.chat.access import found_queued_prompt
from quart_chat.texts import _
from quart_chat.web.context import services, user_id
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

blueprint = Blueprint("queue_pages", __name__, url_prefix="/chat/<workflow_id>/queue/<prompt_id>")


@blueprint.post("/send")
async def send_now(workflow_id: str, prompt_id: str) -> ResponseReturnValue:
    """Send a queued prompt at once."""
    await services().chat.queue.send(user_id(), workflow_id, prompt_id)
    return redirect(path_to(f"/chat/{workflow_id}"), 303)


@blueprint.get("/edit")
async def edit_form(workflow_id: str, prompt_id: str) -> str:
    """A page to edit a queued prompt on."""
    queue = await services().chat.queue.read(user_id(), workflow_id)
    found = next((prompt for prompt in queue if prompt.id == prompt_id), None)
    return await render_template(
        "queued.html",
        workflow_id=workflow_id,
        prompt=found_queued_prompt(found).content,
        heading=_("Edit the queued question"),
        action=path_to(f"/chat/{workflow_id}/queue/{prompt_id}/edit"),
        hint=_("The question keeps its place in the queue."),
        submit=_("Save"),
    )


@blueprint.post("/edit")
async def edit(workflow_id: str, prompt_id: str) -> ResponseReturnValue:
    """Change the text of a queued prompt."""
    text = (await request.form).get("prompt", "").replace("\r\n", "\n")
    await services().chat.queue.edit(user_id(), workflow_id, prompt_id, text)
    return redirect(path_to(f"/chat/{workflow_id}"), 303)


@blueprint.post("/remove")
async def remove(workflow_id: str, prompt_id: str) -> str:
    """Take a prompt out of the queue; the page that follows has its text."""
    removed = await services().chat.queue.remove(user_id(), workflow_id, prompt_id)
    return await render_template(
        "queued.html",
        workflow_id=workflow_id,
        prompt=removed.content,
        heading=_("The question was removed from the queue"),
        action=path_to(f"/chat/{workflow_id}"),
        hint=_("You can change it and send it again."),
        submit=_("Send"),
    )
