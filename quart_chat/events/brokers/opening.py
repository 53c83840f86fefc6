"""Makes the log at an address: the scheme picks the engine, whose driver is imported only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from quart_chat.events.brokers.address import BUS, EXTRAS, check_encoding
from quart_chat.events.brokers.protocol import Log


class MissingDriver(Exception):
    """The package that speaks to an engine is not installed; the message says how to get it."""


def open_log(address: str, folder: Path) -> Log:
    """Make the log at an address; it connects when it is used.

    Args:
        address: ``bus``, or a URL.
        folder: Where the bus is.

    Raises:
        MissingDriver: What speaks to the engine is not installed.
        ValueError: The address can't be used; the message says why.
    """
    if address == BUS:
        from quart_chat.events.brokers.bus import SQLiteBus

        return SQLiteBus(folder)
    check_encoding(address)
    extra = EXTRAS[urlsplit(address).scheme]
    try:
        return _connect_to(extra)(address)
    except ImportError as error:
        raise MissingDriver(f"install it with: pip install 'quart-chat[{extra}]'") from error


def _connect_to(extra: str) -> Callable[[str], Log]:
    if extra == "redis":
        from quart_chat.events.brokers.redis import RedisLog

        return RedisLog
    if extra == "postgres":
        from quart_chat.events.brokers.postgres import PostgreSQLLog

        return PostgreSQLLog
    from quart_chat.events.brokers.rabbitmq import RabbitMQLog

    return RabbitMQLog
