"""Signing in at a provider of OpenID Connect: the way there, and back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from quart import Blueprint, Response, redirect, request

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
from quart_chat.web.auth.client import auth_settings, find_origin, is_unsafe
from quart_chat.web.auth.cookies import (
    clear_request,
    device_secret,
    read_request,
    session_secret,
    set_request,
)
from quart_chat.web.auth.guard import sign_in_address
from quart_chat.web.auth.paths import CALLBACK, START, redirect_uri
from quart_chat.web.auth.public import public
from quart_chat.web.context import services
from quart_chat.web.pages.accounts.sign_in import refuse_provided, render_sign_in, target, welcome

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

    from quart_chat.accounts.models import SignedIn
    from quart_chat.accounts.oidc.provider import ExternalUser
    from quart_chat.accounts.oidc.requests import AuthorizationRequest

_logger = logging.getLogger(__name__)

blueprint = Blueprint("oidc", __name__)

ANSWER = ("code", "state", "iss", "error", "error_description")
"""What is read of an answer."""


@blueprint.get(START)
@public
async def begin_sign_in() -> ResponseReturnValue:
    """Send the browser to the provider.

    It is a link and no form, as the Content-Security-Policy lets no form lead to another server. A
    page of another site may not begin a sign-in with it.
    """
    then = request.args.get("next", "")
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return redirect(sign_in_address(target(then)), 303)
    if is_unsafe():
        return await render_sign_in(then=then), 400
    requests = services().require_accounts().authorization_requests
    provider = services().require_provider()
    try:
        await provider.discover()  # nothing is stored for one that is away
        begun = await requests.begin(find_origin(device_secret()))
        answer = redirect(await provider.address(begun, redirect_uri()), 303)
    except (SignInThrottled, Unavailable) as error:
        return await refuse_provided(error, then)
    response = cast("Response", answer)
    response.headers["Cache-Control"] = "no-store"
    set_request(response, begun.secret, target(then))
    return response


@blueprint.get(CALLBACK)
@public
async def finish_sign_in() -> ResponseReturnValue:
    """Take the browser back from the provider, and sign in."""
    secret, then = read_request()
    begun = await _take_request(secret)
    if begun is None:
        return await refuse_provided(
            SignInRefused(
                _(
                    "This sign-in was begun in another window, took too long or is finished"
                    " already. Sign in once more."
                )
            ),
            then,
        )
    try:
        response = welcome(await _finish(begun), then)
    except (Forbidden, InvalidInput, NameTaken, SignInRefused, Unavailable) as error:
        response = await refuse_provided(error, then)
    clear_request(response)
    return response


async def _take_request(secret: str) -> AuthorizationRequest | None:
    if any(len(request.args.getlist(name)) > 1 for name in ANSWER):
        return None  # which of them counts is not said (RFC 6749, 3.1)
    requests = services().require_accounts().authorization_requests
    return await requests.take(secret, request.args.get("state", ""))


async def _finish(begun: AuthorizationRequest) -> SignedIn:
    """Begin a session for the user who comes back.

    Raises:
        Forbidden: The user may not come in.
        InvalidInput: No new user can have the name.
        NameTaken: The same.
        SignInRefused: The provider refuses, or can't be trusted.
        Unavailable: It, or the database, can't be asked.
    """
    answer = {name: request.args[name] for name in ANSWER if name in request.args}
    user = await services().require_provider().redeem(begun, answer, redirect_uri())
    accounts, origin = services().require_accounts(), find_origin(device_secret())
    if not auth_settings().oidc_users.match(user.claims):
        await accounts.sign_in.refuse_external(user.issuer, user.subject, origin)
        _logger.warning("A user of the provider is not among those who are let in")
        raise Forbidden(
            _("You are not among the users who may come in here. Ask an administrator.")
        )
    try:
        return await accounts.sign_in.with_external(
            user.issuer,
            user.subject,
            user.name,
            origin,
            create=True,
            role=_role(user),
            replaces=session_secret(),
        )
    except WrongCredentials as error:
        raise Forbidden(_("An administrator has disabled this account.")) from error


def _role(user: ExternalUser) -> Role | None:
    """What the provider says that the user may do; None where it is not asked."""
    admins = auth_settings().oidc_admins
    if not admins:
        return None
    return Role.ADMIN if admins.match(user.claims) else Role.USER
