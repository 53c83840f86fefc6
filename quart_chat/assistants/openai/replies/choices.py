"""Which pieces of a stream are the answer, where an endpoint gives several side by side.

By the OpenAI API the index of a choice says which of the answers a piece belongs to. Some servers,
such as older versions of Text Generation Inference, number the pieces of their only answer with it.
There no number comes twice, and it goes on beyond any number of answers that is asked for.
"""

from __future__ import annotations

from quart_chat.assistants.openai.replies.chunks.said import Said

MOST_ANSWERS = 4
"""More different indexes than this are the numbers of pieces."""


class Choices:
    """Passes on the pieces of the first answer, and holds back what may belong to another."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._seen: set[int] = set()
        self._held: list[Said] = []
        self._several = self._numbered = False

    def take_first(self) -> bool:
        """Take a piece whose index is 0, or that has none; whether it is of the first answer."""
        if self._first is None:
            self._first = 0
            self._seen.add(0)
        elif not self._numbered and not self._several and self._first == 0:
            self._tell_apart()
        return self._first == 0

    def take(self, said: Said) -> list[Said]:
        """Take any piece; what is known to be of the first answer by now, in order."""
        index = said.index
        if index is None or said.error is not None or self._numbered:
            return [said]
        if self._first is None:
            self._first = index
        if index in self._seen or (index == self._first and said.finish is not None):
            self._tell_apart()
        self._seen.add(index)
        if index == self._first:
            return [said]
        if not self._several:
            self._held.append(said)
            if len(self._seen) > MOST_ANSWERS:
                return self.finish()
            return []
        return [] if said.usage is None else [Said(usage=said.usage)]

    def finish(self) -> list[Said]:
        """What was held back: no number has come twice, so it belongs to the answer."""
        self._numbered = not self._several
        held, self._held = self._held, []
        return held

    def _tell_apart(self) -> None:
        """There are several answers: what was held back belongs to others."""
        self._several = True
        self._held = []
