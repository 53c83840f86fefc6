"""Changes of chats: committed first, then emitted, in one order and never one without the other.

Every change of a workflow takes the next whole number of its ``seq`` in the transaction that makes
it, and is one event with that seq. Transactions follow each other, and the events of one are
emitted before the next begins: readers see seqs in order and without a hole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from quart_chat.chat.models import Log, Message, Round, RoundStatus, Workflow
from quart_chat.chat.storage import ChatStorage, ChatTransaction
from quart_chat.errors import ChatError, LostRound, RoundEnded
from quart_chat.events import StreamingEventManager
from quart_chat.texts import _
from quart_chat.wire import Item, list_context

_logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Emission:
    context_id: str
    type: str
    data: Item
    category: str
    seq: int | None
    created_at: float | None = None


class UnitOfWork:
    """One transaction of the journal: what it changes, and what is emitted once it is committed.

    Attributes:
        node_id: The node that makes the changes.
    """

    def __init__(self, transaction: ChatTransaction, node_id: str) -> None:
        self.transaction = transaction
        self.node_id = node_id
        self.emissions: list[_Emission] = []

    def put_workflow(self, workflow: Workflow, now: float, **changes: Any) -> Workflow:
        """Store a new or changed workflow: one more of its seqs and of its owner's list's."""
        changed = replace(
            workflow,
            seq=workflow.seq + 1,
            item_seq=workflow.seq + 1,
            list_seq=self.transaction.next_list_seq(workflow.user_id, now),
            **changes,
        )
        self.transaction.upsert_workflow(changed)
        data = changed.to_chat_data()
        self._emit(changed.id, data, changed.seq)
        self._emit(list_context(changed.user_id), data, changed.list_seq)
        return changed

    def put_message(self, message: Message) -> Message:
        seq = self.transaction.next_seq(message.workflow_id)
        message = replace(message, seq=seq)
        self.transaction.upsert_message(message)
        self._emit(message.workflow_id, message.to_chat_data(), seq)
        return message

    def put_log(self, log: Log) -> Log:
        seq = self.transaction.next_seq(log.workflow_id)
        log = replace(log, seq=seq)
        self.transaction.upsert_log(log)
        self._emit(log.workflow_id, log.to_chat_data(), seq)
        return log

    def check_running(self, round_: Round) -> None:
        """Refuse what would follow the end of a round, or what another node has taken over.

        It comes before all else in a transaction of a round: see ``owns_round`` of the storage.

        Raises:
            RoundEnded: It does not run.
            LostRound: It runs on another node.
        """
        if self.transaction.owns_round(round_, self.node_id):
            return
        stored = self.transaction.select_round(round_.workflow_id, round_.number)
        if stored is None or stored.status is not RoundStatus.RUNNING:
            raise _ended()
        raise LostRound(_("Another server process has taken the answer over."))

    def end_round(self, round_: Round) -> Round:
        """Store how a round has ended. Its terminal event is to be the last of the entry.

        Raises:
            RoundEnded: It does not run; with this the whole entry is undone.
        """
        seq = self.transaction.next_seq(round_.workflow_id)
        round_ = replace(round_, seq=seq)
        if not self.transaction.end_round(round_):
            raise _ended()
        self.emissions.append(
            _Emission(
                round_.workflow_id,
                round_.status,
                round_.to_item(),
                "workflow",
                seq,
                round_.ended_at,
            )
        )
        return round_

    def announce(self, context_id: str, type_: str, category: str) -> None:
        """Say in a context that is no workflow's that something has happened; it is no item."""
        self.emissions.append(_Emission(context_id, type_, {}, category, None))

    def _emit(self, context_id: str, data: Item, seq: int) -> None:
        self.emissions.append(_Emission(context_id, "chatdata", data, "chat", seq))


def _ended() -> RoundEnded:
    return RoundEnded(_("The answer has ended already."))


class Committer:
    """Commits entries and emits their events.

    What is begun is brought to its end, whatever becomes of the one who asked for it.
    """

    def __init__(self, storage: ChatStorage, events: StreamingEventManager, node_id: str) -> None:
        self._storage = storage
        self._events = events
        self._node_id = node_id
        self._tasks: set[asyncio.Task[Any]] = set()

    async def commit(
        self,
        change: Callable[[UnitOfWork], T],
        committed: Callable[[T], None] | None = None,
    ) -> T:
        """Make a change in a transaction, then emit its events.

        Args:
            change: Makes the change, on the database's thread. What it raises undoes it.
            committed: Called between the commit and the events, before any other entry.

        Raises:
            DatabaseUnavailable: Nothing was changed.
        """
        task = asyncio.create_task(self._commit(change, committed))
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # The caller was cancelled; expected errors need no log.
        if not task.cancelled() and not isinstance(task.exception(), ChatError | None):
            _logger.error("A change of a chat failed", exc_info=task.exception())

    async def settle(self) -> None:
        """Wait until nothing that has begun by now is left half done."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _commit(
        self, change: Callable[[UnitOfWork], T], committed: Callable[[T], None] | None
    ) -> T:
        def write(transaction: ChatTransaction) -> tuple[T, list[_Emission]]:
            unit = UnitOfWork(transaction, self._node_id)
            return change(unit), unit.emissions

        async def publish(written: tuple[T, list[_Emission]]) -> None:
            result, emissions = written
            if committed is not None:
                committed(result)
            for emission in emissions:
                await self._events.emit_event(
                    emission.context_id,
                    emission.type,
                    emission.data,
                    emission.category,
                    seq=emission.seq,
                    created_at=emission.created_at,
                )

        result, _emissions = await self._storage.write(write, publish)
        return result
