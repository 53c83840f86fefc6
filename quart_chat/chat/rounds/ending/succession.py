"""What follows the end of a round: the next queued prompt, in the same transaction.

So no crash can come between the two: after it the prompt either waits still, or its round has
begun. After an answer that is complete, the first prompt is sent. After a stop or an error the
queue waits for a person, but for a prompt that is *due*: one that a person has asked to send at
once, or whose time had come as the server closed.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Round, RoundStatus, WorkflowStatus
from quart_chat.chat.queue.prompts import PromptStatus, QueuedPrompt
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.errors import InvalidInput, ModelNotAllowed, TooManyRequests, Unauthenticated

if TYPE_CHECKING:
    from quart_chat.chat.rounds.begun import Begun, Prompt
    from quart_chat.chat.rounds.context import RoundContext

Ended = TypeVar("Ended", bound=Round | None)


class BeginRound(Protocol):
    """Begins a round in a transaction; see :meth:`Rounds.begin`."""

    def __call__(
        self, ask: Ask, prompt: Prompt, unit: UnitOfWork, *, seen: bool, is_new: bool
    ) -> Begun: ...


class Succession:
    """Ends rounds, and begins those of queued prompts.

    Args:
        context: What rounds share.
        begin: Begins a round in a transaction.
        launch: Runs a round whose beginning is committed.
        learn_models: Has models listed that aren't known; see :meth:`Admission.learn_models`.
    """

    def __init__(
        self,
        context: RoundContext,
        begin: BeginRound,
        launch: Callable[[Begun], None],
        learn_models: Callable[[], Awaitable[None]],
    ) -> None:
        self._context = context
        self._begin_round = begin
        self._launch = launch
        self._learn_models = learn_models

    async def end(self, end: Callable[[UnitOfWork], Ended]) -> Ended:
        """End a round, and begin that of the prompt that follows it, if one does.

        Args:
            end: Stores the end in a transaction; None where the round is not to end yet.
        """

        def change(unit: UnitOfWork) -> tuple[Ended, Begun | None]:
            ended = end(unit)
            return ended, None if ended is None else self._follow(ended, unit)

        ended, _ = await self._context.committer.commit(change, lambda done: self._run(done[1]))
        return ended

    async def begin_due(self) -> None:
        """Begin the rounds of prompts that are due in chats where none runs."""
        due = await self._context.storage.read(lambda r: r.select_due_workflows())
        if due:
            await self._learn_models()
        for workflow_id in due:
            change = partial(self._begin_due, workflow_id)
            await self._context.committer.commit(change, self._run)

    def begin(self, prompt: QueuedPrompt, unit: UnitOfWork, *, seen: bool = True) -> Begun:
        """Begin the round of a queued prompt.

        Raises:
            InvalidInput: Its assistant is no longer there, or offers no models any more.
            RoundRunning: A round of its chat runs.
            ModelNotAllowed: The user may not ask its model.
            TooManyRequests: As many rounds of the user run as may, or the tokens are used up.
        """
        workflow = unit.transaction.select_workflow(prompt.workflow_id)
        assert workflow is not None  # noqa: S101 - a deleted chat's queue is not read
        ask = prompt.ask(workflow.user_id)
        content = prompt.content, prompt.html
        begun = self._begin_round(ask, content, unit, seen=seen, is_new=False)
        for other in unit.transaction.select_queue(workflow.id):
            # A person who stops this round has not asked for the next one.
            if other.due and other.id != prompt.id:
                unit.put_queued_prompt(replace(other, due=False))
        sent = replace(
            prompt,
            status=PromptStatus.SENT,
            due=False,
            refused=None,
            content="",
            html=None,
            round_number=begun[0].round_number,
            updated_at=time.time(),
        )
        unit.put_queued_prompt(sent)
        return begun

    def _follow(self, ended: Round, unit: UnitOfWork) -> Begun | None:
        complete = ended.status is RoundStatus.COMPLETE
        queue = unit.transaction.select_queue(ended.workflow_id)
        following = next((prompt for prompt in queue if complete or prompt.due), None)
        return None if following is None else self._try(following, unit)

    def _begin_due(self, workflow_id: str, unit: UnitOfWork) -> Begun | None:
        # It may have changed since it was found.
        workflow = unit.transaction.select_workflow(workflow_id)
        if workflow is None or workflow.status is WorkflowStatus.RUNNING:
            return None
        queue = unit.transaction.select_queue(workflow_id)
        due = next((prompt for prompt in queue if prompt.due), None)
        return None if due is None else self._try(due, unit)

    def _try(self, prompt: QueuedPrompt, unit: UnitOfWork) -> Begun | None:
        """Begin a round unless the server closes; what can't be begun waits for a person."""
        if self._context.closing.is_set():
            if not prompt.due:
                unit.put_queued_prompt(replace(prompt, due=True))
            return None
        try:
            return self.begin(prompt, unit, seen=False)
        except (InvalidInput, ModelNotAllowed, TooManyRequests, Unauthenticated) as error:
            # Its code, not its sentence: each reader is told in a language of their own.
            refused = replace(prompt, due=False, refused=error.code, updated_at=time.time())
            unit.put_queued_prompt(refused)
            return None

    def _run(self, begun: Begun | None) -> None:
        if begun is not None:
            self._launch(begun)
