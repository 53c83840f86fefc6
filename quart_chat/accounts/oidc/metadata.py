"""What a provider says of itself (OpenID Connect Discovery 1.0, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from quart_chat.errors import ProviderUnavailable
from quart_chat.texts import _

PATH = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """The addresses of a provider.

    Attributes:
        issuer: Its name, as its ID tokens have it.
        userinfo: Where it tells more of a user; None where it has no such place.
        takes_basic: Whether it takes the client's secret in a header, and not in the form.
        names_issuer: Whether it promises its name in each answer (RFC 9207).
    """

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    takes_basic: bool
    names_issuer: bool


def read_metadata(data: dict[str, Any], issuer: str) -> Metadata:
    """Read the document of an issuer; a slash at the end of its name makes no difference.

    Raises:
        ProviderUnavailable: It is another provider's, or has no addresses that can be used.
    """
    named = data.get("issuer")
    if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
        raise ProviderUnavailable(
            _(
                "The server at {issuer} says that it is another provider. Tell an administrator."
            ).format(issuer=issuer)
        )
    userinfo = data.get("userinfo_endpoint")
    methods = data.get("token_endpoint_auth_methods_supported")
    return Metadata(
        issuer=named,
        authorization=_address(data, "authorization_endpoint", issuer),
        token=_address(data, "token_endpoint", issuer),
        keys=_address(data, "jwks_uri", issuer),
        userinfo=None if userinfo is None else _address(data, "userinfo_endpoint", issuer),
        takes_basic=not isinstance(methods, list)
        or "client_secret_basic" in methods
        or "client_secret_post" not in methods,
        names_issuer=data.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(data: dict[str, Any], name: str, issuer: str) -> str:
    """An address that is as safe as that of the issuer."""
    address = data.get(name)
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
        is_safe = parts.scheme in {"https", urlsplit(issuer).scheme} and bool(parts.hostname)
    except ValueError:
        is_safe = False
    if not is_safe:
        raise ProviderUnavailable(
            _(
                "The server at {issuer} names no {name} that can be used. Tell an administrator."
            ).format(issuer=issuer, name=name)
        )
    return str(address)
