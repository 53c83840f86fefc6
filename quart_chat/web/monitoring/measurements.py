"""What the running services have to tell, and what nothing else measures."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quart_chat.durations import Durations

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.chat.service import ChatService
    from quart_chat.events.quart import Events
    from quart_chat.storage import Storage

MEASUREMENTS = "quart_chat.measurements"
"""Where the app keeps them, among its extensions."""

_TICK = 1.0
"""Seconds between two looks at how late the event loop is."""

Request = tuple[str, str, int]
"""The method, the route and the status."""


@dataclass(slots=True)
class Measurements:
    """What can be measured.

    Attributes:
        node: The id of this process among those that share its store.
        requests: How many were answered so.
        loop_lag: How late the event loop was, looked at once a second.
    """

    storage: Storage
    events: Events
    chat: ChatService
    node: str
    requests: Counter[Request] = field(default_factory=Counter)
    loop_lag: Durations = field(default_factory=Durations)

    async def watch_loop(self) -> None:
        """Measure how late a timer is, for as long as the services run."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _TICK
            await asyncio.sleep(_TICK)
            self.loop_lag.add(max(0.0, loop.time() - due))


@contextmanager
def measured(
    app: Quart, storage: Storage, events: Events, chat: ChatService, node: str
) -> Generator[None]:
    """Measure for the block."""
    measurements = Measurements(storage, events, chat, node)
    app.extensions[MEASUREMENTS] = measurements
    watch = asyncio.get_running_loop().create_task(measurements.watch_loop())
    try:
        yield
    finally:
        watch.cancel()
