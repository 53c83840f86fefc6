"""Finds the connection behind a response, where the server is one that is known here."""

from __future__ import annotations

import sys
from typing import Any

from quart_chat.events.asgi.server import Connection, Headers, Send


def find_connection(send: Send) -> Connection | None:
    """The connection behind an application's ``send``; None where the server is not known here."""
    server = _known_server()
    found: Connection | None = None if server is None else server.find_connection(send)
    return found


async def take_over(send: Send, headers: Headers) -> Any:
    """Take over the connection of a response that has not begun, with a head of status 200.

    Returns:
        A ``TakenConnection``, or None where it is not known how.
    """
    server = _known_server()
    return None if server is None else await server.take_over(send, headers)


async def release_connection(send: Send) -> None:
    """Let go of a connection that was closed before its response was complete."""
    server = _known_server()
    if server is not None:
        await server.release_connection(send)


def _known_server() -> Any:
    """What knows the server; None where no server is known."""
    # A server that has not been imported is not the one that serves.
    if "hypercorn.asyncio.tcp_server" not in sys.modules:
        return None
    try:
        from quart_chat.events import hypercorn
    except ImportError:  # it is built in another way
        return None
    return hypercorn
