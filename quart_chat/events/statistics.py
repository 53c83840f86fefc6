"""What an event manager has done, in plain numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


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


class Read(Protocol):
    """What readers follow: the log of a context."""

    @property
    def lags(self) -> list[int]:
        """How many events each reader has not taken yet."""
        ...


def look(counts: Counts, logs: Iterable[Read]) -> Statistics:
    """Look at all contexts; takes as long as there are contexts and readers."""
    each = [log.lags for log in logs]
    lags = [lag for found in each for lag in found]
    return Statistics(counts, len(each), len(lags), sum(lags), max(lags, default=0))
