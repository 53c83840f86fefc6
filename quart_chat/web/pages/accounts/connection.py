"""Connecting the user's account with the provider of OpenID Connect, and disconnecting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from quart import Blueprint, Response, redirect

from quart_chat.accounts.models import CredentialKind
from quart_chat.errors import (
    ChatError,
    Forbidden,
    IdentityTaken,
    LastWayIn,
    NotFound,
    SignInRefused,
    SignInThrottled,
    Unavailable,
)
from quart_chat.texts import _
from quart_chat.web.auth.authorization import is_led_here, leave_for_provider, redeem
from quart_chat.web.auth.client import auth_settings, is_unsafe
from quart_chat.web.auth.credentials import identify
from quart_chat.web.auth.guard import sign_in_address
from quart_chat.web.auth.identity import actor, now, remember, require_session, session_id
from quart_chat.web.context import services, user_id
from quart_chat.web.errors import refused_page
from quart_chat.web.pages.accounts.account import ACCOUNT, render_account
from quart_chat.web.pages.accounts.sign_in import sign_out
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

    from quart_chat.accounts.oidc.requests import AuthorizationRequest

blueprint = Blueprint("connection", __name__, url_prefix=f"{ACCOUNT}/provider")


@blueprint.get("/connect")
async def begin_connection() -> ResponseReturnValue:
    """Send the browser to the provider, which leads it back to the address of sign-ins.

    As for a sign-in it is a link, which a page of another site may not follow.
    """
    session = require_session()
    if is_led_here():
        return redirect(path_to(f"{ACCOUNT}#provider"), 303)
    linking = services().require_accounts().linking
    if is_unsafe() or not await linking.is_fresh(user_id(), session):
        text = _("Sign in here once more first, and connect your account then.")
        return await _refused(Forbidden(text))
    try:
        return await leave_for_provider(path_to(ACCOUNT), user_id())
    except (SignInThrottled, Unavailable) as error:
        return await _refused(error)


async def finish_connection(begun: AuthorizationRequest) -> Response:
    """Take the browser back from the provider, and connect the account of its user.

    Raises:
        SignInRefused: The browser is not signed in as the same user any more.
    """
    accounts, asked_at = services().require_accounts(), now()
    identity = await identify(accounts)
    if (
        identity is None
        or identity.user_id != begun.user_id
        or identity.credential.kind is not CredentialKind.SESSION
    ):
        raise SignInRefused(
            _("You have signed out meanwhile, so your account was not connected. Sign in again.")
        )
    remember(identity, asked_at)
    try:
        user = await redeem(begun)
        await accounts.linking.connect(actor(), require_session(), user.issuer, user.subject)
    except (Forbidden, IdentityTaken, SignInRefused, Unavailable) as error:
        return await _refused(error)
    return _saved()


@blueprint.post("/disconnect")
async def disconnect() -> ResponseReturnValue:
    """Let the user no longer sign in through the provider."""
    settings = auth_settings()
    require_session()
    try:
        await (
            services()
            .require_accounts()
            .linking.disconnect(
                actor(),
                settings.oidc_issuer,
                keep=session_id(),
                has_others=settings.auth.accounts,
            )
        )
    except (LastWayIn, NotFound) as error:
        return await _refused(error)
    return _saved()


@blueprint.post("/sign-in-again")
async def sign_in_again() -> Response:
    """End the session, and lead back to the account with the next one."""
    return await sign_out(redirect(sign_in_address(path_to(ACCOUNT)), 303))


async def _refused(error: ChatError) -> Response:
    return refused_page(await render_account(provider_refused=error.message), error)


def _saved() -> Response:
    return cast("Response", redirect(path_to(f"{ACCOUNT}?saved=provider#provider"), 303))
