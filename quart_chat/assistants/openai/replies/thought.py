"""A model's thought as it grows, and when it is shown."""

from __future__ import annotations

from quart_chat.assistants.openai.replies.thinking import bare
from quart_chat.assistants.protocol import Step

GROWTH = 1.5
"""A thought is shown again once it has grown by so much: what that costs stays linear."""
MAX_THOUGHT = 256 * 1024
"""Characters of a thought that are shown."""


class Thought:
    """Keeps a thought.

    Attributes:
        size: Its length in characters.
    """

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[str] = []
        self._shown_size = 0

    def add(self, text: str) -> None:
        self._pieces.append(text)
        self.size += len(text)

    @property
    def has_grown(self) -> bool:
        """Whether there is enough of it that was not shown."""
        return self._shown_size < MAX_THOUGHT and self.size > GROWTH * self._shown_size

    def show(self, status: str) -> Step:
        """The step that shows it."""
        self._shown_size = self.size
        text = "".join(self._pieces)[:MAX_THOUGHT]
        self._pieces = [text]
        return Step("reasoning", bare(text), status, "reasoning")
