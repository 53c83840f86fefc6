"""The cookies of a browser that is signed in.

A name that begins with ``__Host-`` tells the browser to take the cookie only from this host, for
all of its paths, and over a connection that it trusts (RFC 6265bis, 4.1.3.2): neither another host
of the same domain nor someone on the network can set one. An installation below a path has names of
its own, as a path would not be allowed: a page below another path is of the same origin, and could
use the session in any case.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from quart import request

from quart_chat.accounts.oidc.requests import LIFETIME
from quart_chat.accounts.secret import is_secret, new_secret
from quart_chat.web.paths import own_name

if TYPE_CHECKING:
    from quart import Response

    from quart_chat.accounts.models import SignedIn

SESSION = "__Host-session"
DEVICE = "__Host-device"
SIGN_IN_REQUEST = "__Host-sign-in"
PASSKEY = "__Host-passkey"

_YEAR = 365 * 24 * 60 * 60

_HOUR = 60 * 60

_LONGEST = 200
"""Characters of a cookie that are looked up: a longer one is none of ours."""

_SECRET = 43
_LONGEST_TARGET = 1500
"""Characters of the address of a page: where a longer one was asked for, the first page is it."""


def session_secret() -> str | None:
    """The secret of the browser's session, if it sends one."""
    return _read(SESSION)


def device_secret() -> str | None:
    """What an earlier sign-in gave to the browser, if it sends that."""
    return _read(DEVICE)


def passkey_secret() -> str:
    """What binds the challenges of passkeys to the browser: what it sends, or a new secret."""
    secret = _read(PASSKEY)
    return secret if secret is not None and is_secret(secret) else new_secret()


def set_passkey(response: Response, secret: str) -> None:
    """Have the browser send the secret with its answer to a challenge, and to no other site."""
    _set(response, PASSKEY, secret, _HOUR, samesite="Strict")


def _read(name: str) -> str | None:
    value = request.cookies.get(own_name(name), "")
    return value if 0 < len(value) <= _LONGEST else None


def set_session(response: Response, signed_in: SignedIn) -> None:
    """Have the browser send the secret of a session, until that ends."""
    lifetime = max(0, int(signed_in.session.expires_at - time.time()))
    _set(response, SESSION, signed_in.secret, lifetime)
    _set(response, DEVICE, signed_in.device, _YEAR)


def set_request(response: Response, secret: str, then: str) -> None:
    """Have the browser remember that it signs in elsewhere, and which page it wants to see."""
    page = quote(then, safe="=&?/")
    value = secret + (page if len(page) <= _LONGEST_TARGET else "")
    _set(response, SIGN_IN_REQUEST, value, int(LIFETIME))


def read_request() -> tuple[str, str]:
    """What was remembered so: the secret, and the page; both are empty where there is none."""
    value = request.cookies.get(own_name(SIGN_IN_REQUEST), "")
    return value[:_SECRET], unquote(value[_SECRET : _SECRET + _LONGEST_TARGET])


def clear_request(response: Response) -> None:
    """Have the browser forget that: its sign-in elsewhere is over."""
    _set(response, SIGN_IN_REQUEST, "", 0)


def clear_session(response: Response) -> None:
    """Have the browser forget its session, and the pages that it has seen.

    What the pages have stored, such as drafts, is erased by ``static/js/pages/forget.js`` after
    signing out. The header could do so, but for all installations on the host at once.
    """
    _set(response, SESSION, "", 0)
    response.headers["Clear-Site-Data"] = '"cache"'


def _set(response: Response, name: str, value: str, lifetime: int, samesite: str = "Lax") -> None:
    response.set_cookie(
        own_name(name),
        value,
        max_age=lifetime,
        path="/",
        secure=True,
        httponly=True,
        samesite=samesite,
    )
