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
_STARTED: dict[ContextLog, int] = {}
"""What is kept of the starts of all readers that have begun: nothing, in one place."""

Waker = Callable[[bool], object]
"""Has a task read on; is told whether there is more to send than a keep-alive."""


class Sink(Protocol):
    """Where a reader's batches can go without a task."""

    def accept(self, batch: Batch) -> bool:
        """Take a batch there and then, and say whether it was taken: else it is left to ``read``.

        Called on the manager's loop. It must not wait, nor open, end or close a reader.
        """
        ...


class Subscription:
    """A reader of one context or of several, used as ``async with`` on the manager's loop.

    To wake a task for each event costs more than to write the event to an idle socket. So a reader
    may have a sink: what is flushed while its task waits in ``read`` goes to the sink, and the task
    sleeps on. It is woken for what the sink refuses, where something was lost, and at the end. As
    all that was read before has been dealt with when a task calls ``read`` again, both ways
    together give every batch once and in order. A reader that has not begun to read may do without
    a task until then: see ``feed``.

    Attributes:
        sink: Where batches go that no task has to take, if anywhere; to be set before ``read`` or
            ``feed``, as a wait goes on with the one that it began with.
        lost: Events that fell off the log before the latest ``read`` could take them.
    """

    # By the time a busy server comes back to a reader, nothing of it is left in the processor's
    # caches: touching one object fewer is worth a few more lines.
    __slots__ = (
        "_categories", "_counts", "_idle_since", "_logs", "_loop", "_open_sink", "_over",
        "_parked", "_source", "_starts", "lost", "sink",
    )  # fmt: skip

    def __init__(
        self,
        source: Source,
        starts: dict[ContextLog, int],
        categories: Iterable[str] | None = None,
    ) -> None:
        self._source = source
        self._counts = source.counts
        self._loop = source.loop
        self._logs = tuple(starts)
        self._starts = starts
        self._categories = None if categories is None else frozenset(categories)
        self._parked: Waker | None = None
        self._open_sink: Sink | None = None  # the sink while it is parked
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
        """Be counted among the readers, and shown what is flushed, from now on; only once.

        Nothing can be read before, and no position told.
        """
        for log, start in self._starts.items():
            log.subscribers[self] = start
        self._starts = _STARTED

    def position_in(self, log: ContextLog) -> int:
        return log.subscribers[self]

    @property
    def is_behind(self) -> bool:
        """Whether there is anything to read, or anything lost."""
        return any(log.subscribers[self] < log.end for log in self._logs)

    def close(self) -> None:
        """Read no more: ``read`` returns None from now on; idempotent."""
        self._over = True
        self.sink = self._open_sink = None
        for log in self._logs:
            if log.subscribers.pop(self, None) is not None:
                log.touched = monotonic()

    def end(self) -> None:
        """Have ``read`` return None from now on, whatever is still to be read; idempotent."""
        self._over = True
        self._unpark(True)

    def feed(self, refused: Waker) -> None:
        """Give the sink all there is, and all that comes, while no task reads.

        Once the sink has refused something, events were lost, or at the end, ``refused`` is called,
        which may be at once. The rest is left to ``read``, and what comes while that waits goes to
        the sink again.
        """
        self._parked = refused
        if not self._over:
            self._open_sink = self.sink
            for log in self._logs:
                self.take(log, log.subscribers[self])
        self._idle_since = monotonic()
        if self._is_ending:
            self.wake()

    @property
    def _is_ending(self) -> bool:
        return self._over or self._source.draining or any(log.removed for log in self._logs)

    async def read(self) -> Batch | None:
        """Wait for the next events, of whichever context has some.

        Returns:
            A batch with events (none of them where all that it covers was ``lost`` or filtered);
            a batch whose ``keepalive`` is set when the manager's keep-alive time passed without
            one; None when the stream is to end, because the manager drains, the context is gone,
            or ``end`` or ``close`` was called.
        """
        self._idle_since = monotonic()
        while not self._over:
            batch = self._next()
            if batch is not None:
                return batch
            if self._is_ending:
                return None
            waiting: asyncio.Future[bool] = self._loop.create_future()
            self._parked = partial(_resolve, waiting)
            self._open_sink = self.sink
            try:
                if not await waiting:
                    return QUIET
            finally:
                self._parked = self._open_sink = None
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
        for log in self._logs:
            while (position := log.subscribers[self]) < log.flushed:
                start = max(position, log.first)
                if start > log.flushed:
                    break
                self.lost = start - position
                batch = log.batch(start, self._categories)
                log.subscribers[self] = batch.end
                if batch.events or self.lost:
                    self._counts.deliveries += len(batch.events)
                    self._counts.lost += self.lost
                    return batch
        return None

    def take(self, log: ContextLog, position: int) -> None:
        sink = self._open_sink
        if sink is not None:
            try:
                while position < log.flushed:
                    if position < log.first:
                        break
                    batch = log.batch(position, self._categories)
                    if batch.events:
                        if not sink.accept(batch):
                            break
                        self._counts.deliveries += len(batch.events)
                        self._idle_since = log.last_flush
                    log.subscribers[self] = position = batch.end
                else:
                    return
            except Exception:
                # One reader must not cost the others their flush; its task meets the error again.
                _logger.exception("A batch could not be passed on")
        self._unpark(True)

    def wake(self) -> None:
        self._unpark(True)

    def beat(self, idle_before: float) -> None:
        if self._parked is None or self._idle_since > idle_before:
            return
        if self._open_sink is None or not self._keep_alive(self._open_sink):
            self._unpark(False)

    def _unpark(self, has_news: bool) -> None:
        # What is not parked any more has nothing passed on: its task has to see to the rest.
        parked, self._parked = self._parked, None
        self._open_sink = None
        if parked is not None:
            parked(has_news)

    def _keep_alive(self, sink: Sink) -> bool:
        try:
            taken = sink.accept(QUIET)
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
