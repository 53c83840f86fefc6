"""The guard in front of every route.

A request is refused unless it says whose it is, or its route is marked as public. Routes need not
ask for it: one that is added later is guarded, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from quart import current_app, redirect, request

from quart_chat.accounts.models import CredentialKind
from quart_chat.errors import Forbidden
from quart_chat.texts import _
from quart_chat.web.auth.client import EXTENSION, auth_settings
from quart_chat.web.auth.credentials import bearer_token, identify, proxied_name
from quart_chat.web.auth.identity import now, remember, unauthenticated
from quart_chat.web.auth.public import is_public
from quart_chat.web.context import services
from quart_chat.web.openapi.operation import find_operation
from quart_chat.web.paths import path_to
from quart_chat.web.security import SAFE_METHODS

if TYPE_CHECKING:
    from quart import Quart
    from quart.typing import ResponseReturnValue

    from quart_chat.accounts.models import Identity
    from quart_chat.config import Settings

SIGN_IN = "/sign-in"

OPENAPI = "openapi"
"""The endpoint of the document, which programs may read with a token."""


def init_app(app: Quart, settings: Settings) -> None:
    """Guard every route of ``app``; called last, as a guard may have to ask the database."""
    app.extensions[EXTENSION] = settings
    app.before_request(guard)


async def guard() -> ResponseReturnValue | None:
    """Let a request pass, or answer it."""
    endpoint = request.endpoint if request.url_rule is not None else None
    view = current_app.view_functions.get(endpoint or "")
    if is_public(view):
        proxied_name()  # a header that may not be sent is refused here, too
        return None
    asked_at = now()
    identity = await identify(services().require_accounts())
    if identity is None:
        return refuse()
    remember(identity, asked_at)
    if identity.credential.kind is CredentialKind.TOKEN:
        check_token(identity, may_use=endpoint == OPENAPI or bool(view and find_operation(view)))
    return None


def check_token(identity: Identity, *, may_use: bool) -> None:
    """Refuse what a token is not for: pages, and changes where it may only read."""
    if request.url_rule is not None and not may_use:
        raise Forbidden(_("Tokens are for the API. Pages need a browser that is signed in."))
    if request.method not in SAFE_METHODS and not identity.may_write:
        raise Forbidden(_("This token may read, but not change anything."))


def refuse() -> ResponseReturnValue:
    """Lead a person to the sign-in page; tell a program that it is not let in.

    Raises:
        Unauthenticated: A program or a script asks, or there is no such page.
    """
    if not auth_settings().auth.sessions or not is_visit():
        raise unauthenticated()
    here = request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/"
    return redirect(sign_in_address(path_to(here)), 303)


def is_visit() -> bool:
    """Whether a browser goes to a page, and no script or program asks for something."""
    if request.path.startswith("/api/") or bearer_token() is not None:
        return False
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def sign_in_address(then: str) -> str:
    """The page to sign in, which leads back to another one."""
    if then == path_to("/"):
        return path_to(SIGN_IN)
    return path_to(f"{SIGN_IN}?{urlencode({'next': then}, quote_via=quote)}")
