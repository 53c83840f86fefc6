"""Where a request comes from: the address of its client, and whether cookies reach it safely."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quart import current_app, request

from quart_chat.accounts.models import Origin
from quart_chat.config.access import is_loopback, parse_address

if TYPE_CHECKING:
    from quart_chat.config import Settings

EXTENSION = "quart_chat.auth"
"""Where the settings are that this package needs."""


def auth_settings() -> Settings:
    settings: Settings = current_app.extensions[EXTENSION]
    return settings


def has_accounts() -> bool:
    """Whether the server has users who are told apart."""
    return EXTENSION in current_app.extensions


def peer_address() -> str:
    """The address of whatever is connected to this server; empty where it has none."""
    client = request.scope.get("client")  # a Unix socket has none
    return str(client[0]) if client else ""


def client_address() -> str:
    """The address of the client: the last one that no trusted proxy stands at.

    Each proxy appends the peer that it has seen to ``X-Forwarded-For``. What stands before the
    first address that is not trusted may be made up by the client.
    """
    trusted = auth_settings().trusted_proxies
    address = peer_address()
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    while forwarded and trusted.contains(address):
        before = forwarded.pop().strip()
        if parse_address(before) is None:
            break
        address = before
    return address


def find_origin(device: str | None) -> Origin:
    """Where an attempt to sign in comes from."""
    return Origin(client_address(), request.headers.get("User-Agent", "")[:300], device)


def is_unsafe() -> bool:
    """Whether the browser is connected without encryption, so that it stores no secure cookie.

    Behind a proxy that ends TLS, a request looks as if it were sent in the clear: what tells are
    the headers of the browser. It names the scheme in ``Origin``, and sends ``Sec-Fetch-Site`` only
    to an address that it trusts (Fetch Metadata, 2). A program that sends neither may do as it
    likes.
    """
    if request.scheme == "https" or is_loopback(urlsplit(f"//{request.host}").hostname or ""):
        return False
    origin = request.headers.get("Origin", "")
    if origin.startswith("http"):
        return origin.startswith("http:")
    is_browser = "Mozilla" in request.headers.get("User-Agent", "")
    return (
        is_browser
        and "Sec-Fetch-Site" not in request.headers
        and request.headers.get("X-Forwarded-Proto", "") != "https"
    )
