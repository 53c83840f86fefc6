"""The contexts of a manager, and their lifetime.

They are opened by use, live on the event loop of their first use, and are removed once they are
unused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator
from operator import attrgetter
from threading import get_ident
from time import monotonic

from quart_chat.events.coalescing import Coalescer
from quart_chat.events.event import Event
from quart_chat.events.flusher import Flusher
from quart_chat.events.log import ContextLog
from quart_chat.events.settings import EventSettings
from quart_chat.events.statistics import Counts

_touched = attrgetter("touched")
_ended = attrgetter("ended")


class Contexts:
    """The logs of the open contexts, by their names.

    Args:
        settings: How many there may be, and how long each is kept.
        coalescer: What their events mean to readers.

    Attributes:
        flusher: Shows readers what was emitted; there is one from ``attach`` on.
        counts: What they have done.
        draining: Whether readers have been told to end.
        thread: The thread of the loop that they live on; None before there is one.
    """

    flusher: Flusher

    def __init__(self, settings: EventSettings, coalescer: Coalescer) -> None:
        self.draining = False
        self.thread: int | None = None
        self.counts = Counts()
        self._settings = settings
        self._coalescer = coalescer
        self._logs: dict[str, ContextLog] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heartbeat: asyncio.Handle | None = None

    def attach(self) -> None:
        """Live on the running loop, unless another one that is not closed is home already.

        A queue may be made, and a context asked for, before any loop runs.
        """
        if self._loop is not None and not self._loop.is_closed():
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        # Contexts of a loop that has ended have nothing left to wake their readers.
        if self._loop is not None:
            self._logs.clear()
        self._loop = loop
        self.thread = get_ident()
        self.flusher = Flusher(loop)
        self._heartbeat = None
        self._keep_beating()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that they live on.

        Raises:
            RuntimeError: There is none yet.
        """
        if self._loop is None:
            raise RuntimeError("the event manager is on no event loop yet: start the app first")
        return self._loop

    def __iter__(self) -> Iterator[ContextLog]:
        return iter(tuple(self._logs.values()))

    def get(self, context_id: str) -> ContextLog | None:
        """The log of a context that is open."""
        return self._logs.get(context_id)

    def open(self, context_id: str, keep: Container[ContextLog] = ()) -> ContextLog:
        """The log of a context, opened if need be; none of ``keep`` is removed to make room."""
        log = self._logs.get(context_id)
        if log is None:
            if len(self._logs) >= self._settings.max_contexts:
                self._make_room(keep)
            log = ContextLog(context_id, self._settings.bounds, self._coalescer)
            self._logs[context_id] = log
            self._keep_beating()
        return log

    def deliver(self, event: Event) -> None:
        """Append an event to the log of its context, which opens if need be."""
        self.counts.events += 1
        log = self._logs.get(event.context_id)
        if log is None:
            log = self.open(event.context_id)
        log.append(event, self.flusher)

    def remove(self, log: ContextLog) -> None:
        """Close a context and tell its readers; idempotent."""
        if self._logs.get(log.context_id) is log:
            del self._logs[log.context_id]
            log.removed = True
            log.wake_all()

    def remove_later(self, log: ContextLog, delay: float) -> None:
        """Close a context in so many seconds, unless it has an event or a reader by then."""
        self.loop.call_later(delay, self._remove_unless_touched, log, log.end)

    def _remove_unless_touched(self, log: ContextLog, end: int) -> None:
        if log.end == end and not log.has_readers:
            self.remove(log)

    def drain(self) -> None:
        """Tell every reader to end once it has read what there is."""
        self.draining = True
        now = monotonic()
        for log in self:
            log.flush(now)
            log.wake_all()

    def clear(self) -> None:
        """Close all contexts."""
        for log in self:
            self.remove(log)

    def _make_room(self, keep: Container[ContextLog]) -> None:
        # A tenth at a time, so that a manager at its limit does not sort for every new context.
        quiet = [log for log in self._logs.values() if not log.has_readers and log not in keep]
        # One sort by a pair of both would make as many pairs, and takes twice as long.
        quiet.sort(key=_touched)
        quiet.sort(key=_ended, reverse=True)
        for log in quiet[: max(1, self._settings.max_contexts // 10)]:
            self.remove(log)

    def _keep_beating(self) -> None:
        # One timer for all readers: a timer each would cost more than most reads do.
        if self._heartbeat is None and self._loop is not None and self._logs:
            self._heartbeat = self._loop.call_later(self._settings.keepalive / 5, self._beat)

    def _beat(self) -> None:
        now = monotonic()
        for log in self:
            if log.has_readers:
                for reader in tuple(log.subscribers):
                    reader.beat(now - self._settings.keepalive)
                continue
            kept = self._settings.retention if log.ended else self._settings.idle
            if log.touched <= now - kept:
                self.remove(log)
        self._heartbeat = None
        self._keep_beating()
