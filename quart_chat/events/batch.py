"""What readers take from a log: events, with the bytes that all of them are sent."""

from __future__ import annotations

import msgspec

from quart_chat.events.coalescing import Coalescer, NoCoalescing
from quart_chat.events.event import Event
from quart_chat.events.sse import EVENT_FRAME, KEEPALIVE, encode_events


class Batch(msgspec.Struct, eq=False, weakref=True):
    """Consecutive events of a context, shared by all readers that stand at the same place.

    Attributes:
        context_id: The context they belong to.
        events: The events that match the reader's categories.
        end: The position that follows the batch.
        coalescer: What merges the events that are sent together.
        terminal: Whether the last of them is.
    """

    context_id: str
    events: list[Event]
    end: int
    coalescer: Coalescer
    terminal: bool = False
    _chunk: bytes | None = None

    @property
    def keepalive(self) -> bool:
        """Whether it says only that nothing has happened for a while."""
        return self.end == 0

    @property
    def chunk(self) -> bytes:
        """The events as server-sent event frames with ids ``epoch:number``, joined once.

        Where nothing has happened, a comment that keeps the connection alive.
        """
        if self._chunk is None:
            if len(self.events) == 1:
                event = self.events[0]
                self._chunk = EVENT_FRAME % (event.body, event.epoch.encode(), event.number)
            else:
                self._chunk = encode_events(self.coalescer.merge(self.events))
        return self._chunk


QUIET = Batch("", [], 0, NoCoalescing(), _chunk=KEEPALIVE)
"""What a reader gets when nothing has happened for the keep-alive time."""
