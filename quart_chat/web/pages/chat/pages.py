"""The pages. Each works as a plain page with plain forms; the scripts make it live."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from quart import Blueprint, redirect, render_template, request

from quart_chat.assistants.protocol import ModelAssistant
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import WorkflowStatus
from quart_chat.chat.usage.gate import describe
from quart_chat.errors import DatabaseUnavailable
from quart_chat.web.asking import start_or_queue
from quart_chat.web.context import assistant_titles, services, user_id
from quart_chat.web.inputs import form_number, query_string
from quart_chat.web.pages.chat.first import view_first
from quart_chat.web.pages.chat.views import build_rounds
from quart_chat.web.pages.chat_list import view_list
from quart_chat.web.paths import path_to
from quart_chat.web.schemas.requests import ChatQuery

if TYPE_CHECKING:
    from collections.abc import Collection

    from quart.typing import ResponseReturnValue

    from quart_chat.chat.preferences.models import Preferences
    from quart_chat.wire import Item

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
async def new_chat() -> str:
    """A page for the first prompt of a new chat; ``document`` chooses one to ask about."""
    chosen = request.args.getlist("document")
    preferred = await _preferred()
    return await render_template(
        "chat.html",
        **await _shell(),
        workflow=None,
        preferred=preferred,
        start=await view_first(preferred),
        today=time.time(),
        rounds=[],
        queue=(),
        more=False,
        latest=True,
        documents=await _chosen_documents(chosen),
        seq=0,
        running=False,
    )


@blueprint.get("/chat/<workflow_id>")
async def show_chat(workflow_id: str) -> str:
    """A chat as it is now: its latest rounds, or those up to one."""
    last = query_string(ChatQuery).round
    await _mark_read(workflow_id)
    shell = await _shell()
    page = await services().chat.tree.branch(user_id(), workflow_id, last=last)
    return await render_template(
        "chat.html",
        **shell,
        workflow=page.workflow,
        rounds=build_rounds(page),
        queue=page.queue,
        more=page.more,
        latest=last in (None, page.workflow.head),
        documents=await _chosen_documents(page.workflow.document_ids),
        seq=page.workflow.seq,
        running=page.workflow.status is WorkflowStatus.RUNNING,
    )


@blueprint.post("/chat")
@blueprint.post("/chat/<workflow_id>")
async def send_prompt(workflow_id: str | None = None) -> ResponseReturnValue:
    """Start a round, in a new chat or in this one, or a new version of one.

    While a round runs, a prompt is queued.
    """
    form = await request.form
    replaces = form_number("replaces", form.get("replaces"))
    prompt = form.get("prompt", None if replaces else "")
    ask = Ask(
        user_id(),
        prompt and prompt.replace("\r\n", "\n"),
        workflow_id=workflow_id,
        assistant=form.get("assistant") or None,
        model=form.get("model") or None,
        document_ids=tuple(form.getlist("documentIds")) or None,
        replaces=replaces,
    )
    return _to_chat(await start_or_queue(ask))


@blueprint.post("/chat/<workflow_id>/stop")
async def stop_chat(workflow_id: str) -> ResponseReturnValue:
    """Stop the running round."""
    await services().chat.stop(user_id(), workflow_id)
    return _to_chat(workflow_id)


@blueprint.post("/chat/<workflow_id>/rename")
async def rename_chat(workflow_id: str) -> ResponseReturnValue:
    """Give a chat another title."""
    form = await request.form
    await services().chat.change(user_id(), workflow_id, title=form.get("title", ""))
    return _to_chat(workflow_id)


@blueprint.post("/chat/<workflow_id>/instructions")
async def instruct_model(workflow_id: str) -> ResponseReturnValue:
    """Set what a model is told before all else in a chat."""
    form = await request.form
    await services().chat.change(
        user_id(), workflow_id, system_prompt=form.get("system_prompt", "")
    )
    return _to_chat(workflow_id)


@blueprint.post("/chat/<workflow_id>/pin")
async def pin_chat(workflow_id: str) -> ResponseReturnValue:
    """Pin a chat to the top of the list, or unpin it: the other of what it is."""
    chat, user = services().chat, user_id()
    workflow = await chat.workflow(user, workflow_id)
    await chat.change(user, workflow_id, pinned=not workflow.pinned)
    return _to_chat(workflow_id)


@blueprint.post("/chat/<workflow_id>/delete")
async def delete_chat(workflow_id: str) -> ResponseReturnValue:
    """Delete a chat; the page that follows offers to restore it."""
    await services().chat.delete(user_id(), workflow_id)
    return redirect(path_to(f"/?deleted={workflow_id}"), 303)


@blueprint.post("/chat/<workflow_id>/restore")
async def restore_chat(workflow_id: str) -> ResponseReturnValue:
    """Bring a deleted chat back."""
    await services().chat.restore(user_id(), workflow_id)
    return _to_chat(workflow_id)


async def _mark_read(workflow_id: str) -> None:
    """Opening a chat marks its answers as read; it opens also where that can't be stored."""
    chat, user = services().chat, user_id()
    workflow = await chat.workflow(user, workflow_id)
    if workflow.unread:
        with suppress(DatabaseUnavailable):
            await chat.change(user, workflow_id, read_seq=workflow.item_seq)


async def _chosen_documents(ids: Collection[str]) -> list[Item]:
    """Those of the documents that are still there."""
    if not ids:
        return []
    documents = services().documents
    found = await documents.documents(user_id())
    return [documents.item(document) for document in found if document.id in ids]


def _to_chat(workflow_id: str) -> ResponseReturnValue:
    return redirect(path_to(f"/chat/{workflow_id}"), 303)


async def _preferred() -> Preferences | None:
    """Who answers in new chats, where the user has set that and the assistant is offered."""
    preferences = await services().chat.preferences.read(user_id())
    return preferences if preferences.assistant in services().chat.assistants else None


async def near_limit() -> str:
    """A sentence about the limit of tokens that is nearly reached; empty where none is."""
    usage = services().chat.usage
    gauge = None if usage is None else await usage.nearest(user_id())
    return "" if gauge is None else describe(gauge)


async def _shell() -> dict[str, Any]:
    """What every chat page has around the chat: the list, and who can be asked."""
    chat = services().chat
    return {
        "list": await view_list(),
        "prompt_limit": chat.max_prompt,
        "near_limit": await near_limit(),
        "titles": assistant_titles(),
        "assistants": [
            {
                "name": assistant.name,
                "title": assistant.title,
                "models": isinstance(assistant, ModelAssistant),
            }
            for assistant in chat.assistants.values()
        ],
    }
