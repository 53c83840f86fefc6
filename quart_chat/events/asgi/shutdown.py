"""Streams end as soon as the server is told to stop.

Servers first wait for their connections, and run the end of the lifespan after that; streams never
end by themselves. So a shutdown has to be learned of before the lifespan says so:

- A program that runs its server calls ``begin`` when it tells the server to stop.
- Elsewhere the signals SIGTERM and SIGINT are overheard: what the server has set for them is called
  as ever.
- A worker process of Hypercorn gets no signal. Its parent tells it by an event.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from quart_chat.events.manager import StreamingEventManager

_logger = logging.getLogger(__name__)

DRAIN_TIMEOUT = 1.5
"""Seconds that the callbacks of a shutdown may take before the streams are told in any case."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LOOK_AGAIN = 0.1


class Shutdown:
    """Ends the streams of a manager when the server is told to stop."""

    def __init__(self, manager: StreamingEventManager) -> None:
        self._manager = manager
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None

    @property
    def has_begun(self) -> bool:
        """Whether the server was told to stop."""
        return self._draining is not None or self._manager.draining

    def on_drain(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have a callback awaited when the server is told to stop, before the streams end.

        What it emits still reaches the readers.
        """
        self._callbacks.append(callback)

    def watch(self) -> None:
        """Overhear from now on what tells the server to stop; idempotent.

        A server is ready for it only after the lifespan has begun, so this is called with the first
        request.
        """
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self._loop = loop
        self._draining = None
        _overhear(self)
        event = _event_of_parent()
        if event is not None:
            self._look_at(event)

    def forget(self) -> None:
        """Let go of what ``watch`` has set, so that the application may be served again."""
        self._loop = self._draining = None
        _forget(self)

    def begin(self) -> None:
        """Call the callbacks and end the streams, in the background; idempotent."""
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain())

    async def run(self) -> None:
        """The same, and wait for it."""
        self.begin()
        assert self._draining is not None  # noqa: S101 - it has begun
        await self._draining

    def begin_soon(self) -> None:
        """Begin from a signal's handler, or from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.begin)

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT):
                for callback in self._callbacks:
                    await callback()
        except Exception:
            _logger.exception("What was to be done before the streams end has failed")
        finally:
            self._manager.drain()

    def _look_at(self, event: Any) -> None:
        if event.is_set():
            self.begin()
        elif self._loop is not None:
            self._loop.call_later(_LOOK_AGAIN, self._look_at, event)


_of: WeakKeyDictionary[StreamingEventManager, Shutdown] = WeakKeyDictionary()


def shutdown_of(manager: StreamingEventManager) -> Shutdown:
    """The one shutdown of a manager."""
    return _of.setdefault(manager, Shutdown(manager))


# All that overhear share one handler of each signal, so that apps that come and go leave no chain.
_listeners: set[Shutdown] = set()
_previous: dict[int, Any] = {}


def _overhear(shutdown: Shutdown) -> None:
    _listeners.add(shutdown)
    if threading.current_thread() is not threading.main_thread():
        return  # signals are handled in the main thread alone; there the program has its own way
    for number in _SIGNALS:
        handler = signal.getsignal(number)
        # Where nothing handles a signal, it ends the process at once: no server is being stopped.
        if handler is not _handle and callable(handler):
            _previous[number] = handler
            signal.signal(number, _handle)
            signal.siginterrupt(number, False)


def _forget(shutdown: Shutdown) -> None:
    _listeners.discard(shutdown)
    if _listeners or threading.current_thread() is not threading.main_thread():
        return
    for number, handler in _previous.items():
        if signal.getsignal(number) is _handle:
            signal.signal(number, handler)
    _previous.clear()


def _handle(number: int, frame: FrameType | None) -> None:
    for shutdown in tuple(_listeners):
        shutdown.begin_soon()
    _previous[number](number, frame)


def _event_of_parent() -> Any:
    """What tells a worker process of Hypercorn to stop; None in any other process."""
    arguments = vars(multiprocessing.current_process()).get("_kwargs", {})
    event = arguments.get("shutdown_event")
    return event if hasattr(event, "is_set") else None
