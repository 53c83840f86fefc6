"""The rounds of a chat as pieces of its page: earlier ones, other versions, a prompt to edit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from quart import Blueprint, Response, redirect, render_template, request

from quart_chat.errors import InvalidInput
from quart_chat.texts import _
from quart_chat.web.context import assistant_titles, services, user_id
from quart_chat.web.inputs import form_number, query_string
from quart_chat.web.pages.chat.mail import to_mail
from quart_chat.web.pages.chat.views import build_rounds
from quart_chat.web.paths import path_to
from quart_chat.web.schemas.requests import MAX_SEQ, RoundsQuery

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

blueprint = Blueprint("rounds", __name__, url_prefix="/chat/<workflow_id>")


@blueprint.get("/rounds")
async def show_rounds(workflow_id: str) -> str:
    """Rounds as a piece of HTML: the latest of the branch that is shown, or those before one."""
    before = query_string(RoundsQuery).before
    page = await services().chat.tree.branch(user_id(), workflow_id, before=before)
    return await render_template(
        "rounds.html",
        workflow=page.workflow,
        rounds=build_rounds(page),
        queue=page.queue,
        more=page.more,
        titles=assistant_titles(),
    )


@blueprint.get("/rounds/<round:number>/edit")
async def edit_prompt(workflow_id: str, number: int) -> str:
    """A page to edit a prompt on, for browsers without scripts."""
    prompt = await services().chat.tree.prompt(user_id(), workflow_id, min(number, MAX_SEQ))
    return await render_template("edit.html", workflow_id=workflow_id, number=number, prompt=prompt)


@blueprint.get("/rounds/<round:number>/answer.md")
async def show_answer(workflow_id: str, number: int) -> Response:
    """An answer as it was written, to copy."""
    text = await services().chat.tree.answer(user_id(), workflow_id, min(number, MAX_SEQ))
    response = Response(text, mimetype="text/markdown")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/rounds/<round:number>/answer.json")
async def copy_answer(workflow_id: str, number: int) -> Response:
    """An answer to be copied into a mail, as plain text and as HTML."""
    branch = services().chat.tree.branch
    page = await branch(user_id(), workflow_id, last=min(number, MAX_SEQ), limit=1)
    answers = (message for message in page.snapshot.messages if message.role != "user")
    answer = next(answers, None)
    copied = {"text": "", "html": ""}
    if answer is not None:
        copied = await asyncio.to_thread(to_mail, answer, request.url_root)
    response = Response(orjson.dumps(copied), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/head")
async def show_version(workflow_id: str) -> ResponseReturnValue:
    """Show the branch of a round."""
    head = form_number("head", (await request.form).get("head"))
    if head is None:
        raise InvalidInput(_("head: name the round to show."))
    await services().chat.change(user_id(), workflow_id, head=head)
    return redirect(path_to(f"/chat/{workflow_id}#round-{head}"), 303)
