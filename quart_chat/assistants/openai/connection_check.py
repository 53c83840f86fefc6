"""Tests whether an endpoint answers: some list their models without a key, but refuse to answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from quart_chat.assistants.connection import ConnectionReport
from quart_chat.assistants.openai.client import Endpoint
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.replies.reply import Reply
from quart_chat.texts import _, number

PATIENCE = 30.0
"""Seconds that a model may take to its first word: a local one may have to be loaded first."""

_PROMPT = [{"role": "user", "content": "Say hello."}]

_UNREACHED = frozenset(
    {"endpoint_refused", "endpoint_unknown", "endpoint_unreachable", "endpoint_tls"}
)
"""Failures that any further request would meet as well."""


async def check_connection(
    endpoint: Endpoint, list_models: Callable[[], Awaitable[tuple[str, ...]]], model: str | None
) -> ConnectionReport:
    """List the models, and have one say its first word; it is stopped there.

    Args:
        endpoint: Where both are asked for.
        list_models: Asks for the list, and may keep it.
        model: The one to ask; None for the first in the list.
    """
    models: tuple[str, ...] = ()
    failure: ModelError | None = None
    began = time.monotonic()
    try:
        models = await list_models()
    except ModelError as refused:
        failure = refused
    listed_ms = _since(began)
    model = model or (models[0] if models else None)
    if model is None or (failure is not None and failure.code in _UNREACHED):
        error = failure or endpoint.failures.no_model()
        return ConnectionReport(models, listed_ms, code=error.code, message=error.message)
    note = None if failure is None else failure.message
    try:
        answered_ms = await _first_word(endpoint, model)
    except ModelError as error:
        return ConnectionReport(models, listed_ms, model, None, error.code, error.message, note)
    return ConnectionReport(models, listed_ms, model, answered_ms, note=note)


async def _first_word(endpoint: Endpoint, model: str) -> float:
    """Ask, and return after how many milliseconds the first word came.

    Raises:
        ModelError: None came.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE):
            await _ask(endpoint, model)
    except TimeoutError as error:
        raise ModelError(
            "model_silent",
            _(
                "{model} sent no word within {seconds} s. It may still be loading: test again in a"
                " moment."
            ).format(model=model, seconds=number(PATIENCE)),
        ) from error
    return _since(began)


async def _ask(endpoint: Endpoint, model: str) -> None:
    reply = Reply(endpoint.failures)
    reply.ask(model)
    said = 0
    async with endpoint.stream(model, _PROMPT) as body:
        while not reply.over and (burst := await body.read()):
            # The output is ignored, but only output that is read counts.
            for _output in reply.feed(burst):
                pass
            reply.check()
            if reply.begun:
                return
            if reply.said > said:
                said = reply.said
                body.heard()
        for _output in reply.finish():
            pass


def _since(began: float) -> float:
    return (time.monotonic() - began) * 1000
