"""What an event manager has done, in plain numbers."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from quart_chat.events.log import ContextLog


class Counts:
    """What is counted as it happens: each is one addition to a number.

    Attributes:
        events: Events taken into contexts.
        deliveries: Events that readers have taken.
        lost: Events that were no longer held when a reader came to them.
        gaps: How often all logs were emptied, because the broker could have lost events.
    """

    __slots__ = ("deliveries", "events", "gaps", "lost")

    def __init__(self) -> None:
        self.events = self.deliveries = self.lost = self.gaps = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """A manager at one moment.

    Attributes:
        counts: What has happened so far.
        contexts: Contexts that are open.
        readers: Readers of them; one of several contexts counts in each.
        lag: Events that readers have not taken yet, of all of them together.
        longest_lag: The same of the reader that is furthest behind.
    """

    counts: Counts
    contexts: int
    readers: int
    lag: int
    longest_lag: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a reader of a context is behind.

    Attributes:
        events: Events that it has not taken yet.
        seconds: How long ago the first of those was emitted; 0 where there is none.
    """

    reader: object
    events: int
    seconds: float


def furthest_behind(log: ContextLog, most: int, now: float) -> list[Lag]:
    """How far the readers that are furthest behind are, at a time in seconds since 1970."""
    # The number decides between two at one place: readers can't be compared.
    places = ((each.position_in(log), number, each) for number, each in enumerate(log.readers))
    return [
        Lag(reader, log.end - position, _age(log, position, now))
        for position, _, reader in heapq.nsmallest(most, places)
    ]


def _age(log: ContextLog, position: int, now: float) -> float:
    """Seconds since the event at a position was emitted; of the oldest if it is not held."""
    held = max(position, log.first)
    return max(0.0, now - log[held].created_at) if held < log.end else 0.0


def look(counts: Counts, logs: Iterable[ContextLog]) -> Statistics:
    """Look at all contexts; takes as long as there are contexts and readers."""
    each = [log.lags for log in logs]
    lags = [lag for found in each for lag in found]
    return Statistics(counts, len(each), len(lags), sum(lags), max(lags, default=0))
