"""When readers are shown what was emitted: once in a turn of the event loop, for all contexts."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Protocol


class Flushed(Protocol):
    """What has events to show: the log of a context."""

    def flush(self, now: float) -> None:
        """Show readers all there is, at this monotonic time."""
        ...


class Flusher:
    """Calls the logs of a loop that have something to show.

    A callback of the loop for each log costs more than the flush of one with a single reader. So
    those that are due in the same turn share one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: list[Flushed] = []

    def flush_soon(self, log: Flushed) -> None:
        """Flush a log once the callbacks that are ready now have run."""
        if not self._due:
            self._loop.call_soon(self._flush)
        self._due.append(log)

    def flush_later(self, log: Flushed, wait: float) -> asyncio.TimerHandle:
        """Flush a log in so many seconds."""
        return self._loop.call_later(wait, self._flush_one, log)

    def _flush(self) -> None:
        due, self._due = self._due, []
        now = monotonic()
        for log in due:
            log.flush(now)

    def _flush_one(self, log: Flushed) -> None:
        log.flush(monotonic())
