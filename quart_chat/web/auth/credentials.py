"""What a request shows to say whose it is: a token, the name from a proxy, or a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import request

from quart_chat.accounts.credentials.tokens import PREFIX
from quart_chat.accounts.models import Identity, Role
from quart_chat.errors import Forbidden
from quart_chat.texts import _
from quart_chat.web.auth.client import auth_settings, peer_address
from quart_chat.web.auth.cookies import session_secret
from quart_chat.web.auth.identity import unauthenticated
from quart_chat.web.context import services

if TYPE_CHECKING:
    from quart_chat.accounts.service import AccountService

PROXY = "proxy"
"""What users that a proxy names are known by."""

_LONGEST_NAME = 200
_LONGEST_TOKEN = 200


def bearer_token() -> str | None:
    """The token that the request sends (RFC 6750, 2.1); None where it sends none of ours.

    A proxy may send its own credentials on in the same header.
    """
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret.startswith(PREFIX):
        return None
    return secret[:_LONGEST_TOKEN]


def proxied_name() -> str | None:
    """The name of the user in the header of a proxy; None where there is no such header.

    Raises:
        Forbidden: A peer sends the header that is no trusted proxy, or more than one name is sent.
    """
    settings = auth_settings()
    if not settings.auth.proxy:
        return None
    names = request.headers.getlist(settings.auth_header)
    if not names:
        return None
    if not settings.trusted_proxies.contains(peer_address()):
        raise Forbidden(
            _("This address may not say who the user is. Its requests have to come from a proxy.")
        )
    if len(names) > 1:
        raise Forbidden(_("The proxy names more than one user."))
    name = _decode(names[0]).strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise Forbidden(_("The proxy names a user whose name can't be used."))
    return name or None


def _decode(value: str) -> str:
    """Headers arrive as Latin-1; proxies write names in UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


async def identify(accounts: AccountService) -> Identity | None:
    """Say who sends the request; None for a stranger.

    A token wins: the program that sends it means it. A browser's session is the last, as a proxy in
    front knows who has signed in there.

    Raises:
        Forbidden: What names the user may not do so.
    """
    settings = auth_settings()
    name = proxied_name()
    if (token := bearer_token()) is not None:
        return await accounts.identify_token(token)
    if name is not None:
        role = Role.ADMIN if name in settings.admins else Role.USER
        return await accounts.identify_external(PROXY, name, name, role=role)
    if settings.auth.sessions and (secret := session_secret()) is not None:
        return await accounts.identify_session(secret)
    return None


async def check_still_in() -> None:
    """Refuse to go on with a request whose sender is no longer let in.

    Raises:
        Unauthenticated: The session or token has ended since, or its user was shut out.
    """
    accounts = services().accounts
    if accounts is not None and await identify(accounts) is None:
        raise unauthenticated()
