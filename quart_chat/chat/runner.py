"""One round as it runs: the assistant's outputs become stored items, events and one end.

Two tasks: one consumes the assistant and is cancelled by a stop; the other waits for its end, or
for as long as a stop may take, and stores how the round ended. So an assistant that hangs in its
own clean-up holds up nobody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from reprlib import repr as shorten
from typing import TypeVar

from quart_chat.chat.answer import Answer
from quart_chat.chat.assistants.base import (
    Assistant,
    AssistantError,
    InvalidOutput,
    Output,
    Question,
    Rewrite,
    Sources,
    Step,
    Text,
    Turn,
)
from quart_chat.chat.checkpoints import Saver
from quart_chat.chat.ending import (
    COMPLETE,
    EMPTY_ANSWER,
    INTERNAL,
    INVALID_OUTPUT,
    Ending,
    end_round,
)
from quart_chat.chat.journal import Entry, Journal
from quart_chat.chat.models import Log, Message, MessageStatus, Round, RoundStatus, Usage
from quart_chat.chat.outputs import clean_sources, clean_usage, place_of
from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.text import Render, clean, render_html
from quart_chat.errors import ChatError, DatabaseUnavailable
from quart_chat.events import StreamingEventManager

_logger = logging.getLogger(__name__)

T = TypeVar("T")

HISTORY = 100
"""Latest messages of a conversation that an assistant is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Times of a round, in seconds.

    Attributes:
        checkpoint: Between two checkpoints of a text that is being written.
        stop: How long an assistant may take to stop before it is abandoned.
        close: The same, when the whole service closes.
        retry: Before the first new attempt to store what must not be lost; doubled each time,
            up to ``max_retry``.
        max_retry: Before any further attempt.
    """

    checkpoint: float = 0.5
    stop: float = 2.0
    close: float = 1.0
    retry: float = 0.1
    max_retry: float = 5.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rounds share.

    Attributes:
        closing: Set once nothing is tried again.
        abandoned: Tasks of assistants that did not stop, kept until they end by themselves.
    """

    repository: ChatRepository
    journal: Journal
    events: StreamingEventManager
    render: Render
    pace: Pace
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    abandoned: set[asyncio.Task[Ending]] = field(default_factory=set)


class RunningRound:
    """A round from its first moment to its stored end.

    Attributes:
        answer: What it has so far.
    """

    def __init__(
        self, around: Surroundings, round_: Round, assistant: Assistant, question: Question
    ) -> None:
        self.answer = Answer(round_)
        self._around = around
        self._round = round_
        self._assistant = assistant
        self._question = question
        self._ending: Ending | None = None
        self._saver = Saver(around.repository, self.answer, around.pace.checkpoint)

    def start(self, ended: Callable[[RunningRound], None]) -> None:
        """Begin to run; ``ended`` is called once nothing more will happen."""
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._consumer = asyncio.create_task(self._consume())
        self._consumer.add_done_callback(self._consumed)
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: ended(self))

    async def stop(self, ending: Ending, patience: float) -> Round:
        """End the round, unless it has ended by itself, and return it as it is stored."""
        if self._ending is None and self._consumer.cancel():
            self._ending = ending
            asyncio.get_running_loop().call_later(patience, self._abandon)
        return await asyncio.shield(self._task)

    def _abandon(self) -> None:
        if not self._over.done():
            _logger.error("The assistant %r did not stop; it is left alone", self._assistant.name)
            self._around.abandoned.add(self._consumer)
            self._consumer.add_done_callback(self._around.abandoned.discard)
            self._over.set_result(None)

    def _consumed(self, consumer: asyncio.Task[Ending]) -> None:
        if not self._over.done():
            self._over.set_result(None)
        if self._ending is not None and not consumer.cancelled() and consumer.exception():
            _logger.error("The assistant failed as it was stopped", exc_info=consumer.exception())

    async def _run(self) -> Round:
        await self._over
        try:
            return await self._end(self._ending or self._outcome())
        finally:
            await self._saver.close()

    def _outcome(self) -> Ending:
        error = None if self._consumer.cancelled() else self._consumer.exception()
        if error is None and not self._consumer.cancelled():
            return self._consumer.result()
        _logger.error("The assistant %r failed", self._assistant.name, exc_info=error)
        return INTERNAL

    async def _end(self, ending: Ending) -> Round:
        now = time.time()
        logs = self.answer.end_logs(ending.log_status)
        messages: list[Message] = []
        if message := self.answer.checkpoint():
            html = await render_html(self._around.render, message.content, message.citable)
            messages.append(replace(message, html=html, status=MessageStatus(ending.status)))
        return await self._commit(
            lambda entry: end_round(entry, self._round, ending, now, messages=messages, logs=logs)
        )

    async def _consume(self) -> Ending:
        try:
            await self._take_all()
        except (AssistantError, ChatError) as error:
            return Ending(RoundStatus.ERROR, clean(error.message), clean(error.code))
        except InvalidOutput as error:
            _logger.error("The assistant %r is wrong: %s", self._assistant.name, error)  # noqa: TRY400 - the line is in it
            return INVALID_OUTPUT
        return COMPLETE if self.answer.message is not None else EMPTY_ANSWER

    async def _take_all(self) -> None:
        history = await self._around.repository.select_history(self._round, HISTORY)
        turns = tuple(Turn(message.role, message.content) for message in history)
        question = replace(self._question, history=turns)
        async with aclosing(self._assistant.answer(question)) as outputs:
            async for output in outputs:
                if self._ending is not None:
                    # It was told to stop and went on.
                    return
                try:
                    await self._take(output)
                except InvalidOutput as error:
                    raise InvalidOutput(f"{error} ({place_of(outputs)})") from None
                # An assistant that never waits must not keep all others from running.
                await asyncio.sleep(0)

    async def _take(self, output: Output) -> None:
        match output:
            case Text(str(text)) | str(text):
                await self._take_text(clean(text))
            case Rewrite(str(text)):
                await self._rewrite(clean(text))
            case Step():
                await self._take_step(output)
            case Sources():
                self.answer.sources = clean_sources(output.sources)
                self.answer.checked = output.checked
            case Usage():
                self.answer.usage = clean_usage(output)
            case _:
                raise InvalidOutput(f"it yielded {shorten(output)}, which is no output")

    async def _take_text(self, text: str) -> None:
        if not text:
            return
        first = self.answer.message is None
        offset = self.answer.append(text)
        message = self.answer.message
        assert message is not None  # noqa: S101 - the first piece has made it
        if first:
            await self._commit(lambda entry: entry.put_message(message))
        delta = {"messageId": message.id, "offset": offset, "text": text}
        if message.revision:
            delta["revision"] = message.revision
        await self._around.events.emit_event(self._round.workflow_id, "delta", delta, "chat")
        self._saver.schedule()

    async def _rewrite(self, text: str) -> None:
        """Begin the text anew: a message with another revision, whose deltas count from there."""
        if self.answer.message is None:
            await self._take_text(text)
            return
        message = self.answer.rewrite(text)
        await self._commit(lambda entry: entry.put_message(message))

    async def _take_step(self, step: Step) -> None:
        known = self.answer.log(step.key)
        log = self.answer.take(step)
        if known is not None and _differ_in_progress_only(known, log):
            data = log.to_chat_data()
            await self._around.events.emit_event(log.workflow_id, "chatdata", data, "chat")
            self._saver.schedule(log)
            return
        self.answer.unstored.add(step.key)
        await self._commit(lambda entry: entry.put_log(log))
        self.answer.unstored.discard(step.key)

    async def _commit(self, change: Callable[[Entry], T]) -> T:
        """Store what must not be lost, however long the database can't be written."""
        pace = self._around.pace
        delay = pace.retry
        while True:
            try:
                return await self._around.journal.commit(change)
            except DatabaseUnavailable:
                if self._around.closing.is_set():
                    raise
            with suppress(TimeoutError):
                await asyncio.wait_for(self._around.closing.wait(), delay)
            delay = min(2 * delay, pace.max_retry)


def _differ_in_progress_only(known: Log, log: Log) -> bool:
    return log.status == "running" and log == replace(known, progress=log.progress)
