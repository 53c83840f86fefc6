"""Starting and stopping rounds, each in its place in the tree of its workflow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from quart_chat.assistants.parameters import NOTHING
from quart_chat.assistants.protocol import Assistant, Question
from quart_chat.chat.access import (
    check_id,
    found_queued_prompt,
    found_round,
    get_idle_workflow,
)
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Round, TitleSource, Workflow, WorkflowStatus
from quart_chat.chat.rounds.admission import Admission
from quart_chat.chat.rounds.begun import Begun, Prompt, Started
from quart_chat.chat.rounds.choice import Choice
from quart_chat.chat.rounds.context import RoundContext
from quart_chat.chat.rounds.ending.outcome import INTERRUPTED, STOPPED
from quart_chat.chat.rounds.ending.succession import Succession
from quart_chat.chat.rounds.factories import new_prompt, new_round, new_workflow
from quart_chat.chat.rounds.recording.statistics import RoundStatistics
from quart_chat.chat.rounds.runner import RunningRound
from quart_chat.chat.rounds.titling import Titling
from quart_chat.chat.rounds.tracing import traced
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.chat.views import Snapshot
from quart_chat.errors import InvalidInput, Unavailable
from quart_chat.markdown.rendering import render_html
from quart_chat.markdown.titles import make_title
from quart_chat.plaintext import clean_prompt
from quart_chat.texts import _


class Rounds:
    """The rounds of all workflows, as they begin and run.

    Args:
        context: What they share.
        assistants: Those that can be asked, by name.
        default_assistant: The name of the one that is asked in a new chat where none is named.
        titling: Asks for titles.
        max_prompt: Characters in a prompt.
        admission: Lets prompts in.

    Attributes:
        running: Those that run, by workflow.
        choice: Says who is asked.
        admission: What lets prompts in.
        succession: Ends rounds, and begins those of queued prompts.
        titling: What asks for titles once rounds have ended.
    """

    def __init__(
        self,
        context: RoundContext,
        assistants: Mapping[str, Assistant],
        default_assistant: str,
        titling: Titling,
        *,
        max_prompt: int,
        admission: Admission,
    ) -> None:
        self.running: dict[str, RunningRound] = {}
        self.succession = Succession(context, self.begin, self.launch, admission.learn_models)
        self._context = context
        self.choice = Choice(assistants, default_assistant)
        self.titling = titling
        self._max_prompt = max_prompt
        self.admission = admission

    async def start(self, ask: Ask) -> Started:
        """Start a round; see :meth:`ChatService.start` for what it raises."""
        if ask.workflow_id is not None:
            check_id(ask.workflow_id)
        elif ask.replaces is not None:
            raise InvalidInput(_("replaces: name the chat as well."))
        prompt = await self._read_prompt(ask)
        if ask.model is None:
            await self.admission.learn_models(ask.user_id)
        after: int | None = None

        def launch(begun: Begun) -> None:
            nonlocal after
            if begun[1] is not None and not self.are_shared:
                log = self._context.events.log(begun[0].workflow_id)
                after = 0 if log is None else log.last_number
            self.launch(begun)

        begin = partial(self._begin, ask, prompt)
        started, _running = await self._context.committer.commit(begin, launch)
        return replace(started, after=after)

    @property
    def statistics(self) -> RoundStatistics:
        """How the rounds that have ended went."""
        return self._context.statistics

    def check_open(self) -> None:
        """Refuse to begin a round while the service closes; for the transaction that begins it.

        Raises:
            Unavailable: It does.
        """
        if self._context.closing.is_set():
            raise Unavailable(_("The server is restarting. Try again in a moment."))

    async def _read_prompt(self, ask: Ask) -> Prompt | None:
        """The prompt and its HTML; None to take those of the round that is replaced."""
        if ask.prompt is None and ask.replaces is not None:
            return None
        return await self.render_prompt(ask.prompt)

    async def render_prompt(self, text: str | None) -> Prompt:
        """Clean a prompt, and render it.

        Raises:
            InvalidInput: It is blank or no text.
            PromptTooLong: It has too many characters.
        """
        text = clean_prompt(text, self._max_prompt)
        return text, await render_html(self._context.render, text)

    def _begin(self, ask: Ask, prompt: Prompt | None, unit: UnitOfWork) -> Begun:
        if ask.request_id is not None:
            known = unit.transaction.select_requested(ask.user_id, ask.request_id)
            if known is not None:
                if ask.workflow_id not in (None, known[0]):
                    raise InvalidInput(_("requestId: it belongs to a request in another chat."))
                return Started(*known), None
            queued = unit.transaction.select_queued_request(ask.user_id, ask.request_id)
            if queued is not None:
                if ask.workflow_id not in (None, queued.workflow_id):
                    raise InvalidInput(_("requestId: it belongs to a request in another chat."))
                self.check_open()
                return self.succession.begin(found_queued_prompt(queued), unit)
        self.check_open()
        return self.begin(ask, prompt, unit)

    def begin(
        self,
        ask: Ask,
        prompt: Prompt | None,
        unit: UnitOfWork,
        *,
        seen: bool = True,
        is_new: bool = True,
    ) -> Begun:
        """Begin a round in a transaction, which is then to be launched.

        Args:
            ask: What is asked.
            prompt: The prompt and its HTML; None for those of the round that is replaced.
            unit: The transaction.
            seen: Whether the user looks at the chat, and so has seen its last answer.
            is_new: Whether the prompt was not let in before, to wait in a queue.
        """
        now, transaction = time.time(), unit.transaction
        transaction.require_user(ask.user_id)
        workflow = self._workflow(ask, now, unit)
        limits = self.admission.limits(unit, ask.user_id)
        self.admission.check_running(unit, ask.user_id, limits)
        replaced = None
        if ask.replaces is not None:
            replaced = found_round(transaction.select_round(workflow.id, ask.replaces))
            prompt = prompt or transaction.select_prompt(workflow.id, ask.replaces)
        assert prompt is not None  # noqa: S101 - only a round that is replaced leaves it open
        last = replaced or workflow
        assistant, model = self.choice.choose(workflow, replaced, ask)
        asked = self.admission.admit(unit, ask.user_id, limits, assistant, model, is_new=is_new)
        round_ = new_round(
            workflow.id,
            transaction.next_round_number(workflow.id),
            assistant.name,
            now,
            parent=replaced.parent if replaced else workflow.head,
            model=asked,
            document_ids=last.document_ids if ask.document_ids is None else ask.document_ids,
        )
        # Asking again, even another assistant, does not change which one is asked next.
        chosen: dict[str, Any] = {"read_seq": workflow.seq + 1} if seen else {}
        if ask.prompt is not None:
            chosen |= {
                "assistant": assistant.name,
                "model": model,
                "document_ids": round_.document_ids,
            }
            if round_.parent is None and workflow.titled_by is TitleSource.PROMPT:
                chosen["title"] = make_title(ask.prompt)
        unit.put_workflow(
            workflow,
            now,
            status=WorkflowStatus.RUNNING,
            updated_at=now,
            head=round_.number,
            **chosen,
        )
        transaction.insert_round(round_, ask.request_id, unit.node_id)
        unit.put_message(new_prompt(round_, *prompt, now))
        question = Question(
            prompt[0],
            ask.user_id,
            workflow.id,
            model=asked,
            document_ids=round_.document_ids,
            has_documents=transaction.has_documents(ask.user_id),
            system_prompt=workflow.system_prompt,
            parameters=workflow.parameters or NOTHING,
        )
        end = self.succession.end
        running = RunningRound(self._context, round_, assistant, question, end)
        return Started(workflow.id, round_.number, workflow.seq), running

    def _workflow(self, ask: Ask, now: float, unit: UnitOfWork) -> Workflow:
        if ask.workflow_id is None:
            workflow = new_workflow(ask.user_id, make_title(ask.prompt or ""), now)
            preferred = unit.transaction.select_preferences(ask.user_id)
            workflow = replace(workflow, system_prompt=preferred.system_prompt)
            # What was offered then may not be offered now.
            if self.choice.offers(preferred.assistant):
                assistant, model = preferred.assistant, preferred.model
                workflow = replace(workflow, assistant=assistant, model=model)
        else:
            workflow = get_idle_workflow(unit, ask.user_id, ask.workflow_id)
        return workflow

    def launch(self, begun: Begun) -> None:
        """Run a round whose beginning is committed."""
        workflow_id, running = begun[0].workflow_id, begun[1]
        if running is None:
            return

        def forget(ended: RunningRound) -> None:
            if self.running.get(workflow_id) is ended:
                del self.running[workflow_id]
                # Where another round has followed at once, the title comes after that.
                self.titling.after(ended)

        self.titling.interrupt(workflow_id)
        self.running[workflow_id] = running
        with traced(running, forget) as ended:
            running.start(ended)

    async def stop(self, workflow_id: str, number: int | None = None) -> Round | None:
        """Stop the running round, and return how it has ended; None where none runs.

        Its end is stored by then, unless the database refuses it, which is tried again until it is.

        Args:
            workflow_id: Its workflow.
            number: Stop this round alone, and none that has begun since.
        """
        running = self.running.get(workflow_id)
        if running is None or number not in (None, running.round.number):
            return None
        return await running.stop(STOPPED, self._context.timeouts.stop)

    async def settle(self, workflow_id: str) -> None:
        """Wait until the end of a round that was stopped is stored; see :class:`RunningRound`.

        Raises:
            DatabaseUnavailable: It can't be for now.
        """
        if running := self.running.get(workflow_id):
            await running.settle()

    @property
    def are_shared(self) -> bool:
        """Whether rounds run on several nodes.

        Readers of all of them, also of this one, are shown no more of a text than is stored or has
        come back from the broker: what this process alone knows would be lost with it.
        """
        return self._context.node.shares

    def overlay(self, snapshot: Snapshot) -> Snapshot:
        """Put what a running round has in memory over what the database holds of it."""
        running = self.running.get(snapshot.workflow.id)
        if running is None or self.are_shared:
            return snapshot
        return running.answer.overlay(snapshot)

    async def close(self) -> None:
        """End running rounds as interrupted, and wait until all is stored; idempotent."""
        self._context.closing.set()
        patience = self._context.timeouts.close
        # A start that is half way registers its round before its entry has settled.
        await self._context.committer.settle()
        ends = [running.close(INTERRUPTED, patience) for running in self.running.values()]
        await asyncio.gather(*ends, self.titling.close())
        await self._context.checkpointer.close()
        await self._context.committer.settle()
