"""Signing in at a provider of OpenID Connect: the way there, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, redirect, request

from quart_chat.accounts.models import Role
from quart_chat.errors import (
    Forbidden,
    InvalidInput,
    NameTaken,
    SignInRefused,
    SignInThrottled,
    Unavailable,
    WrongCredentials,
)
from quart_chat.texts import _
from quart_chat.web.auth.authorization import is_led_here, leave_for_provider, redeem, take_request
from quart_chat.web.auth.client import auth_settings, find_origin, is_unsafe
from quart_chat.web.auth.cookies import (
    clear_request,
    device_secret,
    read_request,
    session_secret,
)
from quart_chat.web.auth.guard import sign_in_address
from quart_chat.web.auth.paths import CALLBACK, START
from quart_chat.web.auth.public import public
from quart_chat.web.context import services
from quart_chat.web.pages.accounts.connection import finish_connection
from quart_chat.web.pages.accounts.sign_in import refuse_provided, render_sign_in, target, welcome

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

    from quart_chat.accounts.models import SignedIn
    from quart_chat.accounts.oidc.provider import ExternalUser
    from quart_chat.accounts.oidc.requests import AuthorizationRequest

blueprint = Blueprint("oidc", __name__)


@blueprint.get(START)
@public
async def begin_sign_in() -> ResponseReturnValue:
    """Send the browser to the provider.

    It is a link and no form, as the Content-Security-Policy lets no form lead to another server. A
    page of another site may not begin a sign-in with it.
    """
    then = request.args.get("next", "")
    if is_led_here():
        return redirect(sign_in_address(target(then)), 303)
    if is_unsafe():
        return await render_sign_in(then=then), 400
    try:
        return await leave_for_provider(target(then))
    except (SignInThrottled, Unavailable) as error:
        return await refuse_provided(error, then)


@blueprint.get(CALLBACK)
@public
async def finish_sign_in() -> ResponseReturnValue:
    """Take the browser back from the provider, and sign in, or connect the user's account."""
    secret, then = read_request()
    begun = await take_request(secret)
    if begun is None:
        return await refuse_provided(
            SignInRefused(
                _(
                    "This sign-in was started in another window, took too long or is finished"
                    " already. Sign in once more."
                )
            ),
            then,
        )
    try:
        if begun.user_id is not None:
            response = await finish_connection(begun)
        else:
            response = welcome(await _finish(begun), then)
    except (Forbidden, InvalidInput, NameTaken, SignInRefused, Unavailable) as error:
        response = await refuse_provided(error, then)
    clear_request(response)
    return response


async def _finish(begun: AuthorizationRequest) -> SignedIn:
    """Begin a session for the user who comes back.

    Raises:
        Forbidden: The user may not come in.
        InvalidInput: No new user can have the name.
        NameTaken: The same.
        SignInRefused: The provider refuses, or can't be trusted.
        Unavailable: It, or the database, can't be asked.
    """
    user = await redeem(begun)
    try:
        return await (
            services()
            .require_accounts()
            .sign_in.with_external(
                user.issuer,
                user.subject,
                user.name,
                find_origin(device_secret()),
                create=True,
                role=_role(user),
                replaces=session_secret(),
            )
        )
    except WrongCredentials as error:
        raise Forbidden(_("An administrator has disabled this account.")) from error


def _role(user: ExternalUser) -> Role | None:
    """What the provider says that the user may do; None where it is not asked."""
    admins = auth_settings().oidc_admins
    if not admins:
        return None
    return Role.ADMIN if admins.match(user.claims) else Role.USER
