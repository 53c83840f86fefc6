"""Changes of chats: committed first, then emitted; see :mod:`quart_chat.committer`.

Every change of a workflow takes the next whole number of its ``seq`` in the transaction that makes
it, and is one event with that seq.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quart_chat.chat.models import Log, Message, Round, RoundStatus, Workflow
from quart_chat.chat.queue.prompts import QueuedPrompt
from quart_chat.chat.storage import ChatTransaction
from quart_chat.committer import Committer as AnyCommitter
from quart_chat.committer import Emission
from quart_chat.errors import LostRound, RoundEnded
from quart_chat.texts import _
from quart_chat.wire import Item, list_context


class UnitOfWork:
    """One transaction of the journal: what it changes, and what is emitted once it is committed.

    Attributes:
        node_id: The node that makes the changes.
        counts_usage: Whether what answers use is counted.
    """

    def __init__(
        self, transaction: ChatTransaction, node_id: str, *, counts_usage: bool = False
    ) -> None:
        self.transaction = transaction
        self.node_id = node_id
        self.counts_usage = counts_usage
        self.emissions: list[Emission] = []

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

    def put_queued_prompt(self, prompt: QueuedPrompt) -> QueuedPrompt:
        seq = self.transaction.next_seq(prompt.workflow_id)
        prompt = replace(prompt, seq=seq)
        self.transaction.upsert_queued_prompt(prompt)
        self._emit(prompt.workflow_id, prompt.to_chat_data(), seq)
        return prompt

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
            Emission(
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
        self.emissions.append(Emission(context_id, type_, {}, category))

    def _emit(self, context_id: str, data: Item, seq: int) -> None:
        self.emissions.append(Emission(context_id, "chatdata", data, "chat", seq))


def _ended() -> RoundEnded:
    return RoundEnded(_("The answer has ended already."))


Committer = AnyCommitter[ChatTransaction, UnitOfWork]
"""Commits units of work of chats."""
