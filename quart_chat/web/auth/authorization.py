"""The way to the provider of OpenID Connect and back, to sign in or to connect an account."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from quart import redirect, request

from quart_chat.errors import Forbidden
from quart_chat.texts import _
from quart_chat.web.auth.client import auth_settings, find_origin
from quart_chat.web.auth.cookies import device_secret, set_request
from quart_chat.web.auth.paths import redirect_uri
from quart_chat.web.context import services

if TYPE_CHECKING:
    from quart import Response

    from quart_chat.accounts.oidc.provider import ExternalUser
    from quart_chat.accounts.oidc.requests import AuthorizationRequest

_logger = logging.getLogger(__name__)

ANSWER = ("code", "state", "iss", "error", "error_description")
"""What is read of an answer."""


def is_led_here() -> bool:
    """Whether a page of another site has led the browser here, so that nothing may begin."""
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}


async def leave_for_provider(then: str, user_id: str | None = None) -> Response:
    """Begin an authorization request, and send the browser to the provider with it.

    Args:
        then: The path of the page to go on to with the answer.
        user_id: The user who connects an account; None for a sign-in.

    Raises:
        SignInThrottled: The address has begun too many.
        Unavailable: The provider, or the database, can't be asked.
    """
    provider = services().require_provider()
    await provider.discover()  # nothing is stored for one that is away
    requests = services().require_accounts().authorization_requests
    begun = await requests.begin(find_origin(device_secret()), user_id)
    response = cast("Response", redirect(await provider.address(begun, redirect_uri()), 303))
    response.headers["Cache-Control"] = "no-store"
    set_request(response, begun.secret, then)
    return response


async def take_request(secret: str) -> AuthorizationRequest | None:
    """End the authorization request that a browser comes back with; None where it has none."""
    if any(len(request.args.getlist(name)) > 1 for name in ANSWER):
        return None  # which of them counts is not said (RFC 6749, 3.1)
    requests = services().require_accounts().authorization_requests
    return await requests.take(secret, request.args.get("state", ""))


async def redeem(begun: AuthorizationRequest) -> ExternalUser:
    """Exchange the answer of the provider for the user that it names.

    Raises:
        Forbidden: The user may not come in.
        SignInRefused: The provider refuses, or can't be trusted.
        Unavailable: It, or the database, can't be asked.
    """
    answer = {name: request.args[name] for name in ANSWER if name in request.args}
    user = await services().require_provider().redeem(begun, answer, redirect_uri())
    if not auth_settings().oidc_users.match(user.claims):
        origin = find_origin(device_secret())
        sign_in = services().require_accounts().sign_in
        await sign_in.refuse_external(user.issuer, user.subject, origin)
        _logger.warning("A user of the provider is not among those who are let in")
        raise Forbidden(_("You don't have access to this server. Ask an administrator."))
    return user
