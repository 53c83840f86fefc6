"""What is in flight, kept in the database as well, so that a crash loses half a second of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from quart_chat.chat.models import Log, Round
from quart_chat.chat.rounds.in_flight import Answer
from quart_chat.chat.storage import ChatStorage, ChatTransaction
from quart_chat.errors import DatabaseUnavailable


class Checkpointer:
    """Checkpoints what is in flight, now and then: no seq, no event, and no wait for anyone.

    Args:
        storage: Where it is saved.
        node_id: The node that runs the round.
        round_: The round.
        answer: What it has so far.
        interval: Seconds between two checkpoints.

    Attributes:
        lost: Called where the round is no longer this node's.
    """

    lost: Callable[[], None]

    def __init__(
        self, storage: ChatStorage, node_id: str, round_: Round, answer: Answer, interval: float
    ) -> None:
        self.lost = _nothing
        self._storage = storage
        self._node_id = node_id
        self._round = round_
        self._answer = answer
        self._interval = interval
        self._logs: dict[str, Log] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def schedule(self, log: Log | None = None) -> None:
        """Something has changed: save it before long."""
        if log is not None:
            self._logs[log.id] = log
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._interval, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._task is not None and not self._task.done():
            self.schedule()
        else:
            self._task = asyncio.create_task(self._save())

    async def _save(self) -> None:
        message, logs = self._answer.checkpoint(), self._logs
        self._logs = {}

        def write(transaction: ChatTransaction) -> bool:
            if not transaction.owns_round(self._round, self._node_id):
                return False
            if message is not None:
                transaction.update_text_in_flight(message)
            for log in logs.values():
                transaction.update_progress(log)
            return True

        # What could not be saved is in memory still, and in the next checkpoint.
        with suppress(DatabaseUnavailable):
            if not await self._storage.write(write):
                self.lost()

    async def close(self) -> None:
        """Save nothing more; what is final is stored elsewhere."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            await asyncio.wait({self._task})


def _nothing() -> None:
    """The end of a round that has ended by itself is stored elsewhere."""
