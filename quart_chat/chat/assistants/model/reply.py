"""A model's reply as it comes in: the bytes of its stream become text and steps. No I/O here."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import msgspec
from msgspec import Struct

from quart_chat.chat.assistants.base import Output, Step, Text
from quart_chat.chat.assistants.model.failures import Failures
from quart_chat.chat.assistants.model.thinking import Thinking
from quart_chat.chat.models import Usage
from quart_chat.events.sse import StreamParser
from quart_chat.texts import N_, _, duration, number, rate

DONE = "[DONE]"
MAX_TOKENS = 10**9
"""Tokens of a prompt or an answer; an endpoint that counts more has miscounted."""
GROWTH = 1.5
"""A thought is shown again once it has grown by so much: what that costs stays linear."""

_WARNINGS = {
    "length": N_("The model came to its limit of tokens: the answer may be cut short."),
    "content_filter": N_("The endpoint's content filter has ended the answer."),
}


class Delta(Struct):
    """What a chunk adds; servers call reasoning by either name."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(Struct):
    delta: Delta | None = None
    finish_reason: str | None = None


class Counted(Struct):
    """What the endpoint says of its tokens."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Chunk(Struct):
    """The parts of a ``chat.completion.chunk`` that matter here; the rest is not even read."""

    choices: list[Choice] | None = None
    usage: Counted | None = None
    error: Any = None


_decode = msgspec.json.Decoder(Chunk).decode


class Reply:
    """Takes the bytes of one stream, and keeps count of it.

    Attributes:
        begun: Whether anything of the answer has come.
        over: Whether its end has come.
    """

    def __init__(self, failures: Failures) -> None:
        self.begun = False
        self.over = False
        self._model = ""
        self._failures = failures
        self._parser = StreamParser()
        self._thinking = Thinking()
        self._asked_at = self._began_at = 0.0
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._thought_size = 0
        self._shown_size = 0
        self._thinks = False
        self._answered = False
        self._finish: str | None = None
        self._counted: Counted | None = None

    def ask(self, model: str) -> Step:
        """Begin to count; the step ends once the reply has."""
        self._model = model
        self._asked_at = time.monotonic()
        return Step("model", _("Asking {model}").format(model=model))

    def feed(self, data: bytes) -> Generator[Output]:
        """Take more of the stream: all the text that it holds is one piece.

        Raises:
            ModelError: It is no such stream, or holds an error. What came before is yielded first.
        """
        try:
            for frame in self._parser.feed(data):
                if frame.data == DONE:
                    self.over = True
                else:
                    self._take(frame.data)
        finally:
            text, self._texts = "".join(self._texts), []
            yield from self._put(text)

    def _take(self, data: str) -> None:
        try:
            chunk = _decode(data)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise self._failures.malformed() from error
        if chunk.error is not None:
            raise self._failures.of_complaint(chunk.error, self._model)
        if chunk.usage is not None:
            self._counted = Counted(
                _plausible(chunk.usage.prompt_tokens), _plausible(chunk.usage.completion_tokens)
            )
        if not chunk.choices:
            return
        choice = chunk.choices[0]
        self._finish = choice.finish_reason or self._finish
        delta = choice.delta
        if delta is None:
            return
        if delta.content:
            self._texts.append(delta.content)
        if thought := delta.reasoning_content or delta.reasoning:
            self._think(thought)

    def _think(self, thought: str) -> None:
        if thought:
            self._thoughts.append(thought)
            self._thought_size += len(thought)
            self._thinks = True

    def _put(self, text: str) -> Generator[Output]:
        if text and not self._thinking.over:
            thought, text = self._thinking.feed(text)
            self._think(thought)
        if text or self._thinks:
            self._begin()
        if text:
            yield from self._end_thought()
            self._answered = self._answered or not text.isspace()
            yield Text(text)
        elif self._thought_size > GROWTH * self._shown_size:
            yield self._show_thought("running")

    def _begin(self) -> None:
        if not self.begun:
            self.begun = True
            self._began_at = time.monotonic()

    def _end_thought(self) -> Generator[Step]:
        if self._thinks:
            self._thinks = False
            yield self._show_thought("completed")

    def _show_thought(self, status: str) -> Step:
        self._shown_size = self._thought_size
        self._thoughts = ["".join(self._thoughts)]
        return Step(
            "reasoning", _("Reasoning: {text}").format(text=self._thoughts[0].strip()), status
        )

    def rest(self) -> Generator[Output]:
        """Take what was held back, once no more of the stream can come."""
        thought, text = self._thinking.finish()
        self._think(thought)
        if text or thought:
            self._begin()
        if text:
            self._answered = self._answered or not text.isspace()
            yield Text(text)
        yield from self._end_thought()

    def finish(self) -> Generator[Output]:
        """Say what is left to say once the stream has ended.

        Raises:
            ModelError: It ended too early, or without an answer.
        """
        if not self.over and self._finish is None:
            raise self._failures.cut_off()
        yield from self.rest()
        if self._finish in _WARNINGS:
            yield Step("finish", _(_WARNINGS[self._finish]), "completed", "warning")
        if not self._answered:
            raise self._failures.empty(self._model, thought=self._thought_size > 0)
        yield Step("model", self._summary(self.usage()), "completed")

    def usage(self) -> Usage:
        """What the answer has taken so far; tokens are counted by the endpoint, at its end."""
        first_token_ms = (self._began_at - self._asked_at) * 1000
        counted = self._counted
        if counted is None or not counted.completion_tokens:
            return Usage(self._model, first_token_ms=first_token_ms)
        tokens = counted.completion_tokens
        # The first token is what the rest is timed from.
        speed = (tokens - 1) / max(time.monotonic() - self._began_at, 1e-3)
        return Usage(self._model, counted.prompt_tokens, tokens, speed, first_token_ms)

    def _summary(self, usage: Usage) -> str:
        first = duration(usage.first_token_ms or 0)
        if usage.answer_tokens is None or usage.tokens_per_second is None:
            return _("{model} answered in {total}, the first after {first}").format(
                model=self._model,
                total=duration(1000 * (time.monotonic() - self._asked_at)),
                first=first,
            )
        return _("{model} wrote {tokens} tokens, {rate} a second, the first after {first}").format(
            model=self._model,
            tokens=number(usage.answer_tokens),
            rate=rate(usage.tokens_per_second),
            first=first,
        )


def _plausible(tokens: int | None) -> int | None:
    """A count, unless the endpoint has said one that can't be."""
    return tokens if tokens is not None and 0 <= tokens <= MAX_TOKENS else None
