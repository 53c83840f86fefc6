"""The broker of a single process."""

from __future__ import annotations

from quart_chat.events.broker import Deliver, Gap
from quart_chat.events.event import Event


class InProcessBroker:
    """Delivers what is published there and then, so that there is never a gap."""

    def bind(self, deliver: Deliver, gap: Gap) -> None:
        self._deliver = deliver

    async def open(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing waits, and there is nothing to disconnect from."""

    async def flush(self) -> None:
        """Nothing waits."""

    def publish(self, event: Event) -> None:
        self._deliver(event)
