"""The span of one call of an endpoint, in the words of the conventions for generative AI.

See https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/. Where the endpoint is, and
what it is asked and answers, is in none of the attributes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from quart_chat import tracing
from quart_chat.assistants.openai.failures.errors import ModelError

_OPERATIONS = {"chat/completions": "chat", "embeddings": "embeddings"}
_STATUS = "http.response.status_code"


class Call:
    """One call of an endpoint.

    Attributes:
        headers: What the endpoint is sent so that its spans join the trace; mostly nothing.
        status: The status of its response, once that is known.
    """

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.status: int | None = None


@contextmanager
def traced(method: str, path: str, model: str) -> Generator[Call]:
    """Make a call in the block: in a span, if anything is traced.

    Its span lasts to the end of the response. A call that is broken off, because the answer was
    stopped or no more of it is needed, has not failed.

    Args:
        method: The method of HTTP.
        path: What is asked of the API.
        model: The model that is asked; empty for none.
    """
    call, tracer = Call(), tracing.tracer()
    if tracer is None:
        yield call
        return
    operation = _OPERATIONS.get(path, "")
    span = tracer.begin(
        # Not by its model, as the conventions have it: a request may name any text as one.
        operation or f"{method} {path}",
        "client",
        {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": model,
            "http.request.method": method,
            "url.template": path,
        },
    )
    if tracer.sends_context:
        span.carry(call.headers)
    error: str | None = None
    try:
        yield call
    except ModelError as failure:
        error = failure.code
        raise
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException as failure:
        error = type(failure).__name__
        raise
    finally:
        if call.status is not None and call.status >= 400:
            error = str(call.status)
        span.end({_STATUS: call.status}, error)
