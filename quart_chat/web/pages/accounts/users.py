"""The administrators' page of users: inviting, disabling and deleting them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from quart import Blueprint, redirect, request

from quart_chat.accounts.models import NewInvite, Role
from quart_chat.errors import InvalidInput, LastAdministrator
from quart_chat.texts import _
from quart_chat.web.auth.client import auth_settings
from quart_chat.web.auth.identity import actor, administrators_only
from quart_chat.web.context import services, user_id
from quart_chat.web.pages.accounts.links import link_address
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

USERS = "/admin/users"

blueprint = Blueprint("users", __name__, url_prefix=USERS)


@blueprint.get("")
@administrators_only
async def show_users() -> str:
    """All users, and the links that can still be used."""
    return await _render(saved=request.args.get("saved", ""))


@blueprint.post("/invite")
@administrators_only
async def invite_user() -> str:
    """Make a link by which someone becomes a user, and show it this once."""
    role = _role((await request.form).get("role", ""))
    invite = await services().require_accounts().invites.create(actor(), role)
    return await _render(**_shown(invite))


@blueprint.post("/links/<invite_id>/revoke")
@administrators_only
async def revoke_link(invite_id: str) -> ResponseReturnValue:
    """End a link."""
    await services().require_accounts().invites.revoke(actor(), invite_id)
    return redirect(path_to(f"{USERS}?saved=link#links"), 303)


@blueprint.post("/<target_id>/password-link")
@administrators_only
async def link_password(target_id: str) -> str:
    """Make a link by which a user sets a new password, and show it this once."""
    accounts = services().require_accounts()
    return await _render(**_shown(await accounts.invites.create_password_link(actor(), target_id)))


@blueprint.post("/<target_id>/disable")
@administrators_only
async def disable_user(target_id: str) -> ResponseReturnValue:
    """Shut a user out."""
    return await _change(services().require_accounts().users.disable(actor(), target_id))


@blueprint.post("/<target_id>/enable")
@administrators_only
async def enable_user(target_id: str) -> ResponseReturnValue:
    """Let a user in again."""
    return await _change(services().require_accounts().users.enable(actor(), target_id))


@blueprint.post("/<target_id>/role")
@administrators_only
async def change_role(target_id: str) -> ResponseReturnValue:
    """Make a user an administrator, or an administrator a user."""
    role = _role((await request.form).get("role", ""))
    return await _change(services().require_accounts().users.set_role(actor(), target_id, role))


@blueprint.get("/<target_id>/delete")
@administrators_only
async def confirm_deletion(target_id: str) -> str:
    """The same page, which asks whether to delete a user."""
    return await _render(asks=await services().require_accounts().users.get(target_id))


@blueprint.post("/<target_id>/delete")
@administrators_only
async def delete_user(target_id: str) -> ResponseReturnValue:
    """Delete a user, with all chats and documents."""
    return await _change(services().require_accounts().users.delete(actor(), target_id))


async def _change(change: Any) -> ResponseReturnValue:
    try:
        await change
    except LastAdministrator as error:
        return await _render(refused=error.message), error.status
    return redirect(path_to(f"{USERS}?saved=users"), 303)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise InvalidInput(_("role: it is not available.")) from error


def _shown(new: NewInvite) -> dict[str, Any]:
    return {"new_link": new.invite, "address": link_address(new.invite, new.secret)}


async def _render(**context: Any) -> str:
    accounts = services().require_accounts()
    return await render_in_frame(
        "users.html",
        users=await accounts.users.all(),
        links=await accounts.invites.list(),
        me=user_id(),
        signs_in=auth_settings().auth.accounts,
        roles={Role.USER: _("User"), Role.ADMIN: _("Administrator")},
        now=time.time(),
        **{"saved": "", "refused": "", "asks": None, "new_link": None, "address": "", **context},
    )
