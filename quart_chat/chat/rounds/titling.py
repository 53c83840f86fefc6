"""Titles that models give to chats, in the place of the beginning of the first prompt.

Once an answer of a model is stored as complete, the same model is asked for a title, in a short
request beside the rounds. Rounds never wait for it: the next round of the chat breaks it off, and
then it is asked again after that. Whatever goes wrong, the chat keeps the title that it has; and a
title that a person has given is never replaced, also where that happens while the model thinks.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextlib import aclosing

from quart_chat.assistants.parameters import Parameters
from quart_chat.assistants.protocol import (
    Assistant,
    AssistantError,
    InvalidOutput,
    ModelAssistant,
    Output,
    Question,
    Rewrite,
    Text,
    Usage,
)
from quart_chat.availability.patience import outlive_request
from quart_chat.chat.models import RoundStatus, TitleSource, Workflow
from quart_chat.chat.rounds.context import RoundContext
from quart_chat.chat.rounds.outputs import clean_usage
from quart_chat.chat.rounds.runner import RunningRound
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.chat.usage.counting import usage_of_title
from quart_chat.chat.usage.service import UsageService
from quart_chat.errors import ChatError
from quart_chat.markdown.titles import MAX_TITLE, make_title
from quart_chat.plaintext import shorten

_logger = logging.getLogger(__name__)

TIMEOUT = 30.0
"""Seconds that a model may take for a title."""
MAX_TOKENS = 400
"""Tokens of the reply: a title has ten, the rest is for models that reason before they write."""
MAX_REPLY = 4000
"""Characters of a reply, of a model that knows no limit of tokens."""
MAX_TOLD = 1000
"""Characters of the question and of the answer that the model is told."""

INSTRUCTIONS = "You give titles to conversations. You reply with the title alone."
REQUEST = """\
Give this conversation a title of two to six words, in the language of the question. Reply with \
the title alone, as plain text on one line, without quotation marks and without a full stop.

Question:
{question}

Answer:
{answer}"""

_LABEL = re.compile(r"(?:title|titel)\s*:\s*", re.IGNORECASE)
_QUOTES = "\"'“”„‟‘’‚«»‹›「」『』"  # noqa: RUF001 - these are meant


class Titling:
    """Asks for titles.

    Args:
        context: What the rounds share.
        usage: What counts usage; None where that isn't counted.
        is_on: Whether models are asked at all.
    """

    def __init__(
        self, context: RoundContext, usage: UsageService | None = None, *, is_on: bool = True
    ) -> None:
        self._context = context
        self._usage = usage
        self._is_on = is_on
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def after(self, ended: RunningRound) -> None:
        """Ask for a title of the chat of a round that has ended, if it is to have one."""
        stored = ended.stored
        if not self._is_on or stored is None or stored.status is not RoundStatus.COMPLETE:
            return
        if not isinstance(ended.assistant, ModelAssistant) or self._context.closing.is_set():
            return
        question = _request(ended.question, ended.answer.text)
        task = asyncio.create_task(self._give(ended.assistant, question))
        self._tasks[stored.workflow_id] = task
        task.add_done_callback(lambda _: self._forget(stored.workflow_id, task))

    def interrupt(self, workflow_id: str) -> None:
        """Cancel the request for a title, so that the model can answer a round of the chat."""
        if task := self._tasks.get(workflow_id):
            task.cancel()

    @property
    def is_busy(self) -> bool:
        """Whether a model is being asked."""
        return bool(self._tasks)

    async def close(self) -> None:
        """Cancel all requests for titles."""
        tasks = set(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._context.timeouts.close)

    def _forget(self, workflow_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(workflow_id) is task:
            del self._tasks[workflow_id]
        if not task.cancelled() and (error := task.exception()):
            _logger.warning("A chat keeps its title: %r", error)

    async def _give(self, assistant: Assistant, question: Question) -> None:
        outlive_request()
        workflow = await self._context.storage.read(
            lambda reader: reader.select_workflow(question.workflow_id, question.user_id)
        )
        if workflow is None or not _is_open(workflow):
            return
        user_id, model = question.user_id, question.model
        if self._usage is not None and await self._usage.is_used_up(user_id, model):
            return
        reply = _Reply()
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                aclosing(assistant.answer(question)) as outputs,
            ):
                async for output in outputs:
                    reply.take(output)
                    if len(reply.text) > MAX_REPLY:
                        break
            reply.ended = True
        except (AssistantError, ChatError, InvalidOutput, TimeoutError) as error:
            _logger.info("%s gave no title: %r", assistant.name, error)
        await self._store(question, reply)

    async def _store(self, question: Question, reply: _Reply) -> None:
        """Store a title and its usage; the usage also if the model gave no title."""
        title = read_title(reply.text) if reply.ended else None
        usage = reply.usage

        def change(unit: UnitOfWork) -> None:
            id_, user_id = question.workflow_id, question.user_id
            workflow = unit.transaction.select_workflow(id_, user_id)
            if workflow is None or (title is None and usage is None):
                return
            now = time.time()
            changes: dict[str, object] = {"title_usage": usage}
            if title is not None and _is_open(workflow):
                changes |= {"title": title, "titled_by": TitleSource.MODEL}
            unit.put_workflow(workflow, now, **changes)
            if usage is not None and unit.counts_usage:
                used = usage_of_title(usage, question.model, reply.text, now)
                if used.tokens:
                    unit.transaction.add_usage(user_id, used)

        await self._context.committer.commit(change)


class _Reply:
    """What has come of a reply: its text, as the answer of a round would have it."""

    def __init__(self) -> None:
        self.text = ""
        self.usage: Usage | None = None
        self.ended = False

    def take(self, output: Output) -> None:
        match output:
            case Text(str(text)) | str(text):
                self.text += text
            case Rewrite(str(text)):
                self.text = text
            case Usage():
                self.usage = clean_usage(output)


def _is_open(workflow: Workflow) -> bool:
    """Whether a chat may be given a title: no person has named it, and no model was asked."""
    return workflow.titled_by is TitleSource.PROMPT and workflow.title_usage is None


def _request(question: Question, answer: str) -> Question:
    """Return the request for a title: to the same model, with only the beginning of the chat."""
    told = REQUEST.format(
        question=shorten(question.prompt, MAX_TOLD), answer=shorten(answer, MAX_TOLD)
    )
    return Question(
        told,
        question.user_id,
        question.workflow_id,
        model=question.model,
        system_prompt=INSTRUCTIONS,
        parameters=Parameters(max_tokens=MAX_TOKENS),
        is_aside=True,
    )


def read_title(reply: str) -> str | None:
    """Take the title out of a model's reply; None where there is none."""
    # A fence has no words.
    lines = [line for line in reply.splitlines() if any(char.isalnum() for char in line)]
    if len(lines) > 1 and lines[0].rstrip().endswith(":"):
        lines = lines[1:]  # the first only announces it
    if not lines:
        return None
    plain = _LABEL.sub("", make_title(lines[0], MAX_TOLD), count=1).strip(_QUOTES + " ")
    title = make_title(plain, MAX_TOLD)
    if title.endswith(".") and not title.endswith(".."):
        title = title[:-1]
    title = title.strip(_QUOTES + " ")
    return shorten(title, MAX_TITLE) if title else None
