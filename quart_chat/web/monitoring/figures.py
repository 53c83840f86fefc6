"""What the contexts, their readers and the rounds of this process do, for administrators.

They see who reads and who waits for an answer, not what: no title, no text and no name of a
document is in the figures. Of a chat or a document they see the beginning of its id.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from quart_chat.events.statistics import furthest_behind

if TYPE_CHECKING:
    from quart_chat.accounts.models import Identity
    from quart_chat.chat.rounds.runner import RunningRound
    from quart_chat.events import StreamingEventManager
    from quart_chat.events.log import ContextLog
    from quart_chat.web.monitoring.names import Names
    from quart_chat.wire import Item

MOST_CONTEXTS = 50
MOST_READERS = 5
MOST_ROUNDS = 100
"""Of each, how many are told one by one: those furthest behind, the busiest, the oldest."""

SHOWN = 8
"""Characters of an id that are shown: enough to tell two of them apart."""

KINDS = {"": "chat", "user": "list", "document": "document", "cluster": "nodes", "monitor": "page"}
"""What contexts are called here, by what stands before the colon of their ids."""

FindReaders = Callable[[], "Mapping[object, Identity]"]
"""Says whose the readers of this process are, as far as that is known."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was counted by a moment of the monotonic clock."""

    at: float
    events: int
    deliveries: int
    ends: dict[ContextLog, int]

    def rate(self, before: int, now: int, last: _Counted | None) -> float | None:
        """How many there were a second since the last time; None where there was none."""
        if last is None or self.at <= last.at:
            return None
        return max(0, now - before) / (self.at - last.at)


class Figures:
    """Takes figures; those of a second are about the time since they were last taken.

    Args:
        node: The id of this process.
        events: Its contexts.
        running: Its rounds.
        names: The names of users.
        find_readers: Says whose the readers are.
    """

    def __init__(
        self,
        node: str,
        events: StreamingEventManager,
        running: Mapping[str, RunningRound],
        names: Names,
        find_readers: FindReaders,
    ) -> None:
        self._node = node
        self._events = events
        self._running = running
        self._names = names
        self._find_readers = find_readers
        self._last: _Counted | None = None

    async def take(self) -> Item:
        """Look at all contexts, readers and rounds."""
        rounds = sorted(self._running.items(), key=lambda each: each[1].round.started_at)
        logs = list(self._events.contexts())
        owners = {running.question.user_id for _, running in rounds}
        owners |= {_name_of(log) for log in logs if _kind_of(log) == "list"}
        await self._names.learn(owners)
        now, last = self._count(logs), self._last
        self._last = now
        statistics = self._events.statistics()
        rates = {
            log: now.rate(last.ends.get(log, 1) if last else 1, end, last)
            for log, end in now.ends.items()
        }
        return {
            "node": self._node,
            "at": time.time(),
            "contexts": statistics.contexts,
            "readers": statistics.readers,
            "behind": statistics.lag,
            "furthestBehind": statistics.longest_lag,
            "eventsPerSecond": now.rate(last.events if last else 0, now.events, last),
            "deliveriesPerSecond": now.rate(last.deliveries if last else 0, now.deliveries, last),
            "busiest": self._describe_busiest(rates),
            "moreContexts": max(0, len(logs) - MOST_CONTEXTS),
            "rounds": [self._describe_round(id_, each) for id_, each in rounds[:MOST_ROUNDS]],
            "moreRounds": max(0, len(rounds) - MOST_ROUNDS),
        }

    def _count(self, logs: list[ContextLog]) -> _Counted:
        counts = self._events.statistics().counts
        return _Counted(
            monotonic(), counts.events, counts.deliveries, {log: log.end for log in logs}
        )

    def _describe_busiest(self, rates: dict[ContextLog, float | None]) -> list[Item]:
        def importance(log: ContextLog) -> tuple[int, float, int]:
            lags = log.lags
            return max(lags, default=0), rates[log] or 0.0, len(lags)

        identities, now = self._find_readers(), time.time()
        shown = heapq.nlargest(MOST_CONTEXTS, rates, key=importance)
        items = [self._describe(log, rates[log], identities, now) for log in shown]
        # In an order that stays: one can't read what jumps about.
        return sorted(items, key=lambda item: (item["kind"], item["user"] or "", item["id"]))

    def _describe(
        self,
        log: ContextLog,
        rate: float | None,
        identities: Mapping[object, Identity],
        now: float,
    ) -> Item:
        kind, name = _kind_of(log), _name_of(log)
        known = [identities[reader] for reader in log.readers if reader in identities]
        owner = self._names.get(name) if kind == "list" else known[0].name if known else None
        furthest = furthest_behind(log, MOST_READERS, now)
        return {
            "kind": kind,
            "id": name[:SHOWN] if kind in ("chat", "document") else log.context_id,
            "user": owner,
            "eventsPerSecond": rate,
            "readers": [
                {
                    "user": identities[lag.reader].name if lag.reader in identities else None,
                    "behind": lag.events,
                    "seconds": lag.seconds,
                }
                for lag in furthest
            ],
            "moreReaders": len(log.readers) - len(furthest),
        }

    def _describe_round(self, workflow_id: str, running: RunningRound) -> Item:
        return {
            "workflowId": workflow_id,
            "roundNumber": running.round.number,
            "user": self._names.get(running.question.user_id),
            "assistant": running.assistant.title,
            "model": running.question.model,
            "startedAt": running.round.started_at,
        }


def _kind_of(log: ContextLog) -> str:
    return KINDS.get(log.context_id.rpartition(":")[0], "other")


def _name_of(log: ContextLog) -> str:
    return log.context_id.rpartition(":")[2]
