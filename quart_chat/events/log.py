"""The bounded list of a context's latest events, and how its readers share it.

A reader is a position in the list, not a queue: what one event costs in memory does not depend on
how many read it, and a reader that stops reading costs nothing but its position. Readers see the
log up to its last *flush*. The first event after a pause is flushed with all else that the same
turn of the event loop emits; while the context is busy, flushes are a pacing interval apart, so
that one write to a socket carries all that came in between. All readers are woken by the same
flush and so stand at the same place: they share one batch, encoded and joined once.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from operator import attrgetter
from os import urandom
from time import monotonic
from typing import Protocol
from weakref import WeakSet

from quart_chat.events.batch import Batch
from quart_chat.events.coalescing import Coalescer
from quart_chat.events.event import TERMINAL_TYPES, Event
from quart_chat.events.flusher import Flusher

BATCH_BYTES = 64 * 1024
"""A batch ends after this many bytes: about what one write leaves in a socket's buffers."""

_SHARED_BATCHES = 8
_NO_EVENTS: deque[Event] = deque()
_number_of = attrgetter("number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a context may hold, and when its readers are woken.

    Attributes:
        max_events: Events a context keeps; the oldest go first.
        max_bytes: Bytes of encoded events a context keeps; the newest event always stays.
        pacing: Seconds between flushes of a busy context.
    """

    max_events: int = 2048
    max_bytes: int = 1024 * 1024
    pacing: float = 0.010


class Reader(Protocol):
    """Something that waits for events of a log."""

    def take(self, log: ContextLog, position: int) -> None:
        """Take what a log has flushed from a position on; readers neither come nor go meanwhile."""
        ...

    def wake(self) -> None:
        """Look again: events were lost, or it may be the end; readers neither come nor go now."""
        ...

    def beat(self, idle_before: float) -> None:
        """Show that it is alive, where it has waited since before that monotonic time."""
        ...

    def position_in(self, log: ContextLog) -> int:
        """The position of the event that it reads next."""
        ...


class ContextLog:
    """A context's latest events. Belongs to one event loop; not thread-safe by itself.

    Its positions count the events of this log, one by one. An event's number is its position,
    where no broker has given it one; those of a broker rise, but not one by one.

    Attributes:
        epoch: Names what the numbers of its events count in.
        first: Position of the oldest event held; equals ``end`` when none is.
        end: Position that the next event gets.
        flushed: Readers see events below this position.
        last_flush: Monotonic time of the latest flush: one look at the clock for all readers.
        generation: Position of the first event since the last terminal one.
        ended: Whether a terminal event is the latest.
        touched: Monotonic time of the latest flush, reader or call that concerned the context.
        removed: Whether the manager has let go of it.
        subscribers: Who is shown each flush, and the position of the event that each reads next;
            of a queue, that at which it began to wait.
    """

    # Most streams of a busy server are idle, and a deque or a weak set takes as much as all else
    # that a context needs: they are made for the first event and the first queue.
    __slots__ = (
        "_before",
        "_bounds",
        "_bytes",
        "_coalescer",
        "_events",
        "_is_due",
        "_queues",
        "_shared",
        "_timer",
        "context_id",
        "end",
        "ended",
        "epoch",
        "first",
        "flushed",
        "generation",
        "last_flush",
        "removed",
        "subscribers",
        "touched",
    )

    def __init__(self, context_id: str, bounds: Bounds, coalescer: Coalescer) -> None:
        self.context_id = context_id
        # A log that begins anew under the same id counts from 1 again: the epoch tells its
        # numbers from those of the one before, of another process or of another node.
        self.epoch = urandom(4).hex()
        self.first = 1
        self.end = 1
        self.flushed = 1
        self.generation = 1
        self.ended = False
        self.touched = monotonic()
        self.removed = False
        self.subscribers: dict[Reader, int] = {}
        self._queues: WeakSet[Reader] | None = None
        # The number of the latest event that is no longer held; None where that is not known.
        self._before: int | None = 0
        self._bounds = bounds
        self._coalescer = coalescer
        self._events = _NO_EVENTS
        self._bytes = 0
        self.last_flush = float("-inf")
        self._is_due = False
        self._timer: asyncio.TimerHandle | None = None
        self._shared: dict[tuple[int, frozenset[str] | None], Batch] | None = None

    @property
    def has_readers(self) -> bool:
        return bool(self.subscribers) or bool(self._queues)

    @property
    def lags(self) -> list[int]:
        """How many events each reader has not taken yet."""
        return [self.end - reader.position_in(self) for reader in self.readers]

    @property
    def readers(self) -> set[Reader]:
        return {*self.subscribers, *(self._queues or ())}

    def hold_for(self, queue: Reader) -> None:
        """Count a queue among the readers for as long as it is referenced."""
        if self._queues is None:
            self._queues = WeakSet()
        self._queues.add(queue)

    def open_generation(self) -> None:
        """Let what comes next be no part of what a terminal event has ended."""
        if self.ended:
            self.generation = self.end
            self.ended = False

    def append(self, event: Event, flusher: Flusher) -> None:
        """Give an event its place, drop what the bounds no longer allow, and arrange the flush."""
        if self.ended:
            self.open_generation()
        if event.epoch:
            self.epoch = event.epoch
        else:
            event = event.at(self.epoch, self.end)
        events, bounds = self._events, self._bounds
        if events is _NO_EVENTS:
            events = self._events = deque()
        events.append(event)
        self._bytes = size = self._bytes + len(event.body)
        self.end += 1
        if len(events) > bounds.max_events or size > bounds.max_bytes:
            self._drop_oldest()
        self.ended = event.type in TERMINAL_TYPES
        if self._is_due:
            return
        wait = self.last_flush + bounds.pacing - monotonic()
        if wait <= 0 or self._coalescer.is_urgent(event):
            self._is_due = True
            flusher.flush_soon(self)
        elif self._timer is None:
            self._timer = flusher.flush_later(self, wait)

    def _drop_oldest(self) -> None:
        bounds = self._bounds
        while len(self._events) > bounds.max_events or (
            self._bytes > bounds.max_bytes and len(self._events) > 1
        ):
            dropped = self._events.popleft()
            self._bytes -= len(dropped.body)
            self._before = dropped.number
            self.first += 1

    def lose_events(self) -> None:
        """Hold nothing any more, and let readers know: what comes next does not follow on it."""
        self._events = _NO_EVENTS
        self._bytes = 0
        self._before = None
        self.ended = False
        self._shared = None
        self.epoch = urandom(4).hex()
        # The position that is left out is one that no reader can have read.
        self.end += 1
        self.first = self.flushed = self.end
        self.wake_all()

    @property
    def last_number(self) -> int:
        """The number of the latest event; below all others where that is not known."""
        if self._events:
            return self._events[-1].number
        return -1 if self._before is None else self._before

    def find(self, number: int) -> int | None:
        """The position that follows an event, where the log can go on from it exactly."""
        if number == self._before:
            return self.first
        index = bisect_left(self._events, number, key=_number_of)
        if index < len(self._events) and self._events[index].number == number:
            return self.first + index + 1
        return None

    def position_after(self, number: int) -> int:
        """The position from which to read on after a number; below ``first`` by what is lost."""
        found = self.find(number)
        if found is not None:
            return found
        index = bisect_left(self._events, number, key=_number_of)
        if index:
            return self.first + index
        if not self._events:
            return self.first if self._before is not None else self.first - 1
        oldest = self._events[0].number
        # How many events a broker has numbered in between is not known.
        return self.first - (oldest - number - 1 if oldest == self.first else 1)

    def flush(self, now: float) -> None:
        """Show readers all there is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_due = False
        self.touched = self.last_flush = now
        self.flushed = self.end
        self._shared = None
        for reader, position in self.subscribers.items():
            reader.take(self, position)

    def wake_all(self) -> None:
        """Have all readers look again."""
        for reader in self.subscribers:
            reader.wake()

    def batch(self, start: int, categories: frozenset[str] | None) -> Batch:
        """The flushed events from ``start`` on that match.

        It ends after a terminal event, and once it has ``BATCH_BYTES``.
        """
        if len(self.subscribers) == 1:
            # There is nothing to share: a busy server has many contexts of a single reader. And
            # most often there is one event, with nothing to choose.
            if categories is None and start + 1 == self.flushed:
                event = self._events[start - self.first]
                ends = event.type in TERMINAL_TYPES
                return Batch(event.context_id, [event], self.flushed, self._coalescer, ends)
            return self._make_batch(start, categories)
        if self._shared is None:
            self._shared = {}
        key = (start, categories)
        batch = self._shared.get(key)
        if batch is None:
            batch = self._make_batch(start, categories)
            if len(self._shared) < _SHARED_BATCHES:
                self._shared[key] = batch
        return batch

    def _make_batch(self, start: int, categories: frozenset[str] | None) -> Batch:
        events: list[Event] = []
        size = 0
        position = start
        ends = False
        while position < self.flushed and size < BATCH_BYTES and not ends:
            event = self._events[position - self.first]
            position += 1
            ends = event.type in TERMINAL_TYPES
            if categories is None or ends or event.category in categories:
                events.append(event)
                size += len(event.body)
        return Batch(self.context_id, events, position, self._coalescer, ends)

    def __getitem__(self, position: int) -> Event:
        return self._events[position - self.first]
