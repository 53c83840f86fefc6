"""Types of the settings that say who may use the chat."""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Self

from quart_chat.limits import UserLimits, parse_limits

NONE, ACCOUNTS, OIDC, PROXY = "none", "accounts", "oidc", "proxy"

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]+", re.ASCII)
"""A field name of RFC 9110, 5.1, without the underscore: proxies take that for a hyphen."""


class AuthModes(str):
    """The ways in, as they are written in the setting."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        names = [name.strip() for name in text.lower().split(",")]
        known = all(name in (NONE, ACCOUNTS, OIDC, PROXY) for name in names)
        if not known or len({*names}) != len(names) or (NONE in names and len(names) > 1):
            raise ValueError(
                "Expected none, or some of accounts, oidc and proxy, such as accounts,oidc"
            )
        return super().__new__(cls, ",".join(sorted(names)))

    @property
    def is_on(self) -> bool:
        """Whether a request has to say whose it is."""
        return self != NONE

    @property
    def accounts(self) -> bool:
        """Whether users sign in with a password."""
        return ACCOUNTS in self.split(",")

    @property
    def oidc(self) -> bool:
        """Whether users sign in at a provider of OpenID Connect."""
        return OIDC in self.split(",")

    @property
    def sessions(self) -> bool:
        """Whether a browser signs in here, in whatever way, and is given a session."""
        return self.accounts or self.oidc

    @property
    def proxy(self) -> bool:
        """Whether a proxy names the user."""
        return PROXY in self.split(",")


class RoleLimits(str):
    """The limits of a role, as they are written in the setting."""

    __slots__ = ("_limits",)

    _limits: UserLimits

    def __new__(cls, text: str) -> Self:
        limits = super().__new__(cls, " ".join(text.split()))
        limits._limits = parse_limits(text)
        return limits

    @property
    def limits(self) -> UserLimits:
        return self._limits


class HeaderName(str):
    """The name of a header."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        text = text.strip()
        if _HEADER.fullmatch(text) is None:
            raise ValueError("Expected the name of a header, such as Remote-User")
        if text.lower() in {"authorization", "cookie", "host", "origin"}:
            raise ValueError("Expected a header that no browser sends")
        return super().__new__(cls, text)


class Networks(str):
    """Addresses and networks, as they are written in the setting."""

    __slots__ = ("_networks",)

    _networks: tuple[IPv4Network | IPv6Network, ...]

    def __new__(cls, text: str) -> Self:
        names = [name.strip() for name in text.split(",") if name.strip()]
        networks = super().__new__(cls, ",".join(names))
        try:
            networks._networks = tuple(map(ip_network, names))
        except ValueError as error:
            raise ValueError("Expected addresses or networks such as 10.0.0.0/8") from error
        return networks

    def contains(self, address: str) -> bool:
        """Whether an address is in one of them; False for a text that is no address."""
        found = parse_address(address)
        return found is not None and any(found in network for network in self._networks)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a text names; None if it names none.

    An IPv4 address that is written as IPv6 is the same peer (RFC 4291, 2.5.5.2).
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(host: str) -> bool:
    """Whether a host that a server listens on can be reached from its own machine alone."""
    if host.lower() == "localhost":
        return True
    address = parse_address(host.strip("[]"))
    return address is not None and address.is_loopback
