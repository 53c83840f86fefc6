"""What a person can do with chats."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from quart_chat.chat.assistants.base import Assistant, ModelAssistant, Question
from quart_chat.chat.drafts import new_prompt, new_round, new_workflow
from quart_chat.chat.ending import INTERRUPTED, STOPPED
from quart_chat.chat.erasure import Erasure
from quart_chat.chat.journal import Entry, Journal
from quart_chat.chat.models import (
    FoundPage,
    ListChanges,
    Round,
    Snapshot,
    Workflow,
    WorkflowPage,
    WorkflowStatus,
)
from quart_chat.chat.recovery import end_interrupted_rounds
from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.runner import Pace, RunningRound, Surroundings
from quart_chat.chat.search import parse_query
from quart_chat.chat.text import Render, clean, clean_prompt, clean_title, make_title, render_html
from quart_chat.errors import InvalidInput, NotFound, RoundRunning, TooManyRequests, Unavailable
from quart_chat.events import StreamingEventManager
from quart_chat.texts import N_, _

_ID = re.compile(r"[0-9a-f]{32}")
MAX_PAGE = 100
"""Workflows on one page of a list."""
MAX_MODEL = 200
"""Characters in the name of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what a person may do.

    Attributes:
        prompt_chars: Characters in a prompt.
        title_chars: Characters in a title.
        running_rounds: Rounds of one user that run at a time.
        undo_seconds: For how long a deleted chat can be restored.
    """

    prompt_chars: int = 32_000
    title_chars: int = 200
    running_rounds: int = 20
    undo_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Started:
    """A round that has begun; ``since`` is the workflow's seq before it."""

    workflow_id: str
    round_number: int
    since: int


class ChatService:
    """Starts, stops, changes and reads chats; each call is on behalf of a user.

    What belongs to somebody else is NotFound, as what is not there at all.

    Attributes:
        events: Where every change is emitted.
        assistants: Those that can be asked, by name.
        default_assistant: The name of the one that is asked in a new chat where none is named.
    """

    def __init__(
        self,
        repository: ChatRepository,
        events: StreamingEventManager,
        assistants: Mapping[str, Assistant],
        default_assistant: str,
        *,
        render: Render,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.events = events
        self.assistants = assistants
        self.default_assistant = default_assistant
        self._repository = repository
        self._journal = Journal(repository, events)
        self._limits = limits or Limits()
        self._render = render
        self._around = Surroundings(repository, self._journal, events, render, pace or Pace())
        self._rounds: dict[str, RunningRound] = {}
        self._erasure = Erasure(repository, self._limits.undo_seconds)

    # Rounds

    async def start(
        self,
        user_id: str,
        prompt: str,
        *,
        workflow_id: str | None = None,
        assistant: str | None = None,
        model: str | None = None,
        document_ids: tuple[str, ...] = (),
    ) -> Started:
        """Start a round, in a new workflow if none is named.

        Where no assistant is named, the one that was asked last in the workflow is asked again,
        with the model that was chosen for it. Which documents may be named is for the caller to
        check.

        Raises:
            InvalidInput: The prompt is blank or no text, or there is no such assistant, or it has
                no models.
            PromptTooLong: The prompt has too many characters.
            NotFound: There is no such workflow.
            RoundRunning: A round of the workflow runs already.
            TooManyRequests: As many rounds of the user run as may.
            Unavailable: The service is closing, or the database can't be written.
        """
        prompt = clean_prompt(prompt, self._limits.prompt_chars)
        if workflow_id is not None:
            _check_id(workflow_id)
        html = await render_html(self._render, prompt)
        if self._around.closing.is_set():
            raise Unavailable(_("The server is restarting. Try again in a moment."))
        question = Question(prompt, user_id, workflow_id or "", document_ids=document_ids)
        begin = partial(self._begin, question, workflow_id, html, assistant, model)
        started, _running = await self._journal.commit(begin, self._launch)
        return started

    def _choose(
        self, workflow: Workflow, name: str | None, model: str | None
    ) -> tuple[Assistant, str | None]:
        """Who is asked, and with which model: what is not named stays as it is in the workflow."""
        if name is None:
            name = workflow.assistant or self.default_assistant
        if model is None and name == workflow.assistant:
            model = workflow.model
        chosen = self.assistants.get(name)
        if chosen is None:
            raise InvalidInput(_("assistant: there is none of that name. Choose another."))
        if model is not None and not isinstance(chosen, ModelAssistant):
            raise InvalidInput(_("model: this assistant has none to choose from."))
        if model is not None and not 0 < len(model) <= MAX_MODEL:
            raise InvalidInput(
                _("model: expected a name of 1 to {limit} characters.").format(limit=MAX_MODEL)
            )
        return chosen, model and clean(model)

    async def _begin(
        self,
        question: Question,
        workflow_id: str | None,
        html: str | None,
        assistant_name: str | None,
        model: str | None,
        entry: Entry,
    ) -> tuple[Started, RunningRound]:
        user_id, prompt, now = question.user_id, question.prompt, time.time()
        if workflow_id is None:
            workflow = new_workflow(user_id, make_title(prompt), now)
        else:
            workflow = await _get(entry, user_id, workflow_id)
        if workflow.status is WorkflowStatus.RUNNING:
            raise RoundRunning(_("The chat is still answering. Wait for it, or stop it first."))
        running = await entry.transaction.count_running_rounds(user_id)
        if running >= self._limits.running_rounds:
            raise TooManyRequests(
                _("{count} answers are being written. Wait for one to end.").format(count=running)
            )
        assistant, model = self._choose(workflow, assistant_name, model)
        since = workflow.seq
        await entry.put_workflow(
            workflow,
            now,
            status=WorkflowStatus.RUNNING,
            updated_at=now,
            read_seq=workflow.seq + 1,
            assistant=assistant.name,
            model=model,
        )
        round_ = await entry.transaction.insert_round(new_round(workflow.id, assistant.name, now))
        await entry.put_message(new_prompt(round_, prompt, html, now))
        question = replace(question, workflow_id=workflow.id, model=model)
        running_round = RunningRound(self._around, round_, assistant, question)
        return Started(workflow.id, round_.number, since), running_round

    def _launch(self, begun: tuple[Started, RunningRound]) -> None:
        workflow_id, running = begun[0].workflow_id, begun[1]

        def forget(ended: RunningRound) -> None:
            if self._rounds.get(workflow_id) is ended:
                del self._rounds[workflow_id]

        self._rounds[workflow_id] = running
        running.start(forget)

    async def stop(self, user_id: str, workflow_id: str) -> Round | None:
        """Stop the running round, and return it once its end is stored; None where none runs."""
        await self.workflow(user_id, workflow_id)
        running = self._rounds.get(workflow_id)
        if running is None:
            return None
        return await running.stop(STOPPED, self._around.pace.stop)

    # Workflows

    async def rename(self, user_id: str, workflow_id: str, title: str) -> Workflow:
        """Give a workflow another title."""
        return await self._change(
            user_id, workflow_id, title=clean_title(title, self._limits.title_chars)
        )

    async def pin(self, user_id: str, workflow_id: str, pinned: bool) -> Workflow:
        """Keep a workflow at the top of the list, or no longer."""
        return await self._change(user_id, workflow_id, pinned=pinned)

    async def _change(self, user_id: str, workflow_id: str, **changes: Any) -> Workflow:
        _check_id(workflow_id)

        async def change(entry: Entry) -> Workflow:
            workflow = await _get(entry, user_id, workflow_id)
            return await entry.put_workflow(workflow, time.time(), **changes)

        return await self._journal.commit(change)

    async def mark_read(self, user_id: str, workflow_id: str, seq: int) -> Workflow:
        """Note that somebody has seen a workflow up to ``seq``; it is a change if that is news."""
        _check_id(workflow_id)

        async def change(entry: Entry) -> Workflow:
            workflow = await _get(entry, user_id, workflow_id)
            if not workflow.unread or seq < workflow.answered_seq:
                return workflow
            return await entry.put_workflow(workflow, time.time(), read_seq=workflow.answered_seq)

        return await self._journal.commit(change)

    async def delete(self, user_id: str, workflow_id: str) -> None:
        """Delete a workflow; a running round is stopped first.

        What it holds is erased after the time in which :meth:`restore` brings it back.
        """
        _check_id(workflow_id)

        async def change(entry: Entry) -> bool:
            workflow = await _get(entry, user_id, workflow_id)
            if workflow.status is WorkflowStatus.RUNNING and workflow_id in self._rounds:
                return False
            now, idle = time.time(), WorkflowStatus.IDLE
            await entry.put_workflow(workflow, now, status=idle, deleted=True, deleted_at=now)
            return True

        # Between the stop and the deletion a new round may begin.
        deleted = False
        while not deleted:
            await self.stop(user_id, workflow_id)
            deleted = await self._journal.commit(change)
        self._erasure.notice()

    async def restore(self, user_id: str, workflow_id: str) -> Workflow:
        """Bring a deleted workflow back, or leave one alone that is not deleted.

        Raises:
            NotFound: There is none, or no longer.
        """
        _check_id(workflow_id)

        async def change(entry: Entry) -> Workflow:
            workflow = await entry.transaction.select_recoverable(workflow_id, user_id)
            if workflow is None:
                return await _get(entry, user_id, workflow_id)
            return await entry.put_workflow(workflow, time.time(), deleted=False, deleted_at=None)

        return await self._journal.commit(change)

    async def recoverable(self, user_id: str, workflow_id: str) -> Workflow | None:
        """Read a deleted workflow that can be restored; None where there is none."""
        return await self._repository.list.select_recoverable(user_id, workflow_id)

    async def workflow(self, user_id: str, workflow_id: str) -> Workflow:
        """Read a workflow."""
        _check_id(workflow_id)
        workflow = await self._repository.select_workflow(user_id, workflow_id)
        return _found(workflow)

    async def list_workflows(
        self,
        user_id: str,
        *,
        before: str | None = None,
        limit: int = 30,
    ) -> WorkflowPage:
        """Read a page of the user's list: pinned workflows first, then the latest first.

        Args:
            user_id: Whose list.
            before: The ``next`` of the page before.
            limit: Workflows on the page.
        """
        limit = max(1, min(limit, MAX_PAGE))
        return await self._repository.list.select_page(user_id, before=before, limit=limit)

    async def search_workflows(
        self, user_id: str, text: str, *, before: str | None = None, limit: int = 30
    ) -> FoundPage:
        """Read a page of the user's workflows that have each word of a text, in a list's order.

        A word is found in titles and final messages, also where another begins with it. A text
        without a word finds nothing.
        """
        query = parse_query(clean(text))
        if not query.terms:
            return FoundPage((), None)
        limit = max(1, min(limit, MAX_PAGE))
        return await self._repository.list.select_found(user_id, query, before=before, limit=limit)

    async def list_changes(self, user_id: str, since: int) -> ListChanges:
        """Read what has changed in the user's list after its version ``since``."""
        return await self._repository.list.select_changes(user_id, since)

    async def snapshot(self, user_id: str, workflow_id: str, since: int = 0) -> Snapshot:
        """Read what has changed in a workflow after ``since``, and all that is in flight."""
        _check_id(workflow_id)
        snapshot = await self._repository.select_snapshot(user_id, workflow_id, since)
        if snapshot is None:
            raise NotFound(_(_NOT_FOUND))
        running = self._rounds.get(workflow_id)
        return snapshot if running is None else running.answer.overlay(snapshot)

    # The service itself

    async def recover(self) -> None:
        """Do what a process left undone when it died: end its rounds, erase what was deleted."""
        await end_interrupted_rounds(self._repository, self._journal, self._render)
        self._erasure.start()

    async def close(self) -> None:
        """End running rounds as interrupted, and wait until all is stored; idempotent."""
        self._around.closing.set()
        await self._erasure.close()
        patience = self._around.pace.close
        # A start that is half way registers its round before its entry has settled.
        await self._journal.settle()
        ends = [running.stop(INTERRUPTED, patience) for running in self._rounds.values()]
        await asyncio.gather(*ends, return_exceptions=True)
        await self._journal.settle()


_NOT_FOUND = N_("There is no such chat.")


def _check_id(workflow_id: Any) -> None:
    if not isinstance(workflow_id, str) or _ID.fullmatch(workflow_id) is None:
        raise NotFound(_(_NOT_FOUND))


def _found(workflow: Workflow | None) -> Workflow:
    if workflow is None:
        raise NotFound(_(_NOT_FOUND))
    return workflow


async def _get(entry: Entry, user_id: str, workflow_id: str) -> Workflow:
    return _found(await entry.transaction.select_workflow(workflow_id, user_id))
