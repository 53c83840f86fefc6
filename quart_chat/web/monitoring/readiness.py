"""Whether this process can serve: what a load balancer asks before it sends a user here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from quart_chat.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from quart_chat.events.quart import Events
    from quart_chat.storage import Storage
    from quart_chat.storage.health import Health

READINESS = "quart_chat.readiness"
"""Where the app keeps it, among its extensions."""

CUT_OFF = 3.0
"""Seconds without the broker after which the tabs of this process are better served by another."""

ANSWER = 3.0
"""Seconds in which the store has to answer."""

_FRESH = 1.0
"""Seconds for which an answer of the store is good: more frequent questions cost it nothing."""

Reasons = dict[str, str]
"""Why a process is not ready: a word for each part that is at fault."""


class Readiness:
    """Tells whether the store and the broker can be used, and whether the server is to stop."""

    def __init__(self, health: Health, ping: Callable[[], Awaitable[None]], events: Events) -> None:
        self._health = health
        self._ping = ping
        self._events = events
        self._asked_at = 0.0
        self._asking: asyncio.Task[str | None] | None = None

    async def reasons(self) -> Reasons:
        """Return why this process is not ready; nothing if it is."""
        if self._events.is_shutting_down:
            return {"server": "stopping"}
        reasons = {}
        if (store := await self._store()) is not None:
            reasons["store"] = store
        if self._events.manager.broker.cut_off > CUT_OFF:
            reasons["broker"] = "cut_off"
        return reasons

    async def _store(self) -> str | None:
        if self._health.trouble is not None:
            return self._health.trouble.reason
        now = monotonic()
        if self._asking is None or (self._asking.done() and now - self._asked_at > _FRESH):
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._asking}, timeout=ANSWER - (now - self._asked_at))
        return self._asking.result() if done else "silent"

    async def _ask(self) -> str | None:
        try:
            await self._ping()
        except DatabaseUnavailable as error:
            return error.reason
        return None

    def close(self) -> None:
        """Wait for the store no longer."""
        if self._asking is not None:
            self._asking.cancel()


@contextmanager
def readiness(storage: Storage, events: Events) -> Generator[Readiness]:
    """Know for the block whether this process is ready."""
    ready = Readiness(storage.health, storage.ping, events)
    try:
        yield ready
    finally:
        ready.close()
