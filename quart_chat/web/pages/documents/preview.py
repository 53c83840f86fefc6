"""A document's passages as its page shows them, with what is sought in them marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quart_chat.documents.hits import FoundHits, heading_of, shows_place
from quart_chat.documents.models import StoredPassage
from quart_chat.search.sought import Sought


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; a hit of the search has its number."""

    text: str
    hit: int | None = None


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage, and what stands above it.

    Attributes:
        heading: The headings that lead to it, in parts; None where they stand above one before.
    """

    passage: StoredPassage
    heading: list[Part] | None
    text: list[Part]


@dataclass(frozen=True, slots=True)
class Search:
    """A search in a document.

    Attributes:
        text: What is sought, as it was written.
        sought: The same as it is looked for; None where nothing can be found by it.
        found: All hits.
        hit: The number of the one that is shown; 0 without any.
    """

    text: str
    sought: Sought | None
    found: FoundHits
    hit: int

    @property
    def previous(self) -> int:
        """The hit before; before the first, the last."""
        return self.hit - 1 or len(self.found)

    @property
    def next(self) -> int:
        """The hit after; after the last, the first."""
        return self.hit % len(self.found) + 1 if self.hit else 0

    @property
    def after(self) -> int:
        """What the page follows that has the hit."""
        return self.found.page_of(self.hit) if self.hit else 0


def view_passages(
    passages: Sequence[StoredPassage], after: int, search: Search | None
) -> list[PassageView]:
    """The passages of the page that follows number ``after``."""
    hits = _Hits(search.sought, search.found.before(after)) if search else _Hits(None, 0)
    views: list[PassageView] = []
    previous = None
    for passage in passages:
        shown = shows_place(passage, previous)
        heading = list(hits.mark(heading_of(passage))) if shown else None
        views.append(PassageView(passage, heading, list(hits.mark(passage.text))))
        previous = passage
    return views


class _Hits:
    """Marks texts, one after the other, and counts the hits."""

    def __init__(self, sought: Sought | None, before: int) -> None:
        self._sought = sought
        self._count = before

    def mark(self, text: str) -> Iterator[Part]:
        if self._sought is None:
            yield Part(text)
            return
        for part, is_hit in self._sought.mark(text):
            self._count += is_hit
            yield Part(part, self._count if is_hit else None)
