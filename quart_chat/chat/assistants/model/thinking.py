"""Parts what a model thinks from what it answers, where both come as one text."""

from __future__ import annotations

from collections.abc import Callable

OPEN = "<think>"
CLOSE = "</think>"


class Thinking:
    """Takes a text in pieces, cut anywhere; a ``<think>`` block at its very start is a thought.

    Each call returns what is certain by then as ``(thought, answer)``.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state: Callable[[str], tuple[str, str]] = self._begin

    @property
    def over(self) -> bool:
        """Whether all that follows is answer."""
        return self._state == self._pass

    def feed(self, text: str) -> tuple[str, str]:
        return self._state(text)

    def finish(self) -> tuple[str, str]:
        """Take what was held back for what might have followed."""
        held, self._held = self._held, ""
        return (held, "") if self._state == self._think else ("", held)

    def _begin(self, text: str) -> tuple[str, str]:
        self._held += text
        head = self._held.lstrip()
        if OPEN.startswith(head):
            return "", ""
        held, self._held = self._held, ""
        if head.startswith(OPEN):
            self._state = self._think
            return self._think(head.removeprefix(OPEN))
        self._state = self._pass
        return "", held

    def _think(self, text: str) -> tuple[str, str]:
        thought, close, answer = (self._held + text).partition(CLOSE)
        if close:
            self._held, self._state = "", self._skip
            return thought, self._skip(answer)[1]
        end = _beginning_of_close(thought)
        self._held = thought[end:]
        return thought[:end], ""

    def _skip(self, text: str) -> tuple[str, str]:
        """The space between the block and the answer is neither."""
        answer = text.lstrip()
        if answer:
            self._state = self._pass
        return "", answer

    def _pass(self, text: str) -> tuple[str, str]:
        return "", text


def _beginning_of_close(text: str) -> int:
    """Where a tag may begin that the text's end cuts off; else the text's end."""
    for size in range(min(len(CLOSE) - 1, len(text)), 0, -1):
        if text.endswith(CLOSE[:size]):
            return len(text) - size
    return len(text)
