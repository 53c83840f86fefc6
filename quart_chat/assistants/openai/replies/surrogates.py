"""Characters that come in two halves, as JSON escapes what is beyond 16 bits."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class Halves:
    """Joins the halves of a character that came in two pieces of a text.

    A half without its other one has no meaning and can't be stored: U+FFFD takes its place.
    """

    def __init__(self) -> None:
        self._held = ""

    def join(self, text: str) -> str:
        """A piece, without a first half at its end, which waits for the next piece."""
        if not self._held and text.isascii():
            return text
        text, self._held = self._held + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        if _SURROGATE.search(text) is None:
            return text
        return _SURROGATE.sub("\ufffd", _PAIR.sub(_join, text))

    def finish(self) -> str:
        """What stands for a half that is left."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


def _join(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
