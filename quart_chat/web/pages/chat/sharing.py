"""Links to chats: their owner makes and revokes them; anyone who has one reads the chat, live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from quart import Blueprint, Response, make_response, redirect, render_template, request

from quart_chat.chat.models import WorkflowStatus
from quart_chat.chat.streams.redaction import Redaction
from quart_chat.chat.streams.shared import stream_shared
from quart_chat.errors import NotFound, TooManyRequests
from quart_chat.events.quart import stream_response
from quart_chat.texts import _
from quart_chat.web.auth.public import public
from quart_chat.web.context import assistant_titles, services, user_id
from quart_chat.web.inputs import parse_seq, query_string
from quart_chat.web.openapi.operation import EVENTS, Answer, nothing, operation
from quart_chat.web.pages.chat.views import build_rounds
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.paths import path_to
from quart_chat.web.schemas.answers import ShareItem
from quart_chat.web.schemas.requests import ChatQuery, SinceQuery

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

    from quart_chat.chat.models import Share, Workflow
    from quart_chat.wire import Item

blueprint = Blueprint("sharing", __name__)

API = "/api/chatbot/workflows/<workflow_id>/share"


@blueprint.get(API)
@operation(Answer(ShareItem), tag="chats", errors=[NotFound])
async def get_share(workflow_id: str) -> Item:
    """Read the link of a chat that has one."""
    share = await services().chat.sharing.find(user_id(), workflow_id)
    if share is None:
        raise NotFound(_("This chat has no link."))
    return _item(share)


@blueprint.post(API)
@operation(Answer(ShareItem), tag="chats", errors=[NotFound])
async def create_share(workflow_id: str) -> Item:
    """Make a link with which anybody can read a chat, or find the one there is."""
    return _item(await services().chat.sharing.share(user_id(), workflow_id))


@blueprint.delete(API)
@operation(nothing("There is no link any more."), tag="chats", errors=[NotFound])
async def delete_share(workflow_id: str) -> tuple[str, int]:
    """Revoke the link of a chat: streams that are open end at once."""
    await services().chat.sharing.revoke(user_id(), workflow_id)
    return "", 204


@blueprint.get("/chat/<workflow_id>/share")
async def share_page(workflow_id: str) -> str:
    """A page to make the link of a chat, to copy and to revoke it."""
    return await _render_share(workflow_id)


@blueprint.get("/chat/<workflow_id>/share/revoke")
async def confirm_revoking(workflow_id: str) -> str:
    """The same, which asks whether to revoke the link: where no script does."""
    return await _render_share(workflow_id, asks=True)


@blueprint.post("/chat/<workflow_id>/share")
async def share_chat(workflow_id: str) -> ResponseReturnValue:
    """Make the link."""
    await services().chat.sharing.share(user_id(), workflow_id)
    return redirect(path_to(f"/chat/{workflow_id}/share"), 303)


@blueprint.post("/chat/<workflow_id>/share/revoke")
async def revoke_share(workflow_id: str) -> ResponseReturnValue:
    """Revoke the link."""
    await services().chat.sharing.revoke(user_id(), workflow_id)
    return redirect(path_to(f"/chat/{workflow_id}/share"), 303)


@blueprint.get("/shared/<token>")
@public
async def shared_page(token: str) -> Response:
    """A chat to be read: nothing can be done with it, and nothing else is shown."""
    return await _public("shared.html", token)


@blueprint.get("/shared/<token>/rounds")
@public
async def shared_rounds(token: str) -> Response:
    """Its latest rounds as a piece of HTML."""
    return await _public("shared_rounds.html", token)


@blueprint.get("/api/shared/<token>/stream")
@public
@operation(
    EVENTS, tag="streams", query=SinceQuery, resumes=True, errors=[NotFound, TooManyRequests]
)
async def shared_stream(token: str, query: SinceQuery, last_id: str | None) -> Response:
    """Stream a chat to a reader of its link, until the link is revoked."""
    chat = services().chat
    workflow = await chat.sharing.open(token)
    since = query.since if last_id is None else parse_seq(last_id) or 0
    # Each link has slots of its own: its readers take none of its owner's.
    with services().stream_limiter.take(f"share:{token}") as slot:
        chunks = stream_shared(chat, workflow, token, since)
        if request.method == "GET":
            await anext(chunks)
        return slot.stream(stream_response(chunks))


async def _render_share(workflow_id: str, *, asks: bool = False) -> str:
    chat, user = services().chat, user_id()
    workflow = await chat.workflow(user, workflow_id)
    share = await chat.sharing.find(user, workflow_id)
    return await render_in_frame(
        "share.html",
        workflow=workflow,
        share=share,
        path=share and _path(share),
        url=share and _address(share),
        asks=asks,
    )


async def _public(template: str, token: str) -> Response:
    workflow = await services().chat.sharing.open(token)
    page = await render_template(template, token=token, **await _shown(workflow))
    response = cast("Response", await make_response(page))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    # The address is the key: no page that a source leads to is told of it.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


async def _shown(workflow: Workflow) -> dict[str, Any]:
    last = query_string(ChatQuery).round
    tree = services().chat.tree
    page = await tree.branch(workflow.user_id, workflow.id, last=last, shown=True)
    redaction = Redaction(workflow.id)
    messages = tuple(map(redaction.message, page.snapshot.messages))
    logs = tuple(map(redaction.log, page.snapshot.logs))
    page = page.with_snapshot(replace(page.snapshot, messages=messages, logs=logs))
    return {
        "workflow": page.workflow,
        "rounds": build_rounds(page),
        "more": page.more,
        "latest": last is None,
        "titles": assistant_titles(),
        "running": page.workflow.status is WorkflowStatus.RUNNING,
    }


def _item(share: Share) -> Item:
    return {"token": share.token, "path": _path(share), "createdAt": share.created_at}


def _path(share: Share) -> str:
    return path_to(f"/shared/{share.token}")


def _address(share: Share) -> str:
    """The whole address of a link, for browsers without scripts.

    What ends TLS before this server leaves nothing of it in the request itself. The page that has
    led here has the address as people know it, if it is of the same host.
    """
    scheme = request.scheme
    for sent in (request.headers.get("Origin"), request.headers.get("Referer")):
        before, _, rest = (sent or "").partition("://")
        if before in ("http", "https") and rest.partition("/")[0].lower() == request.host.lower():
            scheme = before
    return f"{scheme}://{request.host}{_path(share)}"
