"""The contexts of a manager: opened by use, and removed once they are unused."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from time import monotonic

from quart_chat.events.coalescing import Coalescer
from quart_chat.events.flusher import Flusher
from quart_chat.events.log import Bounds, ContextLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Bounds and times of a manager.

    Attributes:
        bounds: What each context may hold.
        keepalive: Seconds with nothing to read after which a reader is told so, and for which a
            client may take nothing of what it is sent.
        retention: Seconds that an ended context is kept once it has no reader.
        idle: Seconds that any other context is kept once it has no reader and no event.
        max_contexts: Contexts held at once; past it those without a reader go, the longest
            untouched first.
        retry: Milliseconds, from and to, within which clients are asked to wait before they come
            back: spread out, so that they do not all come at once.
    """

    bounds: Bounds = field(default_factory=Bounds)
    keepalive: float = 15.0
    retention: float = 60.0
    idle: float = 600.0
    max_contexts: int = 10_000
    retry: tuple[int, int] = (500, 2500)


class Contexts:
    """The logs of the open contexts, by their names.

    Args:
        settings: How many there may be, and how long each is kept.
        coalescer: What their events mean to readers.

    Attributes:
        flusher: Shows readers what was emitted; there is one from ``attach`` on.
    """

    flusher: Flusher

    def __init__(self, settings: Settings, coalescer: Coalescer) -> None:
        self._settings = settings
        self._coalescer = coalescer
        self._logs: dict[str, ContextLog] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heartbeat: asyncio.Handle | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Live on a loop from now on."""
        # Contexts of a loop that has ended have nothing left to wake their readers.
        if self._loop is not None:
            self._logs.clear()
        self._loop = loop
        self.flusher = Flusher(loop)
        self._heartbeat = None
        self._keep_beating()

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

    def remove(self, log: ContextLog) -> None:
        """Close a context and tell its readers; idempotent."""
        if self._logs.get(log.context_id) is log:
            del self._logs[log.context_id]
            log.removed = True
            log.wake_all()

    def _make_room(self, keep: Container[ContextLog]) -> None:
        # A tenth at a time, so that a manager at its limit does not sort for every new context.
        quiet = [log for log in self._logs.values() if not log.has_readers and log not in keep]
        quiet.sort(key=lambda log: (not log.ended, log.touched))
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
