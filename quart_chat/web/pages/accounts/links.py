"""Links that are used once: to become the first administrator or a user, or to set a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, render_template, request

from quart_chat.accounts.models import Invite, LinkKind
from quart_chat.errors import InvalidInput, NameTaken, WeakPassword
from quart_chat.texts import _
from quart_chat.web.auth.client import find_origin, is_unsafe
from quart_chat.web.auth.cookies import device_secret, session_secret
from quart_chat.web.auth.public import public
from quart_chat.web.context import services
from quart_chat.web.pages.accounts.sign_in import welcome
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

PATHS = {LinkKind.SETUP: "/set-up/", LinkKind.INVITE: "/invite/", LinkKind.PASSWORD: "/password/"}
"""Where the links lead; what a link is for is told by the link, not by its address."""

blueprint = Blueprint("links", __name__)


@blueprint.get("/set-up/<secret>")
@blueprint.get("/invite/<secret>")
@blueprint.get("/password/<secret>")
@public
async def show_link(secret: str) -> str:
    """What the link is for, with a form; to look at it does not use it."""
    return await _render(await services().require_accounts().invites.get(secret))


@blueprint.post("/set-up/<secret>")
@blueprint.post("/invite/<secret>")
@blueprint.post("/password/<secret>")
@public
async def use_link(secret: str) -> ResponseReturnValue:
    """Use the link, and sign in."""
    invites = services().require_accounts().invites
    invite, form = await invites.get(secret), await request.form
    name, password = form.get("name", "").strip(), form.get("password", "")
    try:
        if is_unsafe():
            return await _render(invite, name), 400
        check_repeated(password, form.get("again", ""))
        signed_in = await invites.accept(
            secret,
            password,
            find_origin(device_secret()),
            name=None if invite.user_id else name,
            replaces=session_secret(),
        )
    except (InvalidInput, NameTaken, WeakPassword) as error:
        return await _render(invite, name, error.message), error.status
    return welcome(signed_in, path_to("/"))


def check_repeated(password: str, again: str) -> None:
    """Refuse a password that was typed in two ways."""
    if password != again:
        raise InvalidInput(_("The two passwords differ. Type them again."))


async def _render(invite: Invite, name: str = "", refused: str = "") -> str:
    return await render_template(
        "link.html", link=invite, kind=invite.kind, typed=name, refused=refused, unsafe=is_unsafe()
    )


def link_address(invite: Invite, secret: str) -> str:
    """The whole address of a link, as the browser knows this server."""
    origin = request.headers.get("Origin", "")
    base = origin if origin.startswith("http") else f"{request.scheme}://{request.host}"
    return base + path_to(f"{PATHS[invite.kind]}{secret}")
