"""This site as browsers know it when they make or use a passkey."""

from __future__ import annotations

from urllib.parse import urlsplit

from quart import request

from quart_chat.accounts.passkeys.models import RelyingParty
from quart_chat.config.access import parse_address
from quart_chat.errors import InvalidInput
from quart_chat.texts import _

NAME = "quart-chat"


def relying_party() -> RelyingParty:
    """This site, by the name in the address of the page.

    Each request's ``Host`` was compared with the names of this server, and its ``Origin`` with
    ``Host``. The scheme is not taken from the request, whose connection a proxy may have encrypted:
    browsers have passkeys over HTTPS alone, and on ``localhost`` (Secure Contexts, 3.1).

    Raises:
        InvalidInput: The address has no host name, which passkeys belong to.
    """
    if not has_host_name():
        raise InvalidInput(
            _("Passkeys need a host name in the address of this page, not an IP address.")
        )
    name = _host_name()
    return RelyingParty(name, NAME, f"{_scheme(name)}://{request.host.lower()}")


def has_host_name() -> bool:
    """Whether passkeys can belong to the address: an IP address is no domain (WebAuthn, 5.1.2)."""
    name = _host_name()
    return bool(name) and parse_address(name) is None


def _host_name() -> str:
    return urlsplit(f"//{request.host.lower()}").hostname or ""


def _scheme(name: str) -> str:
    if name != "localhost" and not name.endswith(".localhost"):
        return "https"
    origin = request.headers.get("Origin", "")
    return origin.partition("://")[0] if "://" in origin else request.scheme
