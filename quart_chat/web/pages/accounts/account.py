"""The page of the user's account: password, sessions, and tokens for programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from quart import Blueprint, Response, redirect, request

from quart_chat.accounts.models import Scope
from quart_chat.errors import (
    ChatError,
    InvalidInput,
    SignInThrottled,
    WeakPassword,
    WrongCredentials,
)
from quart_chat.texts import _
from quart_chat.web.auth.client import auth_settings, find_origin
from quart_chat.web.auth.cookies import clear_session, device_secret
from quart_chat.web.auth.guard import SIGN_IN
from quart_chat.web.auth.identity import actor, session_id
from quart_chat.web.context import services, user_id
from quart_chat.web.errors import refused_page
from quart_chat.web.pages.accounts.devices import describe_device
from quart_chat.web.pages.accounts.links import check_repeated
from quart_chat.web.pages.accounts.sign_in import provider_label
from quart_chat.web.pages.administration.sentences import describe
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.pages.usage.pages import view_usage
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

ACCOUNT = "/settings/account"

RECENT = 10
"""Entries of the security log that the page shows."""

blueprint = Blueprint("account", __name__, url_prefix=ACCOUNT)


@blueprint.get("")
async def show_account() -> str:
    """The account; ``saved`` names the part that has just been changed."""
    return await render_account(saved=request.args.get("saved", ""))


@blueprint.post("/password")
async def change_password() -> ResponseReturnValue:
    """Change the password, which signs out all other browsers."""
    form = await request.form
    new = form.get("new", "")
    try:
        check_repeated(new, form.get("again", ""))
        await (
            services()
            .require_accounts()
            .passwords.change(
                user_id(),
                form.get("current", ""),
                new,
                find_origin(device_secret()),
                keep=session_id(),
            )
        )
    except WrongCredentials:
        return await _refused(InvalidInput(_("The current password is wrong.")))
    except (InvalidInput, SignInThrottled, WeakPassword) as error:
        return await _refused(error)
    return redirect(path_to(f"{ACCOUNT}?saved=password#password"), 303)


@blueprint.post("/sessions/<ended>/revoke")
async def revoke_session(ended: str) -> ResponseReturnValue:
    """Sign out another browser."""
    await services().require_accounts().sessions.revoke(actor(), user_id(), ended)
    return redirect(path_to(f"{ACCOUNT}?saved=sessions#sessions"), 303)


@blueprint.post("/sessions/revoke-all")
async def sign_out_everywhere() -> Response:
    """Sign out all browsers, this one included."""
    await services().require_accounts().sessions.revoke_all(actor(), user_id())
    response = cast("Response", redirect(path_to(f"{SIGN_IN}?reason=signed_out"), 303))
    clear_session(response)
    return response


async def _refused(error: ChatError) -> Response:
    return refused_page(await render_account(refused=error.message), error)


async def render_account(**context: Any) -> str:
    """Render the page; ``new_token`` is shown this once."""
    accounts, user = services().require_accounts(), user_id()
    here = session_id()
    auth = auth_settings().auth
    sessions = await accounts.sessions.list(user) if auth.sessions else []
    activity = await accounts.log.own_page(user, limit=RECENT)
    passkeys = await accounts.passkeys.list(user) if auth.accounts else []
    issuer = auth_settings().oidc_issuer
    has_provider = auth.oidc and here is not None
    return await render_in_frame(
        "account.html",
        user=await accounts.users.get(user),
        signs_in=auth.sessions,
        provider=provider_label(),
        connections=await accounts.linking.list(user, issuer) if has_provider else None,
        is_fresh=has_provider and await accounts.linking.is_fresh(user, here),
        sessions=[(each, describe_device(each.user_agent), each.id == here) for each in sessions],
        passkeys=passkeys,
        device=describe_device(request.headers.get("User-Agent", "")),
        tokens=await accounts.tokens.list(user),
        activity=[(entry, describe(entry)) for entry in activity.entries],
        **await view_usage(user),
        scopes={Scope.READ: _("Read only"), Scope.WRITE: _("Read and change")},
        now=time.time(),
        **{
            "saved": "",
            "refused": "",
            "token_refused": "",
            "passkey_refused": "",
            "provider_refused": "",
            "asks": "",
            "typed": {},
            "new_token": None,
            **context,
        },
    )
