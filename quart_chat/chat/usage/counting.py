"""Counts what a round has used, in the transaction that ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from quart_chat.assistants.openai.history import estimate_tokens
from quart_chat.assistants.protocol import Usage
from quart_chat.chat.models import Log, Message, Round, RoundStatus
from quart_chat.chat.usage.models import DailyUsage, day_of

MAX_TOKENS = 10**9
"""What one round counts for at the most: an endpoint may say anything, and sums have to fit."""


def usage_of(
    ended: Round,
    read_prompt: Callable[[], str],
    usage: Usage | None,
    messages: Iterable[Message],
    logs: Iterable[Log],
) -> DailyUsage | None:
    """What a round has used; None for one that failed before it used anything.

    An endpoint says it with the last piece of an answer. Of an answer that was stopped or broken
    off it is estimated, from all that the model was told and from what was written and thought. A
    round that failed before that isn't counted: it may have asked for a model that doesn't exist.

    Args:
        ended: The round.
        read_prompt: Reads what was asked, where that has to be known.
        usage: What the assistant has said; None for one that asks no model.
        messages: The answer, if there is any.
        logs: The steps, and the thoughts.
    """
    day = day_of(ended.ended_at or ended.started_at).isoformat()
    failed = ended.status is RoundStatus.ERROR
    if usage is None:
        return None if failed else DailyUsage(day, ended.assistant, 1, 0, 0)
    written = [message.content for message in messages if message.role != "user"]
    written += [log.message for log in logs if log.type == "reasoning"]
    told, wrote = usage.prompt_tokens, usage.answer_tokens
    is_nothing = failed and not any(written) and wrote is None
    if told is None and is_nothing:
        told = 0
    elif told is None:
        told = usage.estimated_prompt_tokens or estimate_tokens(read_prompt())
    if wrote is None:
        wrote = sum(estimate_tokens(text) for text in written if text)
    model = ended.model or usage.model or ended.assistant
    used = DailyUsage(day, model, 1, _bounded(told), _bounded(wrote))
    return None if failed and not used.tokens else used


def usage_of_title(usage: Usage, model: str | None, reply: str, now: float) -> DailyUsage:
    """What a title has used: no answer of its own.

    Where the endpoint doesn't say it, it is estimated, unless nothing was replied.
    """
    told, wrote = usage.prompt_tokens, usage.answer_tokens
    if told is None:
        told = (usage.estimated_prompt_tokens or 0) if reply or wrote else 0
    if wrote is None:
        wrote = estimate_tokens(reply) if reply else 0
    day = day_of(now).isoformat()
    return DailyUsage(day, model or usage.model, 0, _bounded(told), _bounded(wrote))


def _bounded(tokens: int) -> int:
    return min(max(tokens, 0), MAX_TOKENS)
