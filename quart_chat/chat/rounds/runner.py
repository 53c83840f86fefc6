"""One round as it runs: the assistant's outputs become stored items, events and one end.

Two tasks: one consumes the assistant and is cancelled by a stop; the other waits for its end, or
for as long as a stop may take, and stores how the round ended. So an assistant that hangs in its
own clean-up delays nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from reprlib import repr as shorten

from quart_chat.assistants.protocol import (
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
    Usage,
)
from quart_chat.availability.database import BUSY, unavailable
from quart_chat.availability.patience import outlive_request
from quart_chat.chat.models import Log, Message, MessageStatus, Round, RoundStatus
from quart_chat.chat.rounds.context import RoundContext
from quart_chat.chat.rounds.ending.outcome import (
    COMPLETE,
    EMPTY_ANSWER,
    INTERNAL,
    INTERRUPTED,
    INVALID_OUTPUT,
    Ending,
    EndRound,
    end_round,
)
from quart_chat.chat.rounds.outputs import clean_sources, clean_usage, place_of
from quart_chat.chat.rounds.recording.in_flight import Answer
from quart_chat.chat.rounds.recording.recorder import Recorder
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.errors import ChatError, DatabaseUnavailable, RoundEnded
from quart_chat.markdown.rendering import render_html
from quart_chat.plaintext import clean

_logger = logging.getLogger(__name__)

HISTORY = 100
"""Latest messages of a conversation that an assistant is given."""
BURST = 8
"""Outputs after which others run, though an assistant never waits: after each would be dear."""


class RunningRound:
    """A round from its first moment to its stored end.

    Args:
        context: What rounds share.
        round_: The round.
        assistant: The one that answers.
        question: What it is asked.
        end: Stores the end, and begins what follows it.

    Attributes:
        round: The round, as it was begun.
        answer: What it has so far.
        assistant, question: What answers, and what it was asked.
        stored: The round as its end is stored.
        refusal: Why its end could not be stored, the last time that this was tried.
    """

    def __init__(
        self,
        context: RoundContext,
        round_: Round,
        assistant: Assistant,
        question: Question,
        end: EndRound,
    ) -> None:
        self.answer = Answer(round_)
        self.refusal: DatabaseUnavailable | None = None
        self._context = context
        self.round = round_
        self.stored: Round | None = None
        self.assistant = self._assistant = assistant
        self.question = self._question = question
        self._end_round = end
        self._ending: Ending | None = None
        self._recorder = Recorder(context, round_, self.answer, self._lose)

    def start(self, ended: Callable[[RunningRound], None]) -> None:
        """Begin to run; ``ended`` is called once nothing more will happen."""
        loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = loop.create_future()
        self._known: asyncio.Future[Round] = loop.create_future()
        self._consumer = asyncio.create_task(self._consume())
        self._consumer.add_done_callback(self._consumed)
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._ended)
        self._task.add_done_callback(lambda _: ended(self))

    async def stop(self, ending: Ending, patience: float) -> Round:
        """End the round, unless it has ended by itself, and return how it has ended.

        It is returned as it is stored, or as it is to be where the database refuses that for now.
        """
        self._cancel(ending, patience)
        await asyncio.wait({self._task, self._known}, return_when=asyncio.FIRST_COMPLETED)
        return await asyncio.shield(self._task if self._task.done() else self._known)

    async def close(self, ending: Ending, patience: float) -> None:
        """End the round, and wait until its end is stored, or can't be before the service ends."""
        self._cancel(ending, patience)
        await asyncio.wait({self._task})

    async def settle(self) -> None:
        """Wait until the end of a round that was stopped, or ends by itself, is stored.

        A round that goes on is not waited for: it may have begun since the one before was stopped.

        Raises:
            DatabaseUnavailable: It can't be for now.
        """
        if self._ending is None and not self._consumer.done():
            return
        await asyncio.wait({self._task}, timeout=self._context.timeouts.known)
        if not self._task.done():
            raise self.refusal or unavailable(BUSY)

    def _cancel(self, ending: Ending, patience: float) -> None:
        if self._ending is None and self._consumer.cancel():
            self._ending = ending
            asyncio.get_running_loop().call_later(patience, self._abandon)

    def _lose(self) -> None:
        """End the assistant of a round that has an end, or that another node has taken over."""
        if not self._consumer.done():
            _logger.warning(
                "Round %d of %s was taken over", self.round.number, self.round.workflow_id
            )
            self._cancel(INTERRUPTED, self._context.timeouts.stop)

    def _abandon(self) -> None:
        if not self._over.done():
            _logger.error("The assistant %r did not stop; it is left alone", self._assistant.name)
            self._context.abandoned.add(self._consumer)
            self._consumer.add_done_callback(self._context.abandoned.discard)
            self._over.set_result(None)

    def _consumed(self, consumer: asyncio.Task[Ending]) -> None:
        if not self._over.done():
            self._over.set_result(None)
        if self._ending is not None and not consumer.cancelled() and consumer.exception():
            _logger.error("The assistant failed as it was stopped", exc_info=consumer.exception())

    def _ended(self, task: asyncio.Task[Round]) -> None:
        # That the end could not be stored has been logged.
        if not task.cancelled() and not isinstance(task.exception(), ChatError | None):
            _logger.error("The end of a round failed", exc_info=task.exception())

    async def _run(self) -> Round:
        outlive_request()
        await self._over
        try:
            self.stored = await self._end(self._ending or self._outcome())
            self._context.statistics.count(self.stored, self.answer)
            return self.stored
        finally:
            self._recorder.close()

    def _outcome(self) -> Ending:
        error = None if self._consumer.cancelled() else self._consumer.exception()
        if error is None and not self._consumer.cancelled():
            return self._consumer.result()
        _logger.error("The assistant %r failed", self._assistant.name, exc_info=error)
        return INTERNAL

    async def _end(self, ending: Ending) -> Round:
        ended = ending.of(self.round, time.time())
        timer = asyncio.get_running_loop().call_later(
            self._context.timeouts.known, self._tell, ended
        )
        await self._recorder.end()
        logs = self.answer.end_logs(ending.log_status)
        messages: list[Message] = []
        if message := self.answer.checkpoint():
            html = await render_html(self._context.render, message.content, message.citable)
            messages.append(replace(message, html=html, status=MessageStatus(ending.status)))
        try:
            return await self._store_end(ended, messages, logs)
        except RoundEnded:
            _logger.warning("Round %d of %s had ended", ended.number, ended.workflow_id)
            stored = await self._context.storage.read(
                lambda reader: reader.select_round(ended.workflow_id, ended.number)
            )
            return stored or ended
        finally:
            timer.cancel()

    async def _store_end(self, ended: Round, messages: list[Message], logs: list[Log]) -> Round:
        """Store the end, which must not be lost, however long the database can't be written.

        Raises:
            DatabaseUnavailable: It could not be before the service closed.
            RoundEnded: The round has another end already.
        """

        def change(unit: UnitOfWork) -> Round:
            return end_round(unit, ended, messages, logs, self.answer.usage)

        try:
            return await self._end_round(change)
        except DatabaseUnavailable as error:
            self._refuse(error, ended)
        delay = self._context.timeouts.retry
        while not self._context.closing.is_set():
            delay = await self._context.pause(delay)
            try:
                return await self._end_round(change)
            except DatabaseUnavailable as error:
                self._refuse(error, ended)
        _logger.error(
            "The end (%s) of round %d of chat %s is lost: %s The next start ends it as interrupted,"
            " with the text that is stored.",
            *(ended.status, ended.number, ended.workflow_id, self.refusal),
        )
        assert self.refusal is not None  # noqa: S101 - or it would be stored
        raise self.refusal

    def _refuse(self, error: DatabaseUnavailable, ended: Round) -> None:
        self.refusal = error
        self._tell(ended)

    def _tell(self, ended: Round) -> None:
        """Tell the callers that stop the round how it has ended, even before that is stored."""
        if not self._known.done():
            self._known.set_result(ended)

    async def _consume(self) -> Ending:
        outlive_request()
        try:
            await self._take_all()
        except (AssistantError, ChatError) as error:
            return Ending(RoundStatus.ERROR, clean(error.message), clean(error.code))
        except InvalidOutput as error:
            _logger.error("The assistant %r is wrong: %s", self._assistant.name, error)  # noqa: TRY400 - the line is in it
            return INVALID_OUTPUT
        return COMPLETE if self.answer.message is not None else EMPTY_ANSWER

    async def _take_all(self) -> None:
        question = replace(self._question, history=await self._history())
        taken = 0
        async with aclosing(self._assistant.answer(question)) as outputs:
            async for output in outputs:
                if self._ending is not None:
                    # It was told to stop and went on.
                    return
                try:
                    self._take(output)
                except InvalidOutput as error:
                    raise InvalidOutput(f"{error} ({place_of(outputs)})") from None
                taken += 1
                if taken % BURST == 0:
                    await asyncio.sleep(0)

    async def _history(self) -> tuple[Turn, ...]:
        if self.round.parent is None:
            return ()
        history = await self._context.storage.read(
            lambda reader: reader.select_history(self.round, HISTORY)
        )
        return tuple(Turn(message.role, message.content) for message in history)

    def _take(self, output: Output) -> None:
        match output:
            case Text(str(text)) | str(text):
                self._recorder.take_text(clean(text))
            case Rewrite(str(text)):
                self._recorder.rewrite(clean(text))
            case Step():
                self._recorder.step(output)
            case Sources():
                self.answer.sources = clean_sources(output.sources)
                self.answer.citations_verified = output.citations_verified
            case Usage():
                self.answer.usage = clean_usage(output)
            case _:
                raise InvalidOutput(f"it yielded {shorten(output)}, which is no output")
