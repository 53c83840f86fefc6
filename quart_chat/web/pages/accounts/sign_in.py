"""The page to sign in, and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from quart import Blueprint, Response, redirect, render_template, request

from quart_chat.errors import (
    ChatError,
    Forbidden,
    InvalidInput,
    SignInThrottled,
    WrongCredentials,
)
from quart_chat.texts import _
from quart_chat.web.auth.client import auth_settings, client_address, find_origin, is_unsafe
from quart_chat.web.auth.cookies import (
    clear_session,
    device_secret,
    session_secret,
    set_session,
)
from quart_chat.web.auth.credentials import identify
from quart_chat.web.auth.guard import SIGN_IN
from quart_chat.web.auth.paths import start_address
from quart_chat.web.auth.public import public
from quart_chat.web.context import services
from quart_chat.web.errors import refused_page
from quart_chat.web.pages.settings.languages import safe_redirect_target
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue
    from werkzeug.wrappers import Response as WerkzeugResponse

    from quart_chat.accounts.models import SignedIn


blueprint = Blueprint("sign_in", __name__)


@blueprint.get(SIGN_IN)
@public
async def show_sign_in() -> ResponseReturnValue:
    """The page; one who is signed in already goes on."""
    if await identify(services().require_accounts()) is not None:
        return redirect(target(request.args.get("next", "")), 303)
    return await render_sign_in(reason=request.args.get("reason", ""))


@blueprint.post(SIGN_IN)
@public
async def begin_session() -> ResponseReturnValue:
    """Sign in with a name and a password."""
    if not auth_settings().auth.accounts:
        raise Forbidden(_("This server takes no passwords."))
    form = await request.form
    name, then = form.get("name", "").strip(), form.get("next", "")
    if is_unsafe():
        return await render_sign_in(name=name, then=then), 400
    try:
        signed_in = (
            await services()
            .require_accounts()
            .sign_in.with_password(
                name,
                form.get("password", ""),
                find_origin(device_secret()),
                replaces=session_secret(),
            )
        )
    except (InvalidInput, SignInThrottled, WrongCredentials) as error:
        page = await render_sign_in(name=name, then=then, refused=error.message)
        return refused_page(page, error)
    return welcome(signed_in, then)


@blueprint.post("/sign-out")
@public
async def end_session() -> Response:
    """Sign out in this browser, whether or not the session still lives."""
    return await sign_out(redirect(path_to(f"{SIGN_IN}?reason=signed_out"), 303))


async def sign_out(redirection: WerkzeugResponse) -> Response:
    """End the session of this browser, if it has one, and lead it to another page."""
    secret = session_secret()
    if secret is not None:
        await services().require_accounts().sign_in.sign_out(secret, client_address())
    response = cast("Response", redirection)
    clear_session(response)
    return response


def welcome(signed_in: SignedIn, then: str) -> Response:
    """Go on to a page with the session that has just begun."""
    response = cast("Response", redirect(target(then), 303))
    set_session(response, signed_in)
    return response


def target(then: str) -> str:
    """Where a person goes on after signing in: a page of this server, whatever the address says."""
    if not then.startswith("/"):
        return path_to("/")
    return safe_redirect_target(f"{request.scheme}://{request.host}{then}")


async def refuse_provided(error: ChatError, then: str) -> Response:
    """The page to sign in, with why a sign-in at the provider has failed."""
    page = await render_sign_in(then=then, provider_refused=error.message)
    return refused_page(page, error)


def provider_label() -> str:
    """What the provider of OpenID Connect is called; empty where there is none."""
    provider = services().provider
    return "" if provider is None else auth_settings().oidc_label.strip() or provider.host


async def render_sign_in(
    *,
    name: str = "",
    then: str | None = None,
    refused: str = "",
    provider_refused: str = "",
    reason: str = "",
) -> str:
    """The page, with why an attempt was refused or why the person is here."""
    return await render_template(
        "sign_in.html",
        name=name,
        then=request.args.get("next", "") if then is None else then,
        refused=refused,
        provider=provider_label(),
        provider_refused=provider_refused,
        start_address=start_address,
        reason=_reason(reason),
        unsafe=is_unsafe(),
    )


def _reason(name: str) -> str:
    """Why the person is here, where it is worth a sentence."""
    return {
        "signed_out": _("You have signed out."),
        "revoked": _("This session was ended. Sign in again."),
        "password_changed": _("The password was changed. Sign in with the new one."),
        "disabled": _("An administrator has disabled this account."),
        "deleted": _("This account was deleted."),
        "expired": _("The session has expired. Sign in again."),
    }.get(name, "")
