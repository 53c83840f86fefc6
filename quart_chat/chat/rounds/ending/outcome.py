"""How a round ends: exactly once, in one transaction, its terminal event last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from quart_chat.assistants.protocol import Usage
from quart_chat.chat.models import Log, Message, Round, RoundStatus, WorkflowStatus
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.chat.usage.counting import usage_of
from quart_chat.texts import N_

EndRound = Callable[[Callable[[UnitOfWork], Round]], Awaitable[Round]]
"""Has an end stored in a transaction, and begins what follows it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a round ended, for people and, where it failed, a code for programs."""

    status: RoundStatus
    message: str
    code: str | None = None

    @property
    def log_status(self) -> str:
        """What becomes of steps that were not ended."""
        return "completed" if self.status is RoundStatus.COMPLETE else "failed"

    def of(self, round_: Round, now: float) -> Round:
        """A round that has ended so."""
        return replace(
            round_, status=self.status, message=self.message, code=self.code, ended_at=now
        )


COMPLETE = Ending(RoundStatus.COMPLETE, N_("The answer is complete."))
STOPPED = Ending(RoundStatus.STOPPED, N_("The answer was stopped."))
INTERRUPTED = Ending(
    RoundStatus.ERROR,
    N_("The server stopped before the answer was complete. What was written is kept."),
    "interrupted",
)
EMPTY_ANSWER = Ending(
    RoundStatus.ERROR,
    N_("The assistant gave no answer. Ask again, or in other words."),
    "empty_answer",
)
INVALID_OUTPUT = Ending(
    RoundStatus.ERROR,
    N_(
        "The assistant returned an invalid answer. The text so far is kept; tell the"
        " administrator of the server."
    ),
    "invalid_output",
)
INTERNAL = Ending(
    RoundStatus.ERROR, N_("Something went wrong while the answer was written."), "internal"
)


def end_round(
    unit: UnitOfWork,
    ended: Round,
    messages: Sequence[Message],
    logs: Sequence[Log],
    usage: Usage | None = None,
) -> Round:
    """Store the final state of all that a round has, and emit it, the terminal event last.

    What it has used is counted with it, so it is counted once, whatever node ends the round.

    Args:
        unit: The transaction.
        ended: The round.
        messages: Its answer, if there is any.
        logs: Its steps.
        usage: What the assistant has said of its usage.

    Raises:
        RoundEnded: It has ended before, or is not there; nothing is changed.
    """
    unit.check_running(ended)
    for log in logs:
        unit.put_log(log)
    for message in messages:
        unit.put_message(message)
    workflow = unit.transaction.select_workflow(ended.workflow_id)
    assert workflow is not None  # noqa: S101 - one with a running round is not deleted
    now = ended.ended_at or ended.started_at
    failed = ended.status is RoundStatus.ERROR
    # A user who stops an answer has seen it; any other end makes the chat unread.
    news = {} if ended.status is RoundStatus.STOPPED else {"answered_seq": workflow.seq + 1}
    unit.put_workflow(
        workflow,
        now,
        status=WorkflowStatus.ERROR if failed else WorkflowStatus.IDLE,
        updated_at=now,
        **news,
    )
    if unit.counts_usage:
        used = usage_of(
            ended,
            lambda: unit.transaction.select_prompt(ended.workflow_id, ended.number)[0],
            usage,
            messages,
            logs,
        )
        if used is not None:
            unit.transaction.add_usage(workflow.user_id, used)
    return unit.end_round(ended)
