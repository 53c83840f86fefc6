"""What an assistant is: a name, and an async generator that answers a question.

It yields its answer in pieces (:class:`Text`, or plain ``str``), may take them back
(:class:`Rewrite`), says what it does as it does it
(:class:`Step`) and names what the answer rests on (:class:`Sources`) and what it took
(:class:`Usage`). It raises :class:`AssistantError` for what a person should be told. Everything
else (storing, streaming, stopping) is the runner's work: a stop closes the generator wherever it
waits, so what it holds open belongs in an ``async with``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

from quart_chat.assistants.parameters import NOTHING, Parameters
from quart_chat.wire import Item


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer rests on; ``number`` is the n of its ``[n]`` in the text.

    Attributes:
        quote: The passage word for word, markup included.
        excerpt: Its beginning as people read it, without markup.
    """

    number: int
    title: str
    heading: str
    url: str
    quote: str
    excerpt: str = ""

    def to_item(self) -> Item:
        return {
            "number": self.number,
            "title": self.title,
            "heading": self.heading,
            "url": self.url,
            "quote": self.quote,
            "excerpt": self.excerpt,
        }


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took.

    Attributes:
        model: The one that wrote it.
        prompt_tokens: Tokens that it was told; None where the endpoint doesn't say.
        answer_tokens: Tokens that it wrote, reasoning included; None where it doesn't say.
        tokens_per_second: From its first token to its last.
        first_token_ms: From the request to the first token, in milliseconds.
        estimated_prompt_tokens: About how many tokens it was told, to be counted where the endpoint
            doesn't say; not shown.
    """

    model: str
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    tokens_per_second: float | None = None
    first_token_ms: float | None = None
    estimated_prompt_tokens: int | None = None

    def to_item(self) -> Item:
        return {
            "model": self.model,
            "promptTokens": self.prompt_tokens,
            "answerTokens": self.answer_tokens,
            "tokensPerSecond": self.tokens_per_second,
            "firstTokenMs": self.first_token_ms,
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier message of the conversation; ``role`` is "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt and what came before it.

    Attributes:
        model: The one that the person has chosen.
        document_ids: The documents to answer from, and from nothing else; none where none is named.
        system_prompt: What a model is to be told before all else in this chat.
        has_documents: Whether the person has documents, named or not, that can be searched.
        is_aside: Whether it is no question of a person, but the server's own, such as for a title:
            nothing is searched for it.
        parameters: What a model is to be asked in this chat beside its messages.
    """

    prompt: str
    user_id: str
    workflow_id: str
    history: tuple[Turn, ...] = ()
    model: str | None = None
    document_ids: tuple[str, ...] = ()
    system_prompt: str | None = None
    parameters: Parameters = NOTHING
    has_documents: bool = True
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer, Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A text in the place of all of the answer so far, which has turned out to be none of it."""

    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something the assistant does; the same ``key`` again updates the step.

    How long it took is measured from the first time that its key is yielded to the time that it is
    no longer running. A step that is never ended ends with its round.

    Attributes:
        key: Names the step within the round.
        message: What is being done, for people.
        status: "running", "completed" or "failed".
        type: "info" for what is worth a line above the answer; "progress" for what is so while it
            happens; "warning"; "error"; or "reasoning", whose message is the thought itself.
        progress: 0 to 1 where it is known.
        parent: The key of the step that this one is part of, which has been yielded before. An
            update need not name it again.
    """

    key: str
    message: str
    status: str = "running"
    type: str = "info"
    progress: float | None = None
    parent: str | None = None

    def at(self, progress: float) -> Self:
        """The same step, so far done."""
        return replace(self, progress=progress)

    def done(self, message: str | None = None) -> Self:
        """The same step, completed; ``message`` says what came of it."""
        return replace(self, status="completed", message=message or self.message)

    def failed(self, message: str | None = None) -> Self:
        """The same step, failed; ``message`` says why."""
        return replace(self, status="failed", message=message or self.message)


@dataclass(frozen=True, slots=True)
class Sources:
    """All passages that the answer rests on; replaces what was named before.

    Attributes:
        citations_verified: Whether each ``[n]`` of the text is to lead to its source, and is to be
            marked where there is none. Not for text that quotes others, whose brackets are their
            own.
    """

    sources: tuple[Source, ...]
    citations_verified: bool = True


Output = str | Text | Rewrite | Step | Sources | Usage
"""What an assistant may yield; a ``str`` is a :class:`Text`."""


class AssistantError(Exception):
    """A failure a person is told of: ``code`` for programs, ``message`` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class InvalidOutput(Exception):
    """An assistant has yielded what it may not; the message says what, for who wrote it."""


class Assistant(Protocol):
    """Answers questions under a name."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    def answer(self, question: Question) -> AsyncGenerator[Output, None]: ...


@dataclass(frozen=True, slots=True)
class Models:
    """What an assistant offers to choose from.

    Attributes:
        names: The models; none where they can't be listed.
        default: The one that answers where none is chosen, as far as it is known.
        note: Why they can't be listed, for people.
    """

    names: tuple[str, ...]
    default: str | None = None
    note: str | None = None


@runtime_checkable
class ModelAssistant(Assistant, Protocol):
    """An assistant that answers with one of several models."""

    async def models(self) -> Models:
        """Those to choose from now."""
        ...
