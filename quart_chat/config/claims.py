"""Types of the settings about a provider of OpenID Connect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from quart_chat.config.access import is_loopback
from quart_chat.config.values import Address

ALL = "all"


class Issuer(Address):
    """The name of a provider, an address over TLS; or none (OpenID Connect Core 1.0, 2)."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        issuer = super().__new__(cls, text)
        parts = urlsplit(issuer)
        if any(mark in issuer for mark in "@?#"):
            raise ValueError("Expected an address without a user, a query and a fragment")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("Expected an address with https, such as https://id.example.org")
        return issuer


class Scopes(str):
    """What a provider is asked to tell; without ``openid`` it speaks another protocol."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        scopes = text.split()
        if "openid" not in scopes:
            raise ValueError("Expected scopes such as openid profile email")
        return super().__new__(cls, " ".join(scopes))


class ClaimRules(str):
    """Conditions on what a provider says of a user, of which one is enough; or none.

    Each is ``claim=value``: the claim is the value, or a list that has it. ``email=@example.org``
    is any address of that domain. An address counts only where the provider has verified it, and
    one beyond ASCII only for a condition that is equal to it. The name of a claim may lead into
    objects, as in ``realm_access.roles=editor``.
    """

    __slots__ = ("_rules",)

    _rules: tuple[tuple[str, str], ...]

    def __new__(cls, text: str) -> Self:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        rules = super().__new__(cls, ",".join(parts))
        rules._rules = tuple(cls._read(part) for part in parts)
        return rules

    @classmethod
    def _read(cls, text: str) -> tuple[str, str]:
        claim, _equals, value = (part.strip() for part in text.partition("="))
        if not claim or not value or value == "@":
            raise ValueError("Expected claims such as groups=chat or email=@example.org")
        return claim, value

    def match(self, claims: Mapping[str, Any]) -> bool:
        """Whether one of the conditions holds."""
        return any(_holds(claims, claim, value) for claim, value in self._rules)


class Admission(ClaimRules):
    """Which users are let in: ``all``, or those that meet one of the conditions."""

    __slots__ = ()

    @classmethod
    def _read(cls, text: str) -> tuple[str, str]:
        return (ALL, "") if text == ALL else super()._read(text)

    def match(self, claims: Mapping[str, Any]) -> bool:
        return (ALL, "") in self._rules or super().match(claims)


def _holds(claims: Mapping[str, Any], claim: str, value: str) -> bool:
    if claim == "email":
        return _is_address(claims, value)
    found = _find(claims, claim)
    return any(_text(each) == value for each in (found if isinstance(found, list) else [found]))


def _is_address(claims: Mapping[str, Any], value: str) -> bool:
    address = claims.get("email")
    # Some providers write the truth as a text.
    if not isinstance(address, str) or claims.get("email_verified") not in (True, "true"):
        return False
    # Beyond ASCII, letters of two names may be the same in one case, or as a domain: K and k.
    if not (address.isascii() and value.isascii()):
        return address == value
    address, value = address.lower(), value.lower()
    if not value.startswith("@"):
        return address == value
    return address.count("@") == 1 and address.endswith(value)


def _find(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, which may have dots of its own."""
    if name in claims:
        return claims[name]
    head, _dot, rest = name.partition(".")
    within = claims.get(head)
    return _find(within, rest) if rest and isinstance(within, Mapping) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
