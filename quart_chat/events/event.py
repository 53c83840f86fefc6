"""What is emitted: one immutable event, encoded once."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import orjson

TERMINAL_TYPES = frozenset({"complete", "stopped", "error"})
"""Types that end what a context was opened for; every reader gets them, whatever it filters."""

_KEYS = {
    "id": "id",
    "type": "type",
    "data": "data",
    "category": "category",
    "message": "message",
    "step": "step",
    "contextId": "context_id",
    "createdAt": "created_at",
    "seq": "seq",
}


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that happened in a context.

    A msgspec struct, since one is made for all that is emitted: it is immutable and slotted as a
    frozen dataclass is, takes a tenth of the time to make, and a log full of them is nothing that
    the garbage collector has to walk.

    Readable by attribute, or by key as a mapping would be: ``event["type"]``, ``event["data"]``,
    ``event["contextId"]``.

    Attributes:
        context_id: The context it was emitted into.
        type: "status", "progress", "complete", "stopped", "error", or a word of the emitter's.
        data: What the emitter said; not to be changed afterwards.
        category: What readers filter by.
        message: A sentence for people, where there is one.
        step: The name of the step it belongs to, where there is one.
        created_at: Seconds since the epoch, UTC.
        seq: The emitter's own durable version of what the event shows, where it keeps one.
        body: The JSON that readers receive, encoded once.
        number: Its place in a log: it rises from event to event; 0 until it has one.
        epoch: Names the log that the number counts in: the context's own, or the broker's.
        enveloped: Whether its data is all of its body, and not only the item in it.
    """

    context_id: str
    type: str
    data: dict[str, Any]
    category: str
    message: str | None
    step: str | None
    created_at: float
    seq: int | None
    body: bytes
    number: int = 0
    epoch: str = ""
    enveloped: bool = False

    def __getitem__(self, key: str) -> Any:
        return getattr(self, _KEYS[key])

    @property
    def id(self) -> str:
        """``epoch:number``, what a client sends back as ``Last-Event-ID``."""
        return f"{self.epoch}:{self.number}"

    @property
    def terminal(self) -> bool:
        return self.type in TERMINAL_TYPES

    def at(self, epoch: str, number: int) -> Event:
        """The same event, placed in a log."""
        return msgspec.structs.replace(self, epoch=epoch, number=number)


def make_event(
    context_id: str,
    event_type: str,
    data: dict[str, Any],
    category: str = "default",
    message: str | None = None,
    step: str | None = None,
    *,
    seq: int | None = None,
    created_at: float | None = None,
    enveloped: bool = False,
) -> Event:
    """Make an event, of now if no time is given, not yet placed in a log.

    Clients receive its data as the item of an envelope, ``{type, createdAt, item}``, so that they
    need to know one shape only. Data that is ``enveloped`` has that shape already.

    Raises:
        TypeError: The data has no JSON form; the emitter hears of it, not the readers.
    """
    if created_at is None:
        created_at = time.time()
    payload = data
    if not enveloped:
        payload = {"type": event_type, "createdAt": created_at, "item": data}
        if message is not None:
            payload["message"] = message
        if step is not None:
            payload["step"] = step
    # A copy: orjson shrinks a large buffer in place, and what a log keeps would hold all of it.
    body = b"%b" % orjson.dumps(payload)
    return Event(
        context_id,
        event_type,
        data,
        category,
        message,
        step,
        created_at,
        seq,
        body,
        enveloped=enveloped,
    )
