"""Where a sign-in at a provider of OpenID Connect begins, and where it comes back to."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from quart import request

from quart_chat.config.access import is_loopback
from quart_chat.web.paths import path_to

START = "/sign-in/oidc"
CALLBACK = "/sign-in/oidc/callback"


def start_address(then: str) -> str:
    """Where a sign-in at the provider begins, which leads back to a page."""
    query = f"?{urlencode({'next': then}, quote_via=quote)}" if then else ""
    return path_to(START) + query


def redirect_uri() -> str:
    """Where the provider sends the browser back to.

    A proxy that ends TLS passes requests on as if they came in the clear. A browser keeps a sign-in
    only over HTTPS or on its own machine, so any other host is reached over HTTPS.
    """
    is_local = is_loopback(urlsplit(f"//{request.host}").hostname or "")
    is_secure = "https" in (request.scheme, request.headers.get("X-Forwarded-Proto"))
    return (
        f"{'http' if is_local and not is_secure else 'https'}://{request.host}{path_to(CALLBACK)}"
    )
