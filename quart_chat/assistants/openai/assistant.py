"""A language model behind an OpenAI-compatible endpoint, as an assistant.

What it does is shown as steps: the passages it is given, the model it asks and what that came to,
what of the chat was left out, the model's reasoning, attempts that are repeated. An attempt is
repeated only before anything of the answer has come. What a person has seen is taken back in one
case alone: where the end of a thought comes without its beginning, what came before it is shown as
reasoning, and the answer begins anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Self

from quart_chat.assistants.connection import ConnectionReport
from quart_chat.assistants.openai.client import Endpoint
from quart_chat.assistants.openai.connection_check import check_connection
from quart_chat.assistants.openai.embeddings import EndpointEmbeddings
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.grounding import Grounding, Library, ground
from quart_chat.assistants.openai.history import Request, estimate_tokens, fit
from quart_chat.assistants.openai.replies.reply import Reply
from quart_chat.assistants.protocol import Models, Output, Question, Step
from quart_chat.texts import _, number

LIST_KEPT = 60.0
"""Seconds that a list of models is good for."""
GRACE = 1.0
"""Seconds that an endpoint may still take to say what an answer took, once that is whole."""
LAST_GRACE = 0.1
"""Seconds for the mark of its end alone."""
MAX_WAIT = 10.0
"""Seconds that an endpoint may ask to wait before another attempt; past it a person decides."""


class OpenAIAssistant:
    """Asks a model; used with ``async with``.

    Args:
        base_url: Where the API is, usually ending with ``/v1``.
        key: The API key; empty where the endpoint needs none.
        model: The model that answers where none is chosen; if empty, the first one listed.
        system_prompt: What the model is told before all else.
        history_tokens: How much of the chat it is told, estimated.
        timeout: Seconds that it may say nothing.
        retries: Further attempts while nothing of the answer has come.
        retry_delay: Seconds before the first of them, doubled each time.
        library: Where the passages are that it answers from; without one there are none.
        passages: How many it is given with a question at most.
        unasked: Whether it is given passages where the question names no documents.
        embedding_model: The model that makes embeddings; if empty, the first listed that may.
    """

    name = "model"

    def __init__(
        self,
        base_url: str,
        *,
        key: str = "",
        model: str = "",
        system_prompt: str = "",
        history_tokens: int = 8000,
        timeout: float = 120.0,
        retries: int = 2,
        retry_delay: float = 0.5,
        library: Library | None = None,
        passages: int = 6,
        unasked: bool = True,
        embedding_model: str = "",
    ) -> None:
        self.title = model or "Model"
        self._endpoint = Endpoint(base_url, key, timeout)
        self._model = model
        self._system_prompt = system_prompt
        self._history_tokens = history_tokens
        self._retries = retries
        self._retry_delay = retry_delay
        self._library = library
        self._passages = passages
        self._unasked = unasked
        self.embeddings = EndpointEmbeddings(self._endpoint, embedding_model, self._list)
        self._resources = AsyncExitStack()
        self._listing: asyncio.Task[tuple[str, ...]] | None = None
        self._listed_at = 0.0
        self._first_listed: str | None = None

    async def __aenter__(self) -> Self:
        await self._resources.enter_async_context(self._endpoint)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listing is not None:
            self._listing.cancel()
            await asyncio.wait([self._listing])
        await self._resources.aclose()

    @property
    def default_model(self) -> str | None:
        """The model that answers where none is chosen; None before the first list of models.

        While a list is read again, or can't be, it is still the first of the last one.
        """
        return self._model or self._first_listed

    async def models(self) -> Models:
        """The models to choose from; a list is read again after a minute, or after a failure."""
        try:
            return Models(await self._list(), self._model or None)
        except ModelError as error:
            return Models((), self._model or None, error.message)

    async def test_connection(self, model: str | None = None) -> ConnectionReport:
        """Ask the endpoint for its models, and a model for a word, past any list that is kept."""
        self._listed_at = float("-inf")
        return await check_connection(self._endpoint, self._list, model or self._model or None)

    async def _list(self) -> tuple[str, ...]:
        task = self._listing
        stale = time.monotonic() - self._listed_at > LIST_KEPT
        if task is None or (task.done() and (stale or task.exception() is not None)):
            task = self._listing = asyncio.create_task(self._read_list())
            task.add_done_callback(_take_exception)
            self._listed_at = time.monotonic()
        # Callers that ask while a list is on its way wait for the same one, and may be cancelled.
        return await asyncio.shield(task)

    async def _read_list(self) -> tuple[str, ...]:
        listed = await self._endpoint.models()
        self._first_listed = next(iter(listed), None)
        return listed

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        """Ask the model, and pass on what it says as it says it."""
        grounding = Grounding()
        library = None if question.is_aside else self._library
        found = ground(library, question, self._passages, unasked=self._unasked)
        async for one in found:
            if isinstance(one, Grounding):
                grounding = one
            else:
                yield one
        request = self._request(question, grounding)
        if request.left_out:
            yield self._left_out(request)
        while True:
            reply = Reply(self._endpoint.failures, request.tokens)
            try:
                async with aclosing(self._attempt(reply, question, request)) as outputs:
                    async for output in outputs:
                        yield output
            except ModelError as error:
                failure = error
            else:
                return
            async for output in self._recover(reply, request, failure):
                yield output

    async def _recover(
        self, reply: Reply, request: Request, error: ModelError
    ) -> AsyncGenerator[Output, None]:
        """Change the request or wait a moment, so that another attempt may succeed.

        Raises:
            ModelError: It would not, or something of the answer has come.
        """
        for output in reply.rest():
            yield output
        if reply.begun:
            raise error
        if (changes := self._adapt(request, error)) is not None:
            for change in changes:
                yield change
            return
        if (delay := self._delay(error, request.attempt)) is None:
            if reply.asked:
                yield reply.give_up()
            raise error.after(request.attempt + 1)
        step = self._retry(reply, error, request.attempt, delay)
        yield step
        await asyncio.sleep(delay)
        yield step.done()
        request.attempt += 1

    async def _attempt(
        self, reply: Reply, question: Question, request: Request
    ) -> AsyncGenerator[Output, None]:
        model = question.model or await self._default_model()
        yield reply.ask(model, request.attempt + 1, self._retries + 1)
        # Who answers is known before the answer.
        yield reply.usage()
        said, told = 0, False
        asked = self._endpoint.stream(model, request.messages, question.parameters)
        async with asked as body:
            while not reply.over and (burst := await body.read()):
                outputs = reply.feed(burst)
                if reply.said == said:
                    continue
                said = reply.said
                says_more = False
                for output in outputs:
                    if says_more:
                        # A long text comes in pieces; others have their turn between them.
                        await asyncio.sleep(0)
                    says_more = True
                    yield output
                if reply.begun and not told:
                    # An answer that is stopped has this much to say.
                    told = True
                    yield reply.usage()
                    yield reply.waited()
                reply.check()
                if reply.whole:
                    body.expect_end(LAST_GRACE if reply.counted else GRACE, anew=says_more)
                else:
                    body.heard()
            for output in reply.rest():
                yield output
            if reply.begun and not told:
                yield reply.waited()
            reply.check()
        for output in reply.finish():
            yield output
        yield reply.usage()

    def _delay(self, error: ModelError, attempt: int) -> float | None:
        """Seconds to wait before another attempt; None where there is to be none."""
        delay = error.retry_after or self._retry_delay * 2.0**attempt
        return delay if error.passing and attempt < self._retries and delay <= MAX_WAIT else None

    def _request(self, question: Question, grounding: Grounding) -> Request:
        """What the model is told, the history as far as it fits."""
        wanted = question.system_prompt or self._system_prompt
        system = "\n\n".join(part for part in (wanted, grounding.instructions) if part)
        prompt = grounding.with_prompt(question.prompt)
        budget = self._history_tokens - estimate_tokens(system) - estimate_tokens(prompt)
        history = fit(question.history, budget)
        return Request(system, history, prompt, len(question.history) - len(history))

    def _adapt(self, request: Request, error: ModelError) -> list[Step] | None:
        """Change a request that was refused, if that may help; what is shown of it."""
        if self._endpoint.do_without(error):
            return []
        if error.code != "context_too_long" or not request.shorten():
            return None
        message = _(
            "The chat is too long for the model: asked again with the latest {count} of {total}"
            " earlier messages"
        ).format(count=len(request.history), total=len(request.history) + request.left_out)
        return [Step("history", message, "completed", "warning")]

    def _retry(self, reply: Reply, error: ModelError, attempt: int, delay: float) -> Step:
        message = _("{problem} Next try after {delay} s.").format(
            problem=error.problem, delay=number(delay, 1)
        )
        parent = "model" if reply.asked else None
        return Step(f"retry {attempt}", message, type="warning", parent=parent)

    def _left_out(self, request: Request) -> Step:
        message = _(
            "The chat is long: the model was not sent the oldest {count} of {total} messages"
        ).format(count=request.left_out, total=len(request.history) + request.left_out)
        return Step("history", message, "completed", "progress")

    async def _default_model(self) -> str:
        if self._model:
            return self._model
        if listed := await self._list():
            return listed[0]
        raise self._endpoint.failures.no_model()


def _take_exception(listing: asyncio.Task[tuple[str, ...]]) -> None:
    """Take the failure of a list whose callers were cancelled; it needs no log."""
    if not listing.cancelled():
        listing.exception()
