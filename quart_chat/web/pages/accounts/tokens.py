"""Making and revoking the tokens of one's own programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from quart import Blueprint, redirect, request

from quart_chat.accounts.models import Scope
from quart_chat.errors import InvalidInput
from quart_chat.texts import _
from quart_chat.web.auth.identity import actor
from quart_chat.web.context import services, user_id
from quart_chat.web.pages.accounts.account import ACCOUNT, render_account
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

DAY = 24 * 60 * 60

LIFETIMES = ("30", "90", "365", "")
"""Days for which a token may be used; empty for one that does not expire."""

blueprint = Blueprint("tokens", __name__, url_prefix=f"{ACCOUNT}/tokens")


@blueprint.post("")
async def create_token() -> ResponseReturnValue:
    """Make a token, and show its secret this once."""
    form = await request.form
    typed = {name: form.get(name, "") for name in ("name", "scope", "days")}
    try:
        created = (
            await services()
            .require_accounts()
            .tokens.create(actor(), user_id(), typed["name"].strip(), _scope(typed), _expiry(typed))
        )
    except InvalidInput as error:
        return await render_account(token_refused=error.message, typed=typed), error.status
    return await render_account(new_token=created)


@blueprint.post("/<token_id>/revoke")
async def revoke_token(token_id: str) -> ResponseReturnValue:
    """Revoke a token."""
    await services().require_accounts().tokens.revoke(actor(), user_id(), token_id)
    return redirect(path_to(f"{ACCOUNT}?saved=tokens#tokens"), 303)


def _scope(typed: dict[str, str]) -> Scope:
    try:
        return Scope(typed["scope"])
    except ValueError as error:
        raise InvalidInput(_("scope: it is not available.")) from error


def _expiry(typed: dict[str, str]) -> float | None:
    if typed["days"] not in LIFETIMES:
        raise InvalidInput(_("days: it is not available."))
    return time.time() + int(typed["days"]) * DAY if typed["days"] else None
