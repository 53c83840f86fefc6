"""What an endpoint has counted, wherever it says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quart_chat.assistants.openai.replies.chunks.said import Counted

MAX_TOKENS = 10**9
"""Tokens of a prompt or an answer; an endpoint that counts more has miscounted."""

_PROMPT_COUNTS = (
    *("prompt_tokens", "input_tokens", "prompt_eval_count", "promptTokens", "promptTokenCount"),
    *("inputTokens", "tokens_evaluated", "prompt_token_count", "inputTextTokenCount"),
    "input_token_count",
)
_ANSWER_COUNTS = (
    *("completion_tokens", "output_tokens", "eval_count", "completionTokens"),
    *("candidatesTokenCount", "outputTokens", "tokens_predicted", "generation_token_count"),
    *("totalOutputTextTokenCount", "generated_token_count", "generated_tokens"),
)
_HOLDERS = ("x_groq", "delta", "message", "metadata", "response")
"""Objects that may hold the usage."""


def find_counts(payload: Any) -> Counted | None:
    """What is counted in an object of usage, or in the first of a list of them."""
    if isinstance(payload, list):
        payload = next((each for each in payload if isinstance(each, dict)), None)
    if not isinstance(payload, dict):
        return None
    # Cohere counts what is paid for beside what was read and written.
    payload = payload["tokens"] if isinstance(payload.get("tokens"), dict) else payload
    prompt, answer = (_count(payload, names) for names in (_PROMPT_COUNTS, _ANSWER_COUNTS))
    return None if prompt is None and answer is None else Counted(prompt, answer)


def find_usage(payload: dict[str, Any], choice: dict[str, Any]) -> Counted | None:
    """What is counted, at any of the places where servers put it."""
    holders = (payload, choice, *map(payload.get, _HOLDERS))
    places = [holder.get("usage") for holder in holders if isinstance(holder, dict)]
    places += [payload.get("usageMetadata"), payload.get("meta"), payload]
    found = next(filter(None, map(find_counts, places)), None)
    if found is not None and payload.get("type") == "message_start":
        # Anthropic says before the answer what it was told, and that it has begun.
        return Counted(found.prompt_tokens)
    return found


def _count(payload: dict[str, Any], names: Iterable[str]) -> int | None:
    for name in names:
        value = payload.get(name)
        try:
            count = int(float(value)) if isinstance(value, str | int | float) else None
        except (ValueError, OverflowError):
            continue
        if count is not None and not isinstance(value, bool) and 0 <= count <= MAX_TOKENS:
            return count
    return None
