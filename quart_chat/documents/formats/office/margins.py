"""Headers and footers of pages: what stands there is the same on each page, and is kept once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from quart_chat.documents.formats import Block

# The number of a page, as "2", "- 2 -", "Page 2 of 5" or "Seite 2/5".
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p|pg|s)\b\.?\s*)?\d*\s*(?:(?:of|von|/|\|)\s*\d*)?\W*", re.IGNORECASE
)


def keep_once(lines: Iterable[str], known: set[str] | None = None) -> Iterator[Block]:
    """The lines of headers or footers, each once and without the numbers of pages.

    Args:
        lines: Those of all pages or sections.
        known: Lines that are known already; those that are kept are added.
    """
    known = set() if known is None else known
    for line in lines:
        text = line.strip()
        if text and text not in known and not _PAGE_NUMBER.fullmatch(text):
            known.add(text)
            yield Block(text)
