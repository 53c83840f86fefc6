"""Who may talk to this server, and what a page of it may do.

A chat on a person's machine is within reach of every page that the person opens. Two checks keep
those out: the ``Host`` must be a name of this server, or a name that an attacker owns could be
pointed at it (DNS rebinding); and a request that changes something, or that holds a stream open,
must come from a page of this server. A program that is no browser sends neither ``Origin`` nor
``Sec-Fetch-Site`` and is let through: no page can make it act for a user.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quart import request

from quart_chat.errors import Forbidden, UnknownHost
from quart_chat.texts import _
from quart_chat.web.auth.credentials import bearer_token
from quart_chat.web.monitoring.probes import PROBES

if TYPE_CHECKING:
    from quart import Quart, Response

    from quart_chat.config import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:]+)(:[0-9]+)?", re.ASCII)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not "no-referrer": with it browsers send "Origin: null" with a plain form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def init_app(app: Quart, settings: Settings) -> None:
    """Check every request of ``app``, and add the headers to every answer."""
    hosts = settings.hosts

    @app.before_request
    async def check_request() -> None:
        if request.path in PROBES:
            return  # load balancers ask by address, and the answers tell nothing
        check_host(request.headers.get("Host", ""), hosts)
        if request.method in SAFE_METHODS and not request.path.startswith("/api/"):
            return
        foreign = is_foreign(
            host=request.headers.get("Host", ""),
            origin=request.headers.get("Origin"),
            site=request.headers.get("Sec-Fetch-Site"),
        )
        # A page of another site can send no token, and beside one the cookie is not looked at.
        if foreign and not (settings.auth.is_on and bearer_token() is not None):
            raise Forbidden(_("This request comes from a page of another site."))

    @app.after_request
    async def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.headers["Cache-Control"] = "no-store"
        return response


def check_host(host: str, allowed: frozenset[str]) -> None:
    """Refuse a ``Host`` that is no name of this server; its port is free."""
    match = _HOST.fullmatch(host.lower())
    if match is None or match["name"] not in allowed:
        raise UnknownHost(
            _(
                "This server doesn't accept that host name. Its administrator can add the name"
                " to QUART_CHAT_ALLOWED_HOSTS."
            )
        )


def is_foreign(*, host: str, origin: str | None, site: str | None) -> bool:
    """Whether a page of another origin sends a request.

    The origin is compared without its scheme, which a proxy that ends TLS may have changed.
    """
    if origin is not None:
        return _authority(origin) != host.lower()
    return site not in {None, "same-origin", "none"}


def _authority(origin: str) -> str:
    """Host and port of an origin, as the ``Host`` header of a request to it is written."""
    return origin.partition("://")[2].lower()
