"""Renaming and removing the user's passkeys; a script adds them by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from quart import Blueprint, redirect, request

from quart_chat.errors import InvalidInput, LastWayIn
from quart_chat.web.auth.identity import actor, session_id
from quart_chat.web.context import services, user_id
from quart_chat.web.pages.accounts.account import ACCOUNT, render_account
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart import Response
    from quart.typing import ResponseReturnValue

blueprint = Blueprint("passkeys", __name__, url_prefix=f"{ACCOUNT}/passkeys")


@blueprint.post("/<passkey_id>/rename")
async def rename_passkey(passkey_id: str) -> ResponseReturnValue:
    """Give a passkey another name."""
    name = (await request.form).get("name", "")
    try:
        await services().require_accounts().passkeys.rename(actor(), passkey_id, name)
    except InvalidInput as error:
        return await render_account(passkey_refused=error.message), error.status
    return _saved()


@blueprint.post("/<passkey_id>/remove")
async def remove_passkey(passkey_id: str) -> ResponseReturnValue:
    """Remove a passkey; where it is the last way in, the page asks first."""
    passkeys = services().require_accounts().passkeys
    try:
        await passkeys.remove(
            actor(),
            user_id(),
            passkey_id,
            keep=session_id(),
            even_last=request.args.get("sure") == "1",
        )
    except LastWayIn as error:
        return await render_account(asks=passkey_id), error.status
    return _saved()


@blueprint.post("/decline")
async def decline_passkeys() -> ResponseReturnValue:
    """Offer no passkey again."""
    await services().require_accounts().passkeys.decline(actor())
    return redirect(path_to("/"), 303)


def _saved() -> Response:
    return cast("Response", redirect(path_to(f"{ACCOUNT}?saved=passkeys#passkeys"), 303))
