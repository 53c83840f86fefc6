"""What a server hands to an application, and what may be known of the connection behind it."""

from __future__ import annotations

import asyncio
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
