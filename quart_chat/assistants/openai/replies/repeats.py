"""Which text of a stream is new, where an endpoint says again what it has said.

By the OpenAI API each chunk adds a piece. Some servers send all of the answer so far in each chunk,
and some send the whole answer once more in the last one. A short answer may also say the same twice
(``ha``, ``haha``), so a repetition is held back until what follows shows which it is.
"""

from __future__ import annotations

_SLACK = 8
"""Characters of white space around an answer by which the whole may differ from its pieces."""
_CERTAIN = 8
"""Characters of a piece that does not come twice by chance."""


class Repeats:
    """Passes on what each piece of an answer adds.

    Attributes:
        came_whole: Whether the first that came was a whole answer, and no piece of one.
    """

    def __init__(self) -> None:
        self.came_whole = False
        self._pieces: list[str] = []
        self._size = 0
        self._held = ""
        self._grows = False
        self._shortest = 0  # a piece with fewer characters can repeat nothing

    @property
    def said(self) -> str:
        """All that has been passed on."""
        return "".join(self._pieces)

    def take(self, text: str, *, whole: bool = False, again: bool = False) -> str:
        """Take what a chunk says; what is new of it, and of what was held back before it.

        Args:
            text: What it says.
            whole: Whether that is all of a message, and no piece of one.
            again: Whether it may all have come before.
        """
        if whole:
            return self._take_whole(text, again) if text else ""
        if len(text) < self._shortest:
            return self._add(text)
        if self._held:
            return self._decide(text)
        if self._grows and text:
            said = self.said
            self._grows = text.startswith(said)
            return self._add(text[len(said) :] if self._grows else text)
        if self._repeats(text):
            self._held, self._shortest = text, 0
            return ""
        return self._add(text)

    def finish(self) -> str:
        """Take what was held back, where it goes beyond a repetition: nothing follows it."""
        held, self._held = self._held, ""
        said = self.said
        if not _has_letter(said):
            return self._add(held)
        return self._add(held[len(said) :]) if held.startswith(said) else ""

    def _take_whole(self, text: str, again: bool) -> str:
        """Take a whole message; what of it did not come in pieces before it."""
        new, said = self.finish(), self.said
        self.came_whole = self.came_whole or not said
        if text.startswith(said):
            return new + self._add(text[len(said) :])
        # A thought may have come before the answer in one text. Where even the first was a whole
        # message, its pieces come as such.
        pieces = 1 if self.came_whole else len(self._pieces)
        repeated = (again or pieces > 1) and said.rstrip().endswith(text.strip())
        # What was sent in pieces may have been changed since: a text as long as all of them is no
        # further one.
        repeated = repeated or (again and 2 * len(text.strip()) > len(said.strip()))
        return new if repeated else new + self._add(text)

    def _decide(self, text: str) -> str:
        """Take the piece behind one that was held back."""
        held = self._held
        if not text or text.isspace():
            self._held += text
            return ""
        self._held = ""
        said = self.said
        if held.startswith(said) and text.startswith(held) and text != held:
            self._grows = True
            return self._add(text[len(said) :])
        return self._add(held + text)

    def _add(self, text: str) -> str:
        if text:
            self._pieces.append(text)
            self._size += len(text)
            self._shortest = self._size - _SLACK if len(self._pieces) > 1 else 0
            if self._grows:
                self._pieces, self._shortest = [self.said], 0
        return text

    def _repeats(self, text: str) -> bool:
        """Whether a piece may be all that came before it, once more or with more behind it."""
        if not self._pieces:
            return False
        if len(self._pieces) == 1 and len(text) > self._size:
            return text.startswith(self.said) and _has_letter(text)
        if abs(len(text) - self._size) > _SLACK:
            return False
        said = self.said
        certain = len(self._pieces) > 1 or len(text) >= _CERTAIN
        # What is sent again may lack the space around it, but has no more: "Duran", " Duran".
        alike = text.strip() == said.strip() and text in said
        return certain and _has_letter(said) and alike


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))
