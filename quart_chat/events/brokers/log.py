"""The broker for several processes: all contexts in one ordered log that every node reads.

A node appends what it publishes in batches, one at a time: what is published meanwhile waits for
the next, so a busy node sends fewer and larger ones. It delivers its own events when they come back
from the log, so all nodes deliver the same events in the same order, under the same numbers.

A batch whose append fails is sent again unchanged. It names its publisher and counts, so readers
drop what they have already, and see where one is missing. Whether the log is still the one that was
read is checked each time that a node attaches to it: the batch read last has to be in its place,
and an epoch that ended may not be back. Otherwise the log was rolled back. It gets another epoch
then, so that no number means two events.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import aclosing, suppress
from time import monotonic

from quart_chat.durations import Durations
from quart_chat.events.broker import BrokerUnavailable, Deliver, Gap
from quart_chat.events.brokers.protocol import Log, LogSilent, LogUnavailable, Place
from quart_chat.events.brokers.waiting import WaitingEvents
from quart_chat.events.brokers.wire import can_be_carried, decode_batch, encode_batch, number_of
from quart_chat.events.coalescing import Coalescer, NoCoalescing
from quart_chat.events.event import Event

_logger = logging.getLogger(__name__)

LIMIT = 16 * 1024 * 1024
"""Bytes of events that wait while the log can't be reached."""

_OPEN = 5.0
_CALL = 5.0
_FLUSH = 1.0
_CANCEL = 1.0
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


class LogBroker:
    """Carries events through a log.

    Args:
        log: The log.
        coalescer: Says which events may be merged while they wait.
        limit: Bytes of events that may wait.
    """

    def __init__(self, log: Log, coalescer: Coalescer | None = None, *, limit: int = LIMIT) -> None:
        self._log = log
        self._waiting = WaitingEvents(coalescer or NoCoalescing(), limit)
        self._origin = secrets.token_hex(8)
        self._sent = 0
        self._returned = 0
        self._counters: dict[str, int] = {}
        self._last: Place | None = None
        self._seen: int | None = None
        self._ended_epochs: set[str] = set()
        self._unsent: bytes | None = None
        self._has_waiting = asyncio.Event()
        self._moved = asyncio.Event()
        self._attached = asyncio.Event()
        self._ready: asyncio.Future[None] | None = None
        self._trouble = ""
        self.appends = Durations()
        self.round_trips = Durations()
        self._detached_at: float | None = None
        self._sending_since: float | None = None
        self._begun_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def epoch(self) -> str:
        return "" if self._last is None else self._last.epoch

    @property
    def cut_off(self) -> float:
        since = [at for at in (self._detached_at, self._sending_since) if at is not None]
        return monotonic() - min(since) if since else 0.0

    def bind(self, deliver: Deliver, gap: Gap) -> None:
        self._deliver = deliver
        self._gap = gap

    async def open(self) -> None:
        self._ready = asyncio.get_running_loop().create_future()
        # Served again, it may be on another event loop.
        self._has_waiting, self._moved = asyncio.Event(), asyncio.Event()
        self._attached = asyncio.Event()
        self._trouble = ""
        if self._waiting:
            self._has_waiting.set()
        self._tasks = [
            asyncio.create_task(self._send_all()),
            asyncio.create_task(self._read_all()),
        ]
        try:
            async with asyncio.timeout(_OPEN):
                await self._ready
        except TimeoutError as error:
            reason = self._trouble or "it does not answer in time"
            await self._stop()
            raise BrokerUnavailable(f"The event log can't be used: {reason}") from error

    async def close(self) -> None:
        await self.flush()
        await self._stop()

    async def _stop(self) -> None:
        pending, self._tasks = set(self._tasks), []
        while pending:
            for task in pending:
                task.cancel()
            # A driver may lose a cancellation, as asyncio.wait_for does before Python 3.12.
            _, pending = await asyncio.wait(pending, timeout=_CANCEL)
        await self._log.close()

    async def flush(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH):
                while self._tasks and (self._waiting or self._returned < self._sent):
                    self._moved.clear()
                    await self._moved.wait()

    def publish(self, event: Event) -> None:
        self._waiting.add(event)
        self._has_waiting.set()

    # Sending

    async def _send_all(self) -> None:
        while True:
            if self._unsent is None:
                await self._has_waiting.wait()
                events, dropped = self._waiting.take()
                self._sent += 1
                self._unsent = self._encode(events, dropped)
            self._sending_since = self._begun_at = monotonic()
            await self._append(self._unsent)
            self.appends.add(monotonic() - self._sending_since)
            self._unsent = self._sending_since = None
            if not self._waiting:
                self._has_waiting.clear()

    def _encode(self, events: list[Event], dropped: bool) -> bytes:
        try:
            return encode_batch(self._origin, self._sent, dropped, events)
        except (ValueError, TypeError):
            _logger.exception("An event can't be sent to other processes")
            events = [event for event in events if can_be_carried(event)]
            return encode_batch(self._origin, self._sent, True, events)

    async def _append(self, batch: bytes) -> None:
        pause = _Pause("Events can't be sent to other processes")
        while True:
            # A log that was rolled back is emptied by the first that attaches to it: what was
            # appended before that would be lost.
            await self._attached.wait()
            try:
                async with asyncio.timeout(_CALL):
                    await self._log.append(batch)
            except (LogUnavailable, TimeoutError) as error:
                await pause.after(error)
            else:
                pause.over("Events are sent to other processes again")
                return

    # Reading

    async def _read_all(self) -> None:
        pause = _Pause("Events of other processes can't be read")
        while True:
            try:
                async with aclosing(self._log.tail(self._last)) as batches:
                    await self._attach((await anext(batches))[0])
                    pause.over("Events of other processes are read again")
                    async for place, data in batches:
                        self._take(place, data)
            except (LogUnavailable, TimeoutError) as error:
                self._attached.clear()
                self._detached_at = self._detached_at or monotonic()
                # What the log has said tells more than that it says nothing now.
                if not (self._trouble and isinstance(error, LogSilent | TimeoutError)):
                    self._trouble = str(error)
                await pause.after(error)
            except Exception as error:
                # What takes the events is to blame: without them, its readers have to read anew.
                _logger.exception("An event could not be delivered")
                self._tell_gap("An event was not delivered")
                await pause.after(error)

    async def _attach(self, place: Place) -> None:
        """Go on from a place, or tell a gap where that is not where the node had stopped.

        Raises:
            LogUnavailable: The log was rolled back; it has a new epoch now.
        """
        async with asyncio.timeout(_CALL):
            found = await self._log.at(place)
        seen = None if found is None else hash(found)
        if self._is_rolled_back(place, seen):
            async with asyncio.timeout(_CALL):
                await self._log.renew(place.epoch)
            raise LogUnavailable("the event log was rolled back")
        if self._last is not None and place != self._last:
            if place.epoch != self._last.epoch:
                self._ended_epochs.add(self._last.epoch)
            self._tell_gap("The event log has lost events, or was emptied")
        self._last, self._seen = place, seen
        self._detached_at = None
        self._attached.set()

    def _is_rolled_back(self, place: Place, seen: int | None) -> bool:
        last = self._last
        if last is None or place.epoch != last.epoch:
            return place.epoch in self._ended_epochs
        return place.number < last.number or (place == last and seen != self._seen)

    def _take(self, place: Place, data: bytes | None) -> None:
        if data is None:
            if self._ready is not None and not self._ready.done():
                self._ready.set_result(None)
            return
        self._last, self._seen = place, hash(data)
        try:
            batch = decode_batch(data)
            events = batch.events
        except (ValueError, LookupError, TypeError):
            self._tell_gap("A batch of events can't be read")
            return
        known = self._counters.get(batch.origin)
        if known is not None and batch.counter <= known:
            return  # sent again
        if batch.gap or (known is not None and batch.counter > known + 1):
            self._tell_gap("Events of a process were dropped or lost")
        self._counters[batch.origin] = batch.counter
        for index, event in enumerate(events):
            self._deliver(event.at(place.epoch, number_of(place.number, index)))
        if batch.origin == self._origin:
            self._returned = batch.counter
            self.round_trips.add(monotonic() - self._begun_at)
            self._moved.set()

    def _tell_gap(self, reason: str) -> None:
        _logger.warning("%s: every open stream reads once more.", reason)
        self._gap()


class _Pause:
    """Waits between attempts, longer each time, and logs the first failure and the recovery."""

    def __init__(self, failure: str) -> None:
        self._failure = failure
        self._seconds = _FIRST_PAUSE
        self._failed = False

    async def after(self, error: Exception) -> None:
        """Wait after a failure."""
        if not self._failed:
            _logger.warning("%s: %s", self._failure, error or "no answer in time")
        self._failed = True
        await asyncio.sleep(self._seconds)
        self._seconds = min(2 * self._seconds, _LONGEST_PAUSE)

    def over(self, recovery: str) -> None:
        """Begin anew after a success."""
        if self._failed:
            _logger.warning("%s.", recovery)
        self._seconds, self._failed = _FIRST_PAUSE, False
