"""What of a conversation a model is told: as much of its end as fits a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from quart_chat.chat.assistants.base import Turn

CHARS_A_TOKEN = 4
"""About so many in English; tokenizers differ, and asking one would cost more than it tells."""


def estimate_tokens(text: str) -> int:
    return len(text) // CHARS_A_TOKEN + 1


def fit(history: Sequence[Turn], budget: int) -> Sequence[Turn]:
    """The latest turns whose texts fit the budget, from a person's turn on."""
    start = len(history)
    while start and (budget := budget - estimate_tokens(history[start - 1].content)) >= 0:
        start -= 1
    while start < len(history) and history[start].role != "user":
        start += 1
    return history[start:]


def to_messages(system: str, history: Sequence[Turn], prompt: str) -> list[dict[str, str]]:
    """The messages of a request.

    A prompt that got no answer is followed by the next one: many models take only turns that
    alternate, so the two become one.
    """
    messages: list[dict[str, str]] = []
    for turn in (*history, Turn("user", prompt)):
        if messages and messages[-1]["role"] == turn.role:
            messages[-1]["content"] += f"\n\n{turn.content}"
        else:
            messages.append({"role": turn.role, "content": turn.content})
    if system:
        messages.insert(0, {"role": "system", "content": system})
    return messages
