"""An assistant that says what a test tells it to, when the test tells it to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

from quart_chat.assistants.protocol import Output, Question
from quart_chat.chat.rounds.recording.recorder import Recorder

END = None
Line = Output | BaseException | None


class ScriptedAssistant:
    """Each prompt has its own script, so that rounds can run side by side.

    Attributes:
        questions: What it was asked, by prompt.
        closed: Prompts whose generator has been closed.
        stubborn: Whether it swallows cancellations and goes on with its script.
        release: Where it is set to an event, the generator's clean-up waits for that.
    """

    name = "scripted"
    title = "Scripted"

    def __init__(self) -> None:
        self.questions: dict[str, Question] = {}
        self.closed: list[str] = []
        self.stubborn = False
        self.release: asyncio.Event | None = None
        self._scripts: defaultdict[str, asyncio.Queue[Line]] = defaultdict(asyncio.Queue)

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        self.questions[question.prompt] = question
        script = self._scripts[question.prompt]
        try:
            while True:
                line = await self._next(script)
                try:
                    if line is END:
                        return
                    if isinstance(line, BaseException):
                        raise line
                    yield line
                finally:
                    script.task_done()
        finally:
            if self.release is not None:
                await self.release.wait()
            self.closed.append(question.prompt)

    async def _next(self, script: asyncio.Queue[Line]) -> Line:
        while self.stubborn:
            with suppress(asyncio.CancelledError):
                return await script.get()
        return await script.get()

    def tell(self, prompt: str, *lines: Line) -> None:
        """Write lines into a prompt's script."""
        for line in lines:
            self._scripts[prompt].put_nowait(line)

    async def say(self, prompt: str, *lines: Line) -> None:
        """Write lines into a prompt's script, each once the one before has had its effect."""
        for line in lines:
            self.tell(prompt, line)
            await self._scripts[prompt].join()
            await _stored()


async def _stored() -> None:
    """Wait until what was said is stored, or refused."""
    name = Recorder._store_now.__qualname__
    storing = {
        task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "") == name
    }
    if storing:
        await asyncio.wait(storing)


class OutOfTurn:
    """An assistant made of a plain function."""

    name = "plain"
    title = "Plain"

    def __init__(self, answer: Callable[[Question], AsyncGenerator[Output, None]]) -> None:
        self._answer = answer

    def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        return self._answer(question)
