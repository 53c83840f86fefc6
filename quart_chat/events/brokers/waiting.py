"""What a publisher has still to send: bounded, and merged where events may be."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import orjson
from msgspec.structs import replace

from quart_chat.events.brokers.wire import BATCH_EVENTS
from quart_chat.events.coalescing import Coalescer
from quart_chat.events.event import Event

BATCH_BYTES = 256 * 1024
"""A batch ends after so many bytes of bodies."""

_AT_ONCE = 4 * BATCH_EVENTS
"""Events that are looked at for one batch, so that a long queue is not gone through each time."""


class WaitingEvents:
    """The events that wait, in their order.

    Args:
        coalescer: Says which events may be merged.
        limit: Bytes of bodies. Past it events are merged, and then those go that are nowhere
            stored, the oldest first; those with a seq and terminal ones go last.
    """

    def __init__(self, coalescer: Coalescer, limit: int) -> None:
        self._coalescer = coalescer
        self._limit = limit
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._dropped = False

    def __bool__(self) -> bool:
        return bool(self._events) or self._dropped

    def add(self, event: Event) -> None:
        self._events.append(event)
        self._bytes += len(event.body)
        if self._bytes > self._limit:
            self._make_room()

    def take(self) -> tuple[list[Event], bool]:
        """Take the events of the next batch, and whether any were dropped before them."""
        found = [self._events.popleft() for _ in range(min(len(self._events), _AT_ONCE))]
        self._bytes -= _size(found)
        merged = merge_waiting(self._coalescer, found)
        end, size = 0, 0
        while end < min(len(merged), BATCH_EVENTS) and size < BATCH_BYTES:
            size += len(merged[end].body)
            end += 1
        rest = merged[end:]
        self._events.extendleft(reversed(rest))
        self._bytes += _size(rest)
        dropped, self._dropped = self._dropped, False
        return merged[:end], dropped

    def _make_room(self) -> None:
        """Bring the size to three quarters of the limit, so that this is seldom done."""
        events = merge_waiting(self._coalescer, self._events)
        excess = _size(events) - self._limit * 3 // 4
        for transient in (True, False):
            kept: list[Event] = []
            for event in events:
                if excess > 0 and (event.seq is None and not event.terminal) >= transient:
                    excess -= len(event.body)
                    self._dropped = True
                else:
                    kept.append(event)
            events = kept
        self._events = deque(events)
        self._bytes = _size(events)


def merge_waiting(coalescer: Coalescer, events: Sequence[Event] | deque[Event]) -> list[Event]:
    """Merge what may be of each context; a merged event has the place of its first part."""
    contexts: dict[str, list[Event]] = {}
    for event in events:
        contexts.setdefault(event.context_id, []).append(event)
    if len(contexts) == len(events):
        return list(events)
    # Of each event that begins a run: what the run has become.
    merged: dict[int, Event] = {}
    for of_context in contexts.values():
        parts = iter(of_context)
        for last, body in coalescer.merge(of_context):
            first = part = next(parts)
            while part is not last:
                part = next(parts)
            merged[id(first)] = last if body is last.body else _with_body(last, body)
    return [merged[id(event)] for event in events if id(event) in merged]


def _with_body(event: Event, body: bytes) -> Event:
    payload = orjson.loads(body)
    return replace(event, data=payload["item"], created_at=payload["createdAt"], body=body)


def _size(events: Sequence[Event]) -> int:
    return sum(len(event.body) for event in events)
