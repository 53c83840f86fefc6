"""The span of a round, in the words of the semantic conventions for generative AI.

See https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager

from quart_chat import tracing
from quart_chat.chat.models import RoundStatus
from quart_chat.chat.rounds.runner import RunningRound
from quart_chat.tracing import Attributes, Span

OUTCOME = "quart_chat.round.outcome"

_CODE = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)

Ended = Callable[[RunningRound], None]
"""Called once nothing more happens in a round."""


@contextmanager
def traced(running: RunningRound, ended: Ended) -> Generator[Ended]:
    """Have a round that is started in the block run in a span, if anything is traced.

    Yields:
        What to call at the end of the round: what was given, and the end of the span before it.
    """
    tracer = tracing.tracer()
    if tracer is None:
        yield ended
        return
    name = running.assistant.name
    begun = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
    span = tracer.begin(f"invoke_agent {name}", "internal", begun)

    def end(running: RunningRound) -> None:
        _end(span, running)
        ended(running)

    try:
        with span.current():
            yield end
    except BaseException:  # it has not started
        span.end({OUTCOME: str(RoundStatus.ERROR)}, "_OTHER")
        raise


def _end(span: Span, running: RunningRound) -> None:
    stored = running.stored
    outcome = RoundStatus.ERROR if stored is None else stored.status
    error = None
    if outcome is RoundStatus.ERROR:
        code = "not_stored" if stored is None else stored.code or ""
        # An assistant may put anything there.
        error = code if _CODE.fullmatch(code) else "_OTHER"
    span.end({OUTCOME: str(outcome), **_taken(running)}, error)


def _taken(running: RunningRound) -> Attributes:
    """What the round has taken, as far as it is known."""
    usage, message = running.answer.usage, running.answer.message
    began = running.round.started_at
    return {
        "gen_ai.request.model": running.question.model or (usage.model if usage else None),
        "gen_ai.response.model": usage.model if usage else None,
        "gen_ai.usage.input_tokens": usage.prompt_tokens if usage else None,
        "gen_ai.usage.output_tokens": usage.answer_tokens if usage else None,
        "gen_ai.response.time_to_first_chunk": (
            max(0.0, message.created_at - began) if message else None
        ),
    }
