"""Marks of a chat template that a server leaves at the end of an answer, such as ``<|im_end|>``.

A model ends its turn with a token that its server should take as the end. Where the server doesn't
know the token, its name stands behind the last word. Only there is it no text: an answer may be
about such marks.
"""

from __future__ import annotations

import re

from quart_chat.assistants.openai.replies.mentions import QUOTES, is_in_fence, is_in_span
from quart_chat.assistants.openai.replies.thinking import is_marked_answer

_MARK = r"(?:<[|｜][\w▁]{1,40}[|｜]>|</s>|<eos>|<end_of_turn>|<turn\|>|</answer>|\[DONE\])"  # noqa: RUF001 - DeepSeek's
_MARKS = re.compile(rf"(?:{_MARK}\s*)+", re.IGNORECASE)
_HELD = re.compile(
    rf"(?:{_MARK}\s*)*(?:<[|｜/]?[\w▁]{{0,40}}[|｜]?|\[[DONE]{{0,4}})?\Z",  # noqa: RUF001
    re.IGNORECASE,
)
_START = re.compile(r"[<\[]")
_STRUCK = re.compile(r"<s[\s>]")
_MOST = 200
"""Characters of marks that are held back."""


class Endings:
    """Takes a text in pieces, cut anywhere, and holds back what may be such a mark.

    Attributes:
        found: Whether such a mark has ended the answer.
    """

    def __init__(self) -> None:
        self.found = False
        self._held = ""

    def take(self, text: str) -> str:
        """Take a piece; what of it is text for sure, and of what was held back."""
        if self._held:
            text, self._held = self._held + text, ""
        start = _START.search(text, max(0, len(text) - _MOST))
        if start is None or (held := _HELD.search(text, start.start())) is None:
            return text
        self._held = held[0]
        return text[: held.start()]

    def finish(self, said: str) -> str:
        """Take what was held back.

        Args:
            said: All of the answer, as it came.
        """
        held, self._held = self._held, ""
        if _MARKS.fullmatch(held) is None or _is_mentioned(held, said.removesuffix(held)):
            return held
        self.found = True
        return ""


def _is_mentioned(mark: str, before: str) -> bool:
    """Whether a mark belongs to a sentence or to code, with what stands before it."""
    if is_in_fence(before) or is_in_span(before):
        return True
    if mark.lower().startswith("</answer>"):
        return not is_marked_answer(before)
    if mark.startswith("</s>") and _STRUCK.search(before):
        return True
    if before[-1:].isspace() and before.rstrip().endswith(":"):
        return True
    line = before.rpartition("\n")[2]
    word = line.rstrip()[-1:]
    spaced = line != line.rstrip()
    return word.isalnum() if spaced else word != "" and word in QUOTES
