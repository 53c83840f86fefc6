"""The broker of a single process."""

from __future__ import annotations

from quart_chat.events.broker import Deliver, Gap


class InProcessBroker:
    """Delivers what is published there and then, so that there is never a gap."""

    epoch = ""
    cut_off = 0.0
    appends = None
    round_trips = None
    publish: Deliver

    def bind(self, deliver: Deliver, gap: Gap) -> None:
        self.publish = deliver

    async def open(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing waits, and there is nothing to disconnect from."""

    async def flush(self) -> None:
        """Nothing waits."""
