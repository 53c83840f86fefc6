"""What carries events between processes: the protocol that every engine keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from quart_chat.events.event import Event

if TYPE_CHECKING:
    from quart_chat.durations import Durations

Deliver = Callable[[Event], None]
"""Takes an event."""

Gap = Callable[[], None]
"""Hears that events may be missing between the last that was delivered and the next."""


class BrokerUnavailable(Exception):
    """The broker can't be reached."""


class Broker(Protocol):
    """Carries events to every process that is attached to it, the publisher's own included.

    What it promises:

    - **Order.** Each event is delivered once to every process, in the same order in all of them.
      Where that can't be kept, ``gap`` is called before anything later is delivered.
    - **Numbers.** An event that it numbers has an epoch, which names the broker's log, and a
      number, which rises within the epoch, but not one by one; events of a new epoch come after a
      gap. An event without an epoch is numbered by the context's own log.
    - **No waiting.** ``publish`` returns at once and raises nothing: a producer waits for no round
      trip. What can't be carried at once is sent in the background, in the order published.

    ``deliver`` and ``gap`` are called on the event loop that called ``open``.
    """

    @property
    def epoch(self) -> str:
        """Names the log that it carries events through; the same on all processes, or empty."""
        ...

    @property
    def cut_off(self) -> float:
        """Seconds for which events have neither left nor arrived as they should; 0 if they do."""
        ...

    @property
    def appends(self) -> Durations | None:
        """How long it took until batches of this process were in the log, if there is one."""
        ...

    @property
    def round_trips(self) -> Durations | None:
        """How long it took until batches of this process were delivered here, if by a log."""
        ...

    def bind(self, deliver: Deliver, gap: Gap) -> None:
        """Set what takes the events; called once, before all else."""
        ...

    async def open(self) -> None:
        """Connect, and return once events are delivered.

        Raises:
            BrokerUnavailable: That has not come about within 5 seconds.
        """
        ...

    async def close(self) -> None:
        """Send what still waits, for a second at most, and disconnect; it may be opened again."""
        ...

    async def flush(self) -> None:
        """Wait until what was published here has been delivered here, for a second at most."""
        ...

    def publish(self, event: Event) -> None:
        """Take an event of this process; called on the event loop."""
        ...
