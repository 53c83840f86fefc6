"""A log in memory for several brokers of one process: numbered, in batches, with gaps."""

from __future__ import annotations

import asyncio
import secrets

from quart_chat.events.broker import Deliver, Gap
from quart_chat.events.event import Event


class SharedLog:
    """Orders batches, numbers their events and brings them to all brokers that are open."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(4)
        self._batches = 0
        self.open: list[SharedBroker] = []

    def append(self, batch: list[Event]) -> None:
        self._batches += 1
        placed = [
            event.at(self.epoch, self._batches << 10 | index) for index, event in enumerate(batch)
        ]
        for broker in tuple(self.open):
            broker.take(placed)

    def renew(self) -> None:
        """Lose what was in it, under a new epoch, and tell every broker."""
        self.epoch = secrets.token_hex(4)
        self._batches = 0
        for broker in self.open:
            broker.gap()


class SharedBroker:
    """Appends what is published in one turn of the event loop as one batch."""

    cut_off = 0.0
    appends = round_trips = None

    def __init__(self, log: SharedLog) -> None:
        self._log = log
        self._waiting: list[Event] = []
        self._sending: asyncio.Handle | None = None

    @property
    def epoch(self) -> str:
        return self._log.epoch

    def bind(self, deliver: Deliver, gap: Gap) -> None:
        self._deliver = deliver
        self.gap = gap

    async def open(self) -> None:
        self._log.open.append(self)

    async def close(self) -> None:
        self._send()
        self._log.open.remove(self)

    async def flush(self) -> None:
        self._send()

    def publish(self, event: Event) -> None:
        self._waiting.append(event)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().call_soon(self._send)

    def take(self, batch: list[Event]) -> None:
        for event in batch:
            self._deliver(event)

    def _send(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        batch, self._waiting = self._waiting, []
        if batch:
            self._log.append(batch)
