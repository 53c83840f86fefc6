"""What carries events between processes, behind one small protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from quart_chat.events.event import Event

Deliver = Callable[[Event], None]
"""Takes an event on the manager's event loop; events of a context arrive in the broker's order."""


class Broker(Protocol):
    """Orders a context's events and brings each to every process.

    ``publish`` returns at once: a producer never waits for a round trip. What a broker can't
    carry at once it sends in the background, in the order published.
    """

    def bind(self, deliver: Deliver) -> None:
        """Set who takes the events; called once, before all else."""
        ...

    async def open(self) -> None:
        """Connect."""
        ...

    async def close(self) -> None:
        """Send what still waits, and disconnect."""
        ...

    def publish(self, event: Event) -> None:
        """Take an event of this process."""
        ...

    def forget(self, context_id: str) -> None:
        """Drop what is kept of a context that this process has removed."""
        ...


class InProcessBroker:
    """One process: what is published is delivered there and then, and kept nowhere else."""

    def bind(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def open(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to disconnect from."""

    def publish(self, event: Event) -> None:
        self._deliver(event)

    def forget(self, context_id: str) -> None:
        """The manager's log was the only copy."""
