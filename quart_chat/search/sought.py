"""A text that is sought in another, letter by letter, as a browser finds one on its page.

It is found however it is written: case, accents and the width of letters don't matter, nor does
how much white space is between its words. Unlike the search for an answer, it knows no words: "end"
is found in "Wochenende".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from quart_chat.search.folding import fold_text

_JOINED = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u00ad\u200b-\u200f"
    r"\u3099\u309a\ufe00-\ufe0f"
)
# A character with the accents and unseen characters that follow it and belong to it.
_CLUSTER = re.compile(f".[{_JOINED}]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought, folded; made by :meth:`read`."""

    pattern: re.Pattern[str]

    @classmethod
    def read(cls, text: str) -> Sought | None:
        """Read what a person seeks; None where nothing is left of it to be found."""
        words = fold_text(text).split()
        return cls(re.compile(r"\s+".join(map(re.escape, words)))) if words else None

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return the start and end of each match in a text, in order; no two overlap."""
        # Most texts don't have it, and are folded faster as a whole.
        if not self.pattern.search(fold_text(text)):
            return []
        folded, starts, ends = _fold_in_place(text)
        places: list[tuple[int, int]] = []
        for match in self.pattern.finditer(folded):
            start, end = starts[match.start()], ends[match.end() - 1]
            # One letter may be folded to two: an "s" is found once in an "ß".
            if not places or start >= places[-1][1]:
                places.append((start, end))
        return places

    def mark(self, text: str) -> Iterator[tuple[str, bool]]:
        """Cut a text into where it is and what is between."""
        end = 0
        for start, stop in self.places(text):
            if start > end:
                yield text[end:start], False
            yield text[start:stop], True
            end = stop
        if end < len(text):
            yield text[end:], False


def _fold_in_place(text: str) -> tuple[str, list[int], list[int]]:
    """Return a folded text, and for each of its characters where its letter begins and ends."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        form = _fold_letter(cluster[0])
        folded.append(form)
        starts += [cluster.start()] * len(form)
        ends += [cluster.end()] * len(form)
    return "".join(folded), starts, ends


_fold_letter = lru_cache(maxsize=10_000)(fold_text)
