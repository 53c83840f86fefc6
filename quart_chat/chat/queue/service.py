"""What a person can do with the prompts that wait in a chat."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from quart_chat.chat.access import check_id, found_queued_prompt, found_workflow, get_workflow
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Round, Workflow, WorkflowStatus
from quart_chat.chat.queue.prompts import (
    Placed,
    PromptStatus,
    QueuedPrompt,
    new_queued_prompt,
)
from quart_chat.chat.rounds.begun import Begun, Prompt
from quart_chat.chat.rounds.start import Rounds
from quart_chat.chat.storage import ChatReader, ChatStorage
from quart_chat.chat.unit_of_work import Committer, UnitOfWork
from quart_chat.errors import InvalidInput, QueueFull
from quart_chat.texts import _

Stop = Callable[[Workflow, int | None], Awaitable[Round | None]]
"""Stops the round of a workflow with a number, wherever it runs."""


class PromptQueue:
    """Queues prompts on behalf of users; see :mod:`quart_chat.chat.rounds.ending.succession`.

    Args:
        storage: What they are read from.
        committer: Commits their changes.
        rounds: Those that run.
        stop: Stops a round.
        max_queued: Prompts that wait in a chat.
    """

    def __init__(
        self,
        storage: ChatStorage,
        committer: Committer,
        rounds: Rounds,
        stop: Stop,
        *,
        max_queued: int,
    ) -> None:
        self._storage = storage
        self._committer = committer
        self._rounds = rounds
        self._stop = stop
        self._max_queued = max_queued

    async def read(self, user_id: str, workflow_id: str) -> tuple[QueuedPrompt, ...]:
        """Read the prompts that wait in a chat, in the order in which they are sent.

        Raises:
            NotFound: There is no such chat.
        """
        check_id(workflow_id)

        def read(reader: ChatReader) -> tuple[QueuedPrompt, ...]:
            found_workflow(reader.select_workflow(workflow_id, user_id))
            return reader.select_queue(workflow_id)

        return await self._storage.read(read)

    async def add(self, ask: Ask) -> Placed:
        """Queue a prompt, or begin its round where none runs and none waits.

        A request that comes again is answered with what has become of its prompt.

        Raises:
            InvalidInput: The prompt is blank or no text, replaces a round, or can't be asked.
            PromptTooLong: The prompt has too many characters.
            NotFound: There is no such chat.
            QueueFull: As many prompts wait as may.
            ModelNotAllowed: The user may not ask the model.
            TooManyRequests: As many rounds of the user run as may, or a limit of the user is
                reached.
            Unavailable: The service is closing, or the database can't be written.
        """
        check_id(ask.workflow_id)
        if ask.replaces is not None:
            raise InvalidInput(_("replaces: a new version of a round can't be queued."))
        prompt = await self._rounds.render_prompt(ask.prompt)
        await self._rounds.admission.learn_models(ask.user_id)
        placed, _begun = await self._committer.commit(partial(self._add, ask, prompt), self._launch)
        return placed

    def _add(self, ask: Ask, prompt: Prompt, unit: UnitOfWork) -> tuple[Placed, Begun | None]:
        known = _find_request(ask, unit)
        if known is not None:
            return known, None
        self._rounds.check_open()
        workflow = get_workflow(unit, ask.user_id, ask.workflow_id or "")
        queue = unit.transaction.select_queue(workflow.id)
        if workflow.status is not WorkflowStatus.RUNNING and not queue:
            begun = self._rounds.begin(ask, prompt, unit)
            return Placed(workflow.id, begun[0].round_number, None), begun
        if len(queue) >= self._max_queued:
            raise QueueFull(
                _(
                    "{count} questions wait in this chat, which is the limit. Remove one, or wait"
                    " until one is sent."
                ).format(count=len(queue))
            )
        assistant, model = self._rounds.choice.choose(workflow, None, ask)
        admission = self._rounds.admission
        limits = admission.limits(unit, ask.user_id)
        admission.admit(unit, ask.user_id, limits, assistant, model)
        place = queue[-1].place + 1 if queue else 1
        return Placed.of(unit.put_queued_prompt(new_queued_prompt(ask, *prompt, place))), None

    async def edit(self, user_id: str, workflow_id: str, prompt_id: str, text: str) -> QueuedPrompt:
        """Give a prompt that waits another text; it keeps its place.

        Raises:
            InvalidInput: The text is blank.
            PromptTooLong: It has too many characters.
            NotFound: There is no such chat, or no such prompt that waits in it.
            PromptSent: The prompt has been sent.
        """
        check_id(workflow_id)
        content, html = await self._rounds.render_prompt(text)

        def change(unit: UnitOfWork) -> QueuedPrompt:
            found = _find(unit, user_id, workflow_id, prompt_id)
            edited = replace(
                found, content=content, html=html, refused=None, updated_at=time.time()
            )
            return unit.put_queued_prompt(edited)

        return await self._committer.commit(change)

    async def remove(self, user_id: str, workflow_id: str, prompt_id: str) -> QueuedPrompt:
        """Take a prompt out of the queue, and return it with the text that it had.

        Raises:
            NotFound: There is no such chat, or no such prompt that waits in it.
            PromptSent: The prompt has been sent.
        """
        check_id(workflow_id)

        def change(unit: UnitOfWork) -> QueuedPrompt:
            found = _find(unit, user_id, workflow_id, prompt_id)
            removed = replace(found, status=PromptStatus.REMOVED, due=False, updated_at=time.time())
            unit.put_queued_prompt(replace(removed, content="", html=None))
            return removed

        return await self._committer.commit(change)

    async def send(self, user_id: str, workflow_id: str, prompt_id: str) -> Placed:
        """Send a prompt at once: stop the running round, and go on with this one.

        Where a round runs, the prompt becomes due before that is stopped: whatever happens in
        between, its round begins once the other has ended. One that was sent is left alone.

        Raises:
            InvalidInput: The assistant of the prompt can't be asked any more.
            NotFound: There is no such chat, or no such prompt in it, or it was removed.
            ModelNotAllowed: The user may not ask its model.
            TooManyRequests: As many other rounds of the user run as may, or a limit of the user is
                reached. Nothing is stopped then.
            Unavailable: The service is closing. Or another process runs the round, which doesn't
                answer for now: the prompt is sent once that round has ended.
        """
        check_id(workflow_id)
        await self._rounds.admission.learn_models(user_id)
        workflow, placed, _begun = await self._committer.commit(
            partial(self._send, user_id, workflow_id, prompt_id),
            lambda sent: self._launch((sent[1], sent[2])),
        )
        if placed.round_number is not None:
            return placed
        await self._stop(workflow, workflow.head)
        prompt = await self._storage.read(
            lambda reader: reader.select_queued_prompt(workflow_id, prompt_id)
        )
        return placed if prompt is None else Placed.of(prompt)

    def _send(
        self, user_id: str, workflow_id: str, prompt_id: str, unit: UnitOfWork
    ) -> tuple[Workflow, Placed, Begun | None]:
        workflow = get_workflow(unit, user_id, workflow_id)
        prompt = unit.transaction.select_queued_prompt(workflow_id, prompt_id)
        if prompt is not None and prompt.status is PromptStatus.SENT:
            return workflow, Placed.of(prompt), None
        prompt = found_queued_prompt(prompt)
        self._rounds.check_open()
        if workflow.status is not WorkflowStatus.RUNNING:
            begun = self._rounds.succession.begin(prompt, unit)
            return workflow, Placed(workflow_id, begun[0].round_number, None), begun
        self._check_next(workflow, prompt, unit)
        first = unit.transaction.select_queue(workflow_id)[0].place
        if prompt.place > first:
            prompt = replace(prompt, place=first - 1)
        due = replace(prompt, due=True, refused=None, updated_at=time.time())
        prompt = unit.put_queued_prompt(due)
        return workflow, Placed.of(prompt), None

    def _check_next(self, workflow: Workflow, prompt: QueuedPrompt, unit: UnitOfWork) -> None:
        """Refuse a prompt that could not follow the running round, before that is stopped for it.

        Raises:
            InvalidInput: Its assistant can't be asked any more.
            ModelNotAllowed: The user may not ask its model.
            TooManyRequests: Too many other rounds of the user run, or a limit is reached.
        """
        user_id, admission = workflow.user_id, self._rounds.admission
        assistant, model = self._rounds.choice.choose(workflow, None, prompt.ask(user_id))
        limits = admission.limits(unit, user_id)
        admission.check_running(unit, user_id, limits, ending=1)
        admission.admit(unit, user_id, limits, assistant, model, is_new=False)

    def _launch(self, placed: tuple[Placed, Begun | None]) -> None:
        if placed[1] is not None:
            self._rounds.launch(placed[1])


def _find_request(ask: Ask, unit: UnitOfWork) -> Placed | None:
    """What has become of the prompt of a request that came before; None for a first one."""
    if ask.request_id is None:
        return None
    queued = unit.transaction.select_queued_request(ask.user_id, ask.request_id)
    begun = unit.transaction.select_requested(ask.user_id, ask.request_id)
    known = Placed.of(queued) if queued else Placed(begun[0], begun[1], None) if begun else None
    if known is not None and known.workflow_id != ask.workflow_id:
        raise InvalidInput(_("requestId: it belongs to a request in another chat."))
    return known


def _find(unit: UnitOfWork, user_id: str, workflow_id: str, prompt_id: str) -> QueuedPrompt:
    get_workflow(unit, user_id, workflow_id)
    found = unit.transaction.select_queued_prompt(workflow_id, prompt_id)
    return found_queued_prompt(found)
