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
    parts = urlsplit(address)
    if not parts.scheme:
        return address
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
