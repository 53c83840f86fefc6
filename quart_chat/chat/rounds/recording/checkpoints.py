"""What is in flight, kept in the database as well, so that a crash loses half a second of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from quart_chat.chat.models import Log, Message, Round
from quart_chat.chat.rounds.recording.in_flight import Answer
from quart_chat.chat.storage import ChatStorage, ChatTransaction
from quart_chat.errors import DatabaseUnavailable

MOST = 50
"""Rounds that are saved in one transaction: others that write wait for it."""


class Draft:
    """What one round has in flight.

    Args:
        round_: The round.
        answer: What it has so far.
        lost: Called where the round turns out to be no longer this node's.
    """

    def __init__(self, round_: Round, answer: Answer, lost: Callable[[], None]) -> None:
        self.round = round_
        self.lost = lost
        self._answer = answer
        self._logs: dict[str, Log] = {}

    def add(self, log: Log) -> None:
        """Have the progress of a step saved, too."""
        self._logs[log.id] = log

    def take(self) -> Checkpoint:
        """What is to be saved now."""
        logs, self._logs = self._logs, {}
        return Checkpoint(self.round, self._answer.checkpoint(), tuple(logs.values()))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A round's text and the progress of its steps at one moment."""

    round: Round
    message: Message | None
    logs: Sequence[Log]

    def save(self, transaction: ChatTransaction, node_id: str) -> bool:
        """Write it; False where the round is no longer this node's."""
        if not transaction.owns_round(self.round, node_id):
            return False
        if self.message is not None:
            transaction.update_text_in_flight(self.message)
        for log in self.logs:
            transaction.update_progress(log)
        return True


class Checkpointer:
    """Saves the drafts of all rounds now and then: no seq, no event, and no wait for anyone.

    They are saved together, since a transaction costs more than what it changes.

    Args:
        storage: Where they are saved.
        node_id: The node that runs the rounds.
        interval: Seconds within which a change is saved.
    """

    def __init__(self, storage: ChatStorage, node_id: str, interval: float) -> None:
        self._storage = storage
        self._node_id = node_id
        self._interval = interval
        self._changed: dict[Draft, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def schedule(self, draft: Draft) -> None:
        """Something of it has changed: save it before long."""
        self._changed[draft] = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._interval, self._begin)

    def release(self, draft: Draft) -> None:
        """Save nothing more of it; what is final is stored elsewhere."""
        self._changed.pop(draft, None)

    async def close(self) -> None:
        """Save nothing more, and wait until nothing is being saved."""
        self._changed.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            await asyncio.wait({self._task})

    def _begin(self) -> None:
        self._timer = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._save_all())
        elif self._changed:
            self.schedule(next(iter(self._changed)))

    async def _save_all(self) -> None:
        drafts = list(self._changed)
        for start in range(0, len(drafts), MOST):
            await self._save([d for d in drafts[start : start + MOST] if d in self._changed])

    async def _save(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            del self._changed[draft]
        checkpoints = [draft.take() for draft in drafts]

        def write(transaction: ChatTransaction) -> list[bool]:
            return [checkpoint.save(transaction, self._node_id) for checkpoint in checkpoints]

        # What could not be saved is in memory still, and in the next checkpoint.
        with suppress(DatabaseUnavailable):
            for draft, owned in zip(drafts, await self._storage.write(write), strict=True):
                if not owned:
                    draft.lost()
