"""HTML: the text of its blocks below their headings; scripts and styles are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from quart_chat.documents.formats import Block, Mark
from quart_chat.documents.formats.text import read_text
from quart_chat.texts import _

CHUNK = 64 * 1024

_BLOCKS = frozenset(
    """
    address article aside blockquote body br caption dd details dialog div dl dt fieldset
    figcaption figure footer form header hr li main nav ol option p pre section summary table tr
    ul
    """.split()  # noqa: SIM905 - a list of strings is harder to read
)
_CELLS = frozenset({"td", "th"})
_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "math", "head"})
_HEADING = re.compile(r"h[1-6]")


def read(path: Path) -> Iterator[Block | Mark]:
    text = read_text(path)
    parser = _Blocks()
    for start in range(0, len(text), CHUNK):
        parser.feed(text[start : start + CHUNK])
        yield from parser.take()
        yield Mark(min(1.0, (start + CHUNK) / len(text)), _("Reading the text"))
    parser.close()
    parser.end_block()
    yield from parser.take()


class _Blocks(HTMLParser):
    """Gathers blocks."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[Block] = []
        self._words: list[str] = []
        self._headings: dict[int, str] = {}
        self._hidden: list[str] = []

    def take(self) -> list[Block]:
        """The blocks that have ended since it was last asked."""
        blocks, self._blocks = self._blocks, []
        return blocks

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.end_block()
        elif tag in _CELLS:
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif _HEADING.fullmatch(tag):
            self._end_heading(int(tag[1]))
        elif tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        # A head that is never closed ends where the body begins.
        if not self._hidden:
            self._words.append(data)

    def end_block(self) -> None:
        text = self._text()
        if text:
            headings = tuple(heading for _, heading in sorted(self._headings.items()))
            self._blocks.append(Block(text, headings))

    def _end_heading(self, level: int) -> None:
        text = self._text()
        if text:
            self._headings = {at: above for at, above in self._headings.items() if at < level}
            self._headings[level] = text

    def _text(self) -> str:
        text = " ".join("".join(self._words).split())
        self._words = []
        return text
