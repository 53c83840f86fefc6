"""The page of the security log: who did what, from where; and the log as a file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict
from quart import Blueprint, Response, request

from quart_chat.accounts.security_log.events import Kind
from quart_chat.errors import InvalidInput
from quart_chat.texts import _
from quart_chat.web.auth.identity import administrators_only
from quart_chat.web.context import services
from quart_chat.web.downloads import offer_download
from quart_chat.web.inputs import query_string
from quart_chat.web.pages.administration.export import WRITERS, write
from quart_chat.web.pages.administration.sentences import describe
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.schemas.activity import ActivityPageQuery

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

blueprint = Blueprint("activity", __name__, url_prefix="/admin/activity")


def kinds() -> dict[str, str]:
    """What can be looked for, by what it is called in an address."""
    return {
        Kind.SIGN_IN: _("Signing in and out"),
        Kind.USERS: _("Users and roles"),
        Kind.CREDENTIALS: _("Passwords, passkeys, tokens"),
        Kind.LINKS: _("Links"),
        Kind.ROUNDS: _("Answers that were stopped"),
    }


@blueprint.get("")
@administrators_only
async def show_activity() -> str:
    """A page of the log, the latest first."""
    query = query_string(ActivityPageQuery)
    accounts = services().require_accounts()
    page = await accounts.log.page(
        before=query.before or None,
        limit=query.limit,
        user_id=query.user or None,
        kind=query.wanted_kind,
    )
    return await render_in_frame(
        "activity.html",
        entries=[(entry, describe(entry)) for entry in page.entries],
        next=page.next,
        query=query,
        filters={name: asdict(query)[name] for name in ("user", "kind") if asdict(query)[name]},
        users=await accounts.users.all(),
        kinds=kinds(),
        days=timedelta(seconds=accounts.log.lifetime).days,
    )


@blueprint.get("/export")
@administrators_only
async def export_activity() -> ResponseReturnValue:
    """All that the filters leave of the log, as lines of JSON or as a table."""
    query = query_string(ActivityPageQuery)
    format_ = request.args.get("format", "jsonl")
    if format_ not in WRITERS:
        raise InvalidInput(_("format: it is not available."))
    log = services().require_accounts().log
    wanted: dict[str, Any] = {"user_id": query.user or None, "kind": query.wanted_kind}
    lines = write(log, WRITERS[format_], wanted)
    first = await anext(lines)  # the database is read, or what is wrong with it is the answer
    response = Response(b"", content_type=WRITERS[format_].media_type)

    async def body() -> Any:
        yield first
        async for line in lines:
            yield line

    response.response = response.iterable_body_class(body())
    response.headers.pop("Content-Length", None)
    response.timeout = None  # as long as there are entries
    return offer_download(response, "activity", f".{format_}")
