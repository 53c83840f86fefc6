"""A model's reply as it comes in: the bytes of its stream become text and steps. No I/O here."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable, Iterator

from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.failures.words import find_words
from quart_chat.assistants.openai.replies.choices import Choices
from quart_chat.assistants.openai.replies.chunks.finishes import TOOL
from quart_chat.assistants.openai.replies.chunks.lenient import read_error
from quart_chat.assistants.openai.replies.chunks.said import Counted, Said
from quart_chat.assistants.openai.replies.chunks.strict import read_chunk, read_text
from quart_chat.assistants.openai.replies.endings import Endings
from quart_chat.assistants.openai.replies.events import is_end_mark, is_failure
from quart_chat.assistants.openai.replies.frames import Frames
from quart_chat.assistants.openai.replies.repeats import Repeats
from quart_chat.assistants.openai.replies.surrogates import Halves
from quart_chat.assistants.openai.replies.thinking import Parts, Thinking
from quart_chat.assistants.openai.replies.thought import Thought
from quart_chat.assistants.protocol import Output, Rewrite, Step, Text, Usage
from quart_chat.texts import N_, _, number

_logger = logging.getLogger(__name__)

DONE = frozenset({b"[DONE]", b"DONE", b'"[DONE]"', b"[done]", b"[Done]", b"done"})
MAX_PIECE = 32 * 1024
"""Characters of one text: what comes after the model does with each takes a moment, not more."""
SHORTEST_TIMED = 0.1
"""Seconds from which a rate is told: in less, buffers on the way make it absurd."""
FEWEST_TIMED = 5
"""Tokens from which a rate is told."""

_WARNINGS = {
    "length": N_("The model reached its token limit: the answer may be cut off"),
    "content_filter": N_("The endpoint's content filter has ended the answer"),
    TOOL: N_("The model wanted to call a tool: the answer may be incomplete"),
}
_ROUTERS = ("auto", "router")
"""Last parts of the names behind which an endpoint chooses the model."""


class Reply:
    """Takes the bytes of one stream, and keeps count of it.

    Args:
        failures: Says what went wrong.
        told: About how many tokens the model was told, where that is known.

    Attributes:
        begun: Whether anything of the answer has come.
        over: Whether nothing of it can follow.
        whole: Whether its end has come: what follows is at most what it took.
        counted: What the endpoint has counted.
        said: How many chunks said something.
        failure: The error that came in the place of more, raised by :meth:`check`.
    """

    def __init__(self, failures: ErrorMapper, told: int | None = None) -> None:
        self.begun = self.over = self.whole = False
        self.counted: Counted | None = None
        self.said = 0
        self.failure: ModelError | None = None
        self._model = ""
        self._told = told
        self._failures = failures
        self._frames = Frames(self._take)
        self._choices = Choices()
        self._thinking = Thinking()
        self._repeats, self._repeated_thoughts = Repeats(), Repeats()
        self._endings = Endings()
        self._text_halves, self._thought_halves = Halves(), Halves()
        self._asked_at = self._began_at = self._heard_at = 0.0
        self._texts: list[str] = []
        self._thought = Thought()
        self._thinks = False
        self._answered = self._written = self._counted_last = False
        self._finished = self._ended = self._goes_on = False
        self._finish: str | None = None
        self._unread = ""

    @property
    def asked(self) -> bool:
        """Whether the request is on its way."""
        return bool(self._model)

    def ask(self, model: str, attempt: int = 1, attempts: int = 1) -> Step:
        """Begin to count; the step lasts until something of the answer has come."""
        self._model = model
        self._asked_at = time.monotonic()
        if attempt == 1:
            return Step("model", _("Asking {model}…").format(model=model), type="progress")
        text = _("Asking {model} again ({attempt} of {attempts})…")
        values = {"attempt": number(attempt), "attempts": number(attempts)}
        return Step("model", text.format(model=model, **values), type="progress")

    def waited(self) -> Step:
        """The end of the step: its duration is how long the first word took."""
        return Step("model", _("Waited for the first word"), "completed", "progress")

    def give_up(self) -> Step:
        """The end of the step where nothing of an answer has come."""
        return Step(
            "model", _("No answer from {model}").format(model=self._model), "failed", "progress"
        )

    def feed(self, data: bytes) -> Iterable[Output]:
        """Take more of the stream: all the text that it holds is one piece, unless it is long."""
        said = self.said
        self._frames.feed(data)
        if (self._ended or self._frames.ended) and self.said and not self.whole:
            self.whole = True
            self.said += 1
        if self.said > said:
            self._heard_at = time.monotonic()
            return self._outputs()
        return ()

    def check(self) -> None:
        """Raise the error that came in the place of more, if one did."""
        if self.failure is not None:
            raise self.failure

    def _take(self, data: bytes, event: str) -> bool:
        """Take a chunk; False where it can't be read."""
        if self.over or self.failure is not None:
            return True
        failed = event != "" and is_failure(event)
        if not failed and (text := read_text(data)) and self._choices.take_first():
            self._add(text)
            self.said += 1
            return True
        if data in DONE:
            self.over = self.whole = True
            self.said += 1
            return True
        if is_end_mark(data):
            self._ended = True
            return True
        try:
            said = read_error(data) if failed else read_chunk(data, event)
            for own in () if said is None else self._choices.take(said):
                self._hear(own)
        except RecursionError:  # parts in parts beyond measure
            return False
        return said is not None

    def _hear(self, said: Said) -> None:
        text = self._add(said.text, whole=said.whole, again=said.again)
        thought = self._repeated_thoughts.take(said.thought, whole=said.whole, again=said.again)
        self._think(self._thought_halves.join(thought))
        news = text or thought or said.finish or said.error
        self._ended, self._goes_on = self._ended or said.ends, said.goes_on
        self._unread = self._unread or said.unread
        if said.usage is not None and said.usage != self.counted:
            if said.usage.prompt_tokens is None and self.counted is not None:
                said.usage.prompt_tokens = self.counted.prompt_tokens
            self.counted = news = said.usage
            self._counted_last = bool(said.usage.completion_tokens) and not (text or thought)
        if said.model and self._model.rpartition("/")[2].lower() in _ROUTERS:
            self._model = said.model
        if said.error is not None and not self.whole:
            self.failure = self._failures.of_complaint(said.error, self._model)
        elif said.finish is not None:
            self._finish, self.whole = said.finish, True
        if news:
            self.said += 1

    def _add(self, text: str, *, whole: bool = False, again: bool = False) -> str:
        if new := self._repeats.take(text, whole=whole, again=again):
            self._texts.append(new)
            self._counted_last = False
        return new

    def _outputs(self) -> Iterable[Output]:
        text, self._texts = "".join(self._texts), []
        if len(text) <= MAX_PIECE:
            text = self._read_on(text)
            if text and self._answered and not self._thinks and self._thinking.passes(text):
                return (Text(text),)
            return self._put(text)
        pieces = (text[at : at + MAX_PIECE] for at in range(0, len(text), MAX_PIECE))
        return (output for piece in pieces for output in self._put(self._read_on(piece)))

    def _read_on(self, text: str) -> str:
        return self._endings.take(self._text_halves.join(text))

    def _think(self, thought: str) -> None:
        if thought:
            self._thought.add(thought)
            self._thinks = True

    def _put(self, text: str) -> Iterator[Output]:
        if not text:
            return self._show(Parts())
        if self._thinks:
            self._thinking.trust()
        return self._show(self._thinking.feed(text))

    def _show(self, parts: Parts) -> Generator[Output]:
        self._think(parts.thought)
        text = parts.answer
        if text or self._thinks:
            self._begin()
        if parts.recalled and self._written:
            self._answered = self._written = False
            yield Rewrite("")
        if text:
            yield from self._end_thought()
            self._answered = self._answered or not text.isspace()
            self._written = True
            yield Text(text)
        elif self._thought.has_grown:
            yield self._thought.show("running")

    def _begin(self) -> None:
        if not self.begun:
            self.begun = True
            self._began_at = time.monotonic()

    def _end_thought(self) -> Generator[Step]:
        if self._thinks:
            self._thinks = False
            yield self._thought.show("completed")

    def rest(self) -> Generator[Output]:
        """Take what was held back, once no more of the stream can come."""
        if not self._finished:
            self._finished = True
            self._frames.finish()
            for held in self._choices.finish():
                self._hear(held)
            self._log_skipped()
            self._unread = find_words(self._frames.prose.decode(errors="replace")) or self._unread
        self._texts.append(self._repeats.finish())
        yield from self._outputs()
        thought = self._repeated_thoughts.finish()
        self._think(self._thought_halves.join(thought) + self._thought_halves.finish())
        last = self._endings.take(self._text_halves.finish())
        if last := last + self._endings.finish(self._repeats.said):
            yield from self._put(last)
        parts = self._thinking.finish()
        if parts.answer or parts.recalled:
            yield from self._show(parts)
        elif parts.thought:
            self._think(parts.thought)
            self._begin()
        yield from self._end_thought()

    def finish(self) -> Generator[Output]:
        """Say what is left to say once the stream has ended.

        Raises:
            ModelError: It ended too early, or without an answer.
        """
        yield from self.rest()
        self.check()
        # An object that stands alone in a body has come whole, unless it says otherwise.
        alone = self._frames.bare == self.said == 1 and not self._goes_on
        ended = self.whole or self._ended or self._frames.ended or self._endings.found
        if not (ended or alone or self._repeats.came_whole or self._counted_last):
            raise self._broken()
        if self._finish in _WARNINGS and (self._answered or self._finish != TOOL):
            yield Step("finish", _(_WARNINGS[self._finish]), "completed", "warning")
        if not self._answered:
            reasons = {"thought": self._thought.size > 0, "calls_tool": self._finish == TOOL}
            raise self._failures.empty(self._model, self._unread, **reasons)

    def _broken(self) -> ModelError:
        """The stream has ended before the answer, or was none."""
        if self.said == 0 and (self._unread or self._frames.skipped):
            return self._failures.malformed(self._unread)
        return self._failures.cut_off(self._unread)

    def _log_skipped(self) -> None:
        if self._frames.skipped:
            _logger.warning(
                "%d chunks of an answer of %s could not be read; they were skipped",
                self._frames.skipped,
                self._failures.host,
            )

    def usage(self) -> Usage:
        """What the answer has taken so far; tokens are counted by the endpoint, at its end."""
        first_token_ms = (self._began_at - self._asked_at) * 1000 if self.begun else None
        counted = self.counted
        if counted is None or not counted.completion_tokens:
            return Usage(
                self._model, first_token_ms=first_token_ms, estimated_prompt_tokens=self._told
            )
        told, tokens = counted.prompt_tokens, counted.completion_tokens
        # The first token is what the rest is timed from.
        taken = self._heard_at - self._began_at
        measured = taken >= SHORTEST_TIMED and tokens >= FEWEST_TIMED
        speed = (tokens - 1) / taken if measured else None
        estimated = self._told if told is None else None
        return Usage(self._model, told, tokens, speed, first_token_ms, estimated)
