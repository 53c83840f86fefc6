"""Addresses of brokers."""

from __future__ import annotations

from urllib.parse import urlsplit

BUS = "bus"
"""The address of the bus, which has no server."""

EXAMPLE = "redis://localhost:6379/0"

EXTRAS = {
    **dict.fromkeys(("redis", "rediss", "unix"), "redis"),
    **dict.fromkeys(("amqp", "amqps"), "rabbitmq"),
    **dict.fromkeys(("postgresql", "postgres"), "postgres"),
}
"""The extra of this package that a scheme needs."""


def is_address(text: str) -> bool:
    """Whether a text names a broker."""
    scheme, separator, _ = text.partition("://")
    return text == BUS or (text.isprintable() and bool(separator) and scheme.lower() in EXTRAS)


def without_password(address: str) -> str:
    """The address as it may be shown: without user, password and options."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    # A password may hold characters that should have been encoded, so the last @ counts. Where what
    # stands before it looks like options, it may be one of theirs.
    secret, _, place = rest.rpartition("@")
    if "?" in secret or place.startswith(":"):
        return f"{scheme}://***"
    return f"{scheme}://{place.partition('?')[0]}"


def check_encoding(address: str) -> None:
    """See whether the parts of an address are what they seem to be.

    Where a password has a character that should be encoded, a part of it would be taken for the
    port, the name of a database or an option, and be shown in what is said about that.

    Raises:
        ValueError: They may not be; the message shows nothing of the address.
    """
    parts = urlsplit(address)
    stray = parts.query if "@" not in parts.netloc else ""
    if parts.scheme != "unix":
        stray += parts.path
    if "@" in stray + parts.fragment:
        raise ValueError("encode special characters of its password, such as / as %2F")
    # Several hosts, which libpq takes, have several ports.
    if "," not in parts.netloc and not parts.netloc.rpartition("@")[2].endswith(":"):
        try:
            is_port = parts.port != 0
        except ValueError:
            is_port = False
        if not is_port:
            raise ValueError(
                "its port is not a number from 1 to 65535; encode special characters of its"
                " password, such as / as %2F"
            )
