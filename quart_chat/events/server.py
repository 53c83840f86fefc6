"""What a server hands to an application, and what is known of the connection behind it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Connection(Protocol):
    """What is known of the connection that carries a response."""

    @property
    def takes_chunks(self) -> bool:
        """Whether the chunks of the response, which has begun, may be written to it."""
        ...

    @property
    def shared(self) -> bool:
        """Whether it carries other responses at the same time."""
        ...

    @property
    def writer(self) -> asyncio.StreamWriter:
        """Writes to it."""
        ...

    async def drain(self) -> None:
        """Wait until all that was sent of the response may pass."""
        ...

    def fileno(self) -> int:
        """The file descriptor of its socket; -1 where it is closed."""
        ...

    def count_unsent(self) -> int:
        """Count the bytes that the client's system has not confirmed, where this system tells."""
        ...


def find_connection(send: Send) -> Connection | None:
    """The connection behind an application's ``send``; None where the server is not known here."""
    hypercorn = _hypercorn()
    connection: Connection | None = None if hypercorn is None else hypercorn.find_connection(send)
    return connection


async def take_over(send: Send, headers: Headers) -> Any:
    """Take over the connection of a response that has not begun, with a head of status 200.

    Returns:
        A ``TakenConnection``, or None where it is not known how.
    """
    if _hypercorn() is None:
        return None
    from quart_chat.events import takeover

    return await takeover.take_over(send, headers)


async def release_connection(send: Send) -> None:
    """Let go of a connection that was closed before its response was complete."""
    hypercorn = _hypercorn()
    if hypercorn is not None:
        await hypercorn.release_connection(send)


def _hypercorn() -> Any:
    # A server that has not been imported is not the one that serves.
    if "hypercorn.asyncio.tcp_server" not in sys.modules:
        return None
    try:
        from quart_chat.events import hypercorn
    except ImportError:  # it is built in another way
        return None
    return hypercorn
