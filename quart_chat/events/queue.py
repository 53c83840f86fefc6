"""Readers of a context log that take its events one by one, as from a queue."""

from __future__ import annotations

import asyncio

from quart_chat.events.event import Event
from quart_chat.events.log import ContextLog
from quart_chat.events.subscription import Source, make_reset


class QueueShutDown(Exception):
    """There will be nothing more to take: the manager drains or the context is gone.

    It is called as what ends a queue of asyncio, from Python 3.13 on.
    """


class EventQueue:
    """A reader of a context that is used like an :class:`asyncio.Queue`.

    It starts with the first event that the log holds of the current generation and stays attached
    across generations. Where events fell off the log before they were taken, it hands out one of
    type ``reset`` in their place, whose data says how many. Holding it keeps the context alive.
    """

    def __init__(self, source: Source, log: ContextLog) -> None:
        self._source = source
        self._log = log
        self._cursor = max(log.first, log.generation)
        self._waiters: set[asyncio.Future[None]] = set()
        log.hold_for(self)

    def position_in(self, log: ContextLog) -> int:
        return self._cursor

    def qsize(self) -> int:
        return self._log.end - max(self._cursor, self._log.first)

    def empty(self) -> bool:
        return self.qsize() == 0 and self._cursor >= self._log.first

    def get_nowait(self) -> Event:
        """Take the next event.

        Raises:
            asyncio.QueueEmpty: There is none yet.
            QueueShutDown: There will be none.
        """
        log = self._log
        if self._cursor < log.first:
            lost, self._cursor = log.first - self._cursor, log.first
            self._source.counts.lost += lost
            return make_reset(log.context_id, lost)
        if self._cursor >= log.end:
            raise QueueShutDown if self._source.draining or log.removed else asyncio.QueueEmpty
        event = log[self._cursor]
        self._cursor += 1
        self._source.counts.deliveries += 1
        return event

    async def get(self) -> Event:
        """Take the next event, waiting for one; giving up the wait loses none.

        Raises:
            QueueShutDown: There will be none. What was emitted before has been taken by then.
        """
        while True:
            try:
                return self.get_nowait()
            except asyncio.QueueEmpty:
                await self._wait()

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        self._log.subscribers[self] = self._cursor
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
            if not self._waiters:
                self._log.subscribers.pop(self, None)

    def take(self, log: ContextLog, position: int) -> None:
        self.wake()

    def wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def beat(self, idle_before: float) -> None:
        """A queue has no connection to keep alive."""
