"""What of a conversation a model is told: as much of its end as fits a budget of tokens."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

from quart_chat.assistants.protocol import Turn

_SPARSE = 16
"""Characters to a blank, from which on a text is none of words."""
_PLAIN = (string.ascii_letters + string.whitespace).encode()


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is; models differ, and asking one costs more than it tells.

    Tokenizers are trained on bytes of UTF-8, most of them of English: four of its letters are one
    token, but a digit or a sign of punctuation often is one, and so are two letters of a text
    without blanks, such as base64. Letters of two bytes (Cyrillic, Greek,
    Arabic) come two to a token, characters of three (Chinese, Japanese, Thai, Hindi) are one, and
    of four (emoji) are two.
    """
    if text.isascii():
        return _estimate_ascii(text.encode()) + 1
    encoded = text.encode("utf-8", "replace")
    ascii_part = text.encode("ascii", "ignore")
    four = len(text.encode("utf-16-le", "replace")) // 2 - len(text)
    # Characters beyond ASCII have two, three or four bytes each: two sums tell how many of each.
    beyond = len(text) - len(ascii_part) - four
    three = len(encoded) - len(ascii_part) - 4 * four - 2 * beyond
    two = beyond - three
    return _estimate_ascii(ascii_part) + (two + 1) // 2 + three + 2 * four + 1


def _estimate_ascii(text: bytes) -> int:
    signs = len(text.translate(None, _PLAIN))
    has_words = _SPARSE * (text.count(b" ") + text.count(b"\n")) >= len(text) - _SPARSE
    return max(len(text) // (4 if has_words else 2), 3 * signs // 4)


def fit(history: Sequence[Turn], budget: int) -> Sequence[Turn]:
    """The latest turns whose texts fit the budget, from a person's turn on."""
    start = len(history)
    while start and (budget := budget - estimate_tokens(history[start - 1].content)) >= 0:
        start -= 1
    while start < len(history) and history[start].role != "user":
        start += 1
    return history[start:]


@dataclass(slots=True)
class Request:
    """What a model is told.

    Attributes:
        left_out: How many of the earliest turns it is not told.
        attempt: How often it has been repeated.
    """

    system: str
    history: Sequence[Turn]
    prompt: str
    left_out: int = 0
    attempt: int = 0
    _shortened: bool = False

    @property
    def messages(self) -> list[dict[str, str]]:
        return to_messages(self.system, self.history, self.prompt)

    @property
    def tokens(self) -> int:
        """About how many tokens the model is told."""
        return sum(estimate_tokens(message["content"]) for message in self.messages)

    def shorten(self) -> bool:
        """Leave out half of the history, once; False where that was done, or there is none."""
        if self._shortened or not self.history:
            return False
        half = sum(estimate_tokens(turn.content) for turn in self.history) // 2
        kept = fit(self.history, half)
        self.left_out += len(self.history) - len(kept)
        self.history, self._shortened = kept, True
        return True


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


def join_system(messages: Sequence[dict[str, str]]) -> Sequence[dict[str, str]]:
    """The messages with that of the system in the first of the person, for models without one."""
    system, *others = messages
    if system["role"] != "system" or not others:
        return messages
    first = {**others[0], "content": f"{system['content']}\n\n{others[0]['content']}"}
    return [first, *others[1:]]
