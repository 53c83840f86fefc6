"""Readers of context logs that take batches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from quart_chat.events.batch import QUIET, Batch
from quart_chat.events.event import Event, make_event
from quart_chat.events.log import ContextLog
from quart_chat.events.statistics import Counts


class Source(Protocol):
    """What the logs belong to: the contexts of a manager.

    Attributes:
        draining: Whether all readers have been told to end.
        counts: What they have done.
    """

    draining: bool
    counts: Counts

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that they live on."""
        ...


_logger = logging.getLogger(__name__)

Sink = Callable[[Batch], bool]
"""Takes a batch there and then, and says whether it has. What it refuses is left to ``read``."""

Waker = Callable[[bool], object]
"""Has a task read on; is told whether there is more to send than a keep-alive."""


class Subscription:
    """A reader of one context or of several, used as ``async with`` on the manager's loop.

    To wake a task for each event costs more than to write the event to an idle socket. So a reader
    may have a sink: what is flushed while its task waits in ``read`` goes to the sink, and the task
    sleeps on. It is woken for what the sink refuses, where something was lost, and at the end. As
    all that was read before has been dealt with when a task calls ``read`` again, both ways
    together give every batch once and in order. A reader that has not begun to read may do without
    a task until then: see ``feed``.

    Attributes:
        sink: Called on the manager's loop, if there is one; it must neither wait nor call back.
        lost: Events that fell off the log before the latest ``read`` could take them.
    """

    __slots__ = (
        "_categories", "_counts", "_cursors", "_idle_since", "_loop", "_over",
        "_parked", "_source", "lost", "sink",
    )  # fmt: skip

    def __init__(
        self,
        source: Source,
        cursors: dict[ContextLog, int],
        categories: Iterable[str] | None = None,
    ) -> None:
        self._source = source
        self._counts = source.counts
        self._loop = source.loop
        self._cursors = cursors
        self._categories = None if categories is None else frozenset(categories)
        self._parked: Waker | None = None
        self._idle_since = 0.0
        self._over = False
        self.sink: Sink | None = None
        self.lost = 0

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Be counted among the readers, and woken, from now on."""
        for log in self._cursors:
            log.subscribers[self] = None

    def position_in(self, log: ContextLog) -> int:
        return self._cursors[log]

    @property
    def is_behind(self) -> bool:
        """Whether there is anything to read, or anything lost."""
        return any(cursor < log.end for log, cursor in self._cursors.items())

    def close(self) -> None:
        """Read no more; idempotent."""
        self.sink = None
        for log in self._cursors:
            if log.subscribers.pop(self, self) is None:
                log.touched = monotonic()

    def end(self) -> None:
        """Have ``read`` return None from now on, whatever is still to be read; idempotent."""
        self._over = True
        self._unpark(True)

    def feed(self, refused: Waker) -> None:
        """Give the sink all there is, and all that comes, while no task reads.

        Once the sink has refused something, or at the end, ``refused`` is called, which may be at
        once. The rest is left to ``read``, and what comes while that waits goes to the sink again.
        """
        self._idle_since = monotonic()
        self._parked = refused
        self.wake()

    async def read(self) -> Batch | None:
        """Wait for the next events, of whichever context has some.

        Returns:
            A batch with events (none of them where all that it covers was ``lost`` or filtered);
            a batch whose ``keepalive`` is set when the manager's keep-alive time passed without
            one; None when the stream is to end, because the manager drains, the context is gone or
            ``end`` was called.
        """
        self._idle_since = monotonic()
        while not self._over:
            batch = self._next()
            if batch is not None:
                return batch
            if self._source.draining or any(log.removed for log in self._cursors):
                return None
            waiting: asyncio.Future[bool] = self._loop.create_future()
            self._parked = partial(_resolve, waiting)
            try:
                if not await waiting:
                    return QUIET
            finally:
                self._parked = None
        return None

    async def events(self, silence: float | None = None) -> AsyncGenerator[Event, None]:
        """Read one by one, to a terminal event, the stream's end or so many seconds of silence."""
        while True:
            try:
                async with asyncio.timeout(silence):
                    batch = await self.read()
                    # Keep-alives are for connections, not for code.
                    while batch is not None and batch.keepalive:
                        batch = await self.read()
            except TimeoutError:
                return
            if batch is None:
                return
            if self.lost:
                yield make_reset(batch.context_id, self.lost)
            for event in batch.events:
                yield event
                if event.terminal:
                    return

    def _next(self) -> Batch | None:
        self.lost = 0
        for log in self._cursors:
            while (cursor := self._cursors[log]) < log.flushed:
                start = max(cursor, log.first)
                if start > log.flushed:
                    break
                self.lost = start - cursor
                batch = log.batch(start, self._categories)
                self._cursors[log] = batch.end
                if batch.events or self.lost:
                    self._counts.deliveries += len(batch.events)
                    self._counts.lost += self.lost
                    return batch
        return None

    def wake(self) -> None:
        if self._parked is not None and (self.sink is None or not self._pass_on(self.sink)):
            self._unpark(True)

    def beat(self, idle_before: float) -> None:
        if self._parked is None or self._idle_since > idle_before:
            return
        if self.sink is None or not self._keep_alive(self.sink):
            self._unpark(False)

    def _unpark(self, has_news: bool) -> None:
        # What is not parked any more has nothing passed on: its task has to see to the rest.
        parked, self._parked = self._parked, None
        if parked is not None:
            parked(has_news)

    def _pass_on(self, sink: Sink) -> bool:
        """Give the sink all there is; whether nothing is left for a task to do."""
        if self._over or self._source.draining:
            return False
        try:
            for log, position in self._cursors.items():
                cursor = position
                while cursor < log.flushed:
                    if cursor < log.first:
                        return False
                    batch = log.batch(cursor, self._categories)
                    if batch.events:
                        if not sink(batch):
                            return False
                        self._counts.deliveries += len(batch.events)
                        self._idle_since = log.last_flush
                    self._cursors[log] = cursor = batch.end
                if log.removed:
                    return False
        except Exception:
            # One reader must not cost the others their flush; its task meets the error again.
            _logger.exception("A batch could not be passed on")
            return False
        return True

    def _keep_alive(self, sink: Sink) -> bool:
        try:
            taken = sink(QUIET)
        except Exception:
            _logger.exception("A connection could not be kept alive")
            return False
        if taken:
            self._idle_since = monotonic()
        return taken


def _resolve(waiting: asyncio.Future[bool], has_news: bool) -> None:
    if not waiting.done():
        waiting.set_result(has_news)


def make_reset(context_id: str, lost: int | None) -> Event:
    """What a reader is told when it can't be given every event. It has no place in the log.

    Args:
        context_id: What it reads.
        lost: Events that it has not been given; None where that can't be told.
    """
    return make_event(context_id, "reset", {"contextId": context_id, "lost": lost})
