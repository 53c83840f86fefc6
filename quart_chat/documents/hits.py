"""Where a text is in a document: in its passages, and in the headings that are shown above them."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from quart_chat.documents.models import PAGE_SIZE, StoredPassage, page_start
from quart_chat.documents.storage import DocumentReader, DocumentStorage
from quart_chat.search.sought import Sought

MAX_HITS = 1000
"""Hits of a search that are counted."""


@dataclass(frozen=True, slots=True)
class FoundHits:
    """The hits of a search in the order of the document.

    Attributes:
        passages: The number of the passage of each.
        more: Whether there are more than these.
    """

    passages: tuple[int, ...]
    more: bool

    def __len__(self) -> int:
        return len(self.passages)

    def page_of(self, hit: int) -> int:
        """Return the number of the passage before the page of a hit; hits count from 1."""
        return page_start(self.passages[hit - 1])

    def before(self, after: int) -> int:
        """How many hits are on the pages before one."""
        return bisect_left(self.passages, after + 1)


async def find_hits(storage: DocumentStorage, document_id: str, sought: Sought) -> FoundHits:
    """Find a text in all passages of a document, a page of them at a time."""
    hits: list[int] = []
    after, previous = 0, None
    while len(hits) <= MAX_HITS:
        passages = await storage.read(partial(_select, document_id=document_id, after=after))
        if not passages:
            break
        hits += await asyncio.to_thread(hits_of, passages, sought, previous)
        after, previous = passages[-1].number, passages[-1]
    return FoundHits(tuple(hits[:MAX_HITS]), len(hits) > MAX_HITS)


def _select(reader: DocumentReader, document_id: str, after: int) -> tuple[StoredPassage, ...]:
    return reader.select_passages(document_id, after, PAGE_SIZE)


def hits_of(
    passages: Iterable[StoredPassage], sought: Sought, previous: StoredPassage | None = None
) -> list[int]:
    """The number of the passage of each hit in passages that follow ``previous``."""
    found: list[int] = []
    for passage in passages:
        shown = [passage.text]
        if shows_place(passage, previous):
            shown.append(heading_of(passage))
        found += [passage.number] * sum(len(sought.places(text)) for text in shown)
        previous = passage
    return found


def shows_place(passage: StoredPassage, previous: StoredPassage | None) -> bool:
    """Whether headings and page stand above a passage: if they change, and first on a page."""
    if not passage.headings and passage.page is None:
        return False
    first = (passage.number - 1) % PAGE_SIZE == 0
    return (
        first
        or previous is None
        or (passage.headings, passage.page) != (previous.headings, previous.page)
    )


def heading_of(passage: StoredPassage) -> str:
    """The headings that lead to a passage, as a line."""
    return " · ".join(passage.headings)
