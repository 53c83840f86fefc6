"""What a round brings forth, stored and emitted as it comes, or as soon as the database lets it.

A text and a step are emitted once they are stored. Where the database refuses them the assistant
goes on all the same, so that its answer gets whole: what is missing is tried again in the
background, and at the latest with the end of the round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from quart_chat.assistants.protocol import Step
from quart_chat.chat.models import Log, Message, Round
from quart_chat.chat.rounds.context import RoundContext
from quart_chat.chat.rounds.recording.checkpoints import Draft
from quart_chat.chat.rounds.recording.in_flight import Answer
from quart_chat.chat.rounds.recording.pacer import TextPacer
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.errors import DatabaseUnavailable, RoundEnded


class Recorder:
    """Stores and emits the texts and steps of one round.

    The assistant goes on meanwhile, and what it has said by the time that a transaction begins is
    in that one: a step that has ended by then is shown as ended.

    Args:
        context: What rounds share.
        round_: The round.
        answer: What it has so far.
        lost: Called once the round turns out to be another node's.
    """

    def __init__(
        self, context: RoundContext, round_: Round, answer: Answer, lost: Callable[[], None]
    ) -> None:
        self._context = context
        self._round = round_
        self._answer = answer
        self._advanced: dict[str, None] = {}
        self._storing: asyncio.Task[None] | None = None
        self._later: asyncio.Task[None] | None = None
        self._draft = Draft(round_, answer, lost)
        self._pacer = TextPacer(self._emit_text)

    def take_text(self, text: str) -> None:
        """Take a piece of the answer; the first is emitted once it is stored that there is one."""
        if not text:
            return
        offset = self._answer.append(text)
        if self._answer.is_begun:
            self._pacer.add(offset, text)
        else:
            self._store()

    def rewrite(self, text: str) -> None:
        """Begin the answer anew: with another revision, whose deltas count from there."""
        if self._answer.message is None:
            self.take_text(text)
            return
        self._answer.rewrite(text)
        self._pacer.forget()
        self._store()

    def step(self, step: Step) -> None:
        """Take a step that begins, goes on or ends.

        Raises:
            RoundEnded: The round has an end already.
        """
        self._pacer.flush()
        known = self._answer.log(step.key)
        log = self._answer.take(step)
        if known is None or not _differ_in_progress_only(known, log):
            self._answer.unstored[step.key] = None
            self._store()
        elif self._answer.unstored:
            # It is shown behind what came before it.
            self._advanced[step.key] = None
        else:
            self._emit_progress(log)

    async def end(self) -> None:
        """Store nothing more: what is missing is stored with the end of the round."""
        if self._storing is not None:
            # Why it failed stops the end of the round as well, or is logged by the committer. Where
            # it takes long the end waits for the same database, behind what is being stored.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._context.timeouts.known):
                    await asyncio.gather(self._storing, return_exceptions=True)
        self._pacer.close()
        if self._later is not None:
            self._later.cancel()
            await asyncio.wait({self._later})

    def close(self) -> None:
        """Save no further checkpoint: the end is stored."""
        self._context.checkpointer.release(self._draft)
        # Each holds what holds it: all of the round would wait for the garbage collector.
        del self._draft, self._pacer

    def _store(self) -> None:
        """Store what is unstored, unless that is under way or has been refused just now.

        Raises:
            RoundEnded: The round has an end already.
        """
        if self._storing is not None and self._storing.done():
            self._storing.result()
            self._storing = None
        if self._storing is None and self._later is None:
            self._storing = asyncio.create_task(self._store_now())

    async def _store_now(self) -> None:
        try:
            while self._answer.unstored:
                await self._attempt()
        except DatabaseUnavailable:
            self._later = asyncio.create_task(self._store_later())
        except RoundEnded:
            self._draft.lost()
            raise

    async def _store_later(self) -> None:
        delay = self._context.timeouts.retry
        while self._answer.unstored and not self._context.closing.is_set():
            delay = await self._context.pause(delay)
            try:
                while self._answer.unstored:
                    await self._attempt()
            except DatabaseUnavailable:
                continue
            except RoundEnded:
                self._draft.lost()
                return
        self._later = None

    async def _attempt(self) -> None:
        """Store what is not stored yet in one transaction.

        Raises:
            DatabaseUnavailable: Nothing was stored.
            RoundEnded: The round has an end already.
        """
        items: list[Message | Log] = []
        await self._context.committer.commit(
            lambda unit: self._put(unit, items),
            ready=lambda: items.extend(self._answer.unstored_items()),
        )
        was_begun = self._answer.is_begun
        self._answer.stored(items)
        if self._answer.is_begun and not was_begun:
            # No await between the two: what is written from now on follows this delta.
            (message,) = (item for item in items if isinstance(item, Message))
            sent = len(message.content)
            if rest := self._answer.text[sent:]:
                self._emit_text(sent, rest)
        if not self._answer.unstored:
            advanced, self._advanced = self._advanced, {}
            for log in filter(None, map(self._answer.log, advanced)):
                if log.status == "running":
                    self._emit_progress(log)

    def _put(self, unit: UnitOfWork, items: Iterable[Message | Log]) -> None:
        unit.check_running(self._round)
        for item in items:
            if isinstance(item, Message):
                unit.put_message(item)
            else:
                unit.put_log(item)

    def _emit_text(self, offset: int, text: str) -> None:
        message = self._answer.message
        assert message is not None  # noqa: S101 - a text has made it
        delta = {"messageId": message.id, "offset": offset, "text": text}
        if message.revision:
            delta["revision"] = message.revision
        self._context.events.emit_threadsafe(self._round.workflow_id, "delta", delta, "chat")
        self._context.checkpointer.schedule(self._draft)

    def _emit_progress(self, log: Log) -> None:
        data = log.to_chat_data()
        self._context.events.emit_threadsafe(log.workflow_id, "chatdata", data, "chat")
        self._draft.add(log)
        self._context.checkpointer.schedule(self._draft)


def _differ_in_progress_only(known: Log, log: Log) -> bool:
    return log.status == "running" and log == replace(known, progress=log.progress)
