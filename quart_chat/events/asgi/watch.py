"""Streams whose connection has gone without a word, or takes nothing, are found and ended.

A server need not notice that a client has left. Hypercorn stops reading from a connection when more
arrives on it than the request that is being answered: a stray byte, a second request, or any
``Upgrade`` that it does not know. What it does not read never ends. So each stream's socket is
looked at here, some times within the keep-alive time, whether or not anything is to be written.

A client that has closed its half of the connection counts as gone, though it may still read: TCP
tells a server nothing else of one that has closed both (RFC 9112, 9.6, knows a half-close by the
server alone), and Hypercorn takes it for the same.
"""

from __future__ import annotations

import asyncio
import select
from collections import defaultdict
from collections.abc import Iterable
from time import monotonic
from typing import Protocol
from weakref import WeakKeyDictionary

from quart_chat.events.manager import StreamingEventManager

_CLOSED_BY_PEER: int = getattr(select, "POLLRDHUP", 0)
"""Linux alone says so of a connection that still holds bytes to be read. Elsewhere it is noticed
with the next keep-alive that is written."""


class Watched(Protocol):
    """A stream's end of its connection."""

    @property
    def given_up(self) -> bool:
        """Whether its connection is found to be dead, or to take nothing any more."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether the connection is known to be closed, and the stream has not learned of it."""
        ...

    def fileno(self) -> int:
        """The file descriptor of its connection; -1 where it need not be looked at."""
        ...

    def is_stalled(self, now: float, patience: float) -> bool:
        """Whether the client has taken nothing for so many seconds, though there is something."""
        ...

    def give_up(self, *, dead: bool) -> None:
        """End the response, and its connection where that is ``dead`` or takes nothing, either."""
        ...


class ConnectionWatch:
    """Looks at the connections of open streams.

    Args:
        patience: Seconds for which a client may take nothing of what it is sent. Connections are
            looked at five times within it.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._outlets: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, outlet: Watched) -> None:
        self._outlets.add(outlet)
        if self._timer is None:
            self._arrange()

    def discard(self, outlet: Watched) -> None:
        self._outlets.discard(outlet)
        if not self._outlets and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arrange(self) -> None:
        # One timer for all streams: a timer each would cost more than looking does.
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._patience / 5, self._look)

    def _look(self) -> None:
        self._arrange()
        closed = {outlet for outlet in self._outlets if outlet.is_closed}
        dead = closed | _find_hung_up(self._outlets - closed)
        now, living = monotonic(), self._outlets - dead
        stalled = {outlet for outlet in living if outlet.is_stalled(now, self._patience)}
        for outlet in dead | stalled:
            if not outlet.given_up:
                outlet.give_up(dead=outlet in dead)


def _find_hung_up(outlets: Iterable[Watched]) -> set[Watched]:
    """Those whose client has closed the connection, in one call for all of them."""
    if not hasattr(select, "poll"):
        return set()
    poll = select.poll()
    by_descriptor: defaultdict[int, set[Watched]] = defaultdict(set)
    for outlet in outlets:
        if (descriptor := outlet.fileno()) >= 0:
            by_descriptor[descriptor].add(outlet)
            poll.register(descriptor, _CLOSED_BY_PEER)
    return {outlet for descriptor, _ in poll.poll(0) for outlet in by_descriptor[descriptor]}


_of: WeakKeyDictionary[StreamingEventManager, ConnectionWatch] = WeakKeyDictionary()


def watch_of(manager: StreamingEventManager) -> ConnectionWatch:
    """The one watch of a manager's streams."""
    watch = _of.get(manager)
    if watch is None:
        watch = _of[manager] = ConnectionWatch(manager.settings.keepalive)
    return watch
