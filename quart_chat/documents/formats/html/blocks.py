"""The blocks of a page below their headings: paragraphs, listings as they are, rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from quart_chat.documents.formats import Block
from quart_chat.documents.formats.rows import label

_BLOCKS = frozenset(
    """
    address article aside blockquote body br caption center dd details div dl dt fieldset
    figcaption figure footer form header hr li main nav ol option p section summary table tbody
    tfoot thead tr ul
    """.split()  # noqa: SIM905 - a list of strings is harder to read
)
MAX_SPAN = 100
"""Columns or rows that a cell may take."""

_CELLS = frozenset({"td", "th"})
_HEADING = re.compile(r"h[1-6]")


def blocks(root: LexborNode) -> Iterator[Block]:
    """The blocks of an element, in order. Elements may stand within each other without end."""
    reader = _Reader()
    above: list[LexborNode] = []
    node: LexborNode | None = root
    while node is not None:
        child = None
        if node.is_text_node:
            reader.text(node.text_content or "")
        elif reader.start(node):
            child = node.first_child
            if child is None:
                reader.end(node)
        if child is not None:
            above.append(node)
            node = child
        else:
            while above and node.next is None:
                node = above.pop()
                reader.end(node)
            node = node.next if above else None
        yield from reader.take()
    reader.end_block()
    yield from reader.take()


class _Reader:
    """Gathers blocks."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._words: list[str] = []
        self._headings: dict[int, str] = {}
        self._listing = False
        self._term = False  # what has been read of the block is a term without its description

    def take(self) -> list[Block]:
        """The blocks that have ended since it was last asked."""
        taken, self._blocks = self._blocks, []
        return taken

    def start(self, node: LexborNode) -> bool:
        """Begin an element; whether what is in it is still to be read."""
        tag = node.tag or ""
        if self._listing:
            if tag == "br":
                self._words.append("\n")
            return True
        if tag == "pre":
            self.end_block()
            self._listing = True
        elif tag == "table" and (rows := _rows(node)) is not None:
            self.end_block()
            if caption := node.css_first("caption"):
                self._put([" ".join(caption.text(separator=" ").split())])
            self._put(label(rows))
            return False
        elif (tag in _BLOCKS and not (self._term and tag != "dt")) or _HEADING.fullmatch(tag):
            self.end_block()
        elif tag in _CELLS:
            self._words.append(" ")
        return True

    def end(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "pre":
            self._put(["".join(self._words).strip("\r\n").rstrip()])
            self._words, self._listing = [], False
        elif self._listing:
            return
        elif _HEADING.fullmatch(tag):
            self._end_heading(int(tag[1]))
        elif tag == "dt":
            self._end_term()
        elif tag in _BLOCKS:
            self.end_block()

    def text(self, text: str) -> None:
        self._term = self._term and text.isspace()
        self._words.append(text)

    def _end_term(self) -> None:
        """A term and its description are one block, as the name of a row and its value are."""
        if term := self._text():
            self._words = [f"{term}: " if term[-1].isalnum() else f"{term} "]
            self._term = True

    def end_block(self) -> None:
        self._term = False
        self._put([self._text()])

    def _put(self, texts: Iterator[str] | list[str]) -> None:
        headings = tuple(heading for _, heading in sorted(self._headings.items()))
        self._blocks += [Block(text, headings) for text in texts if text.strip()]

    def _end_heading(self, level: int) -> None:
        text = self._text()
        if text:
            self._headings = {at: above for at, above in self._headings.items() if at < level}
            self._headings[level] = text

    def _text(self) -> str:
        text = " ".join("".join(self._words).split())
        self._words = []
        return text


def _rows(table: LexborNode) -> list[list[str]] | None:
    """The rows of a table of values; None for one that lays out a page."""
    if table.css_first("table table, h1, h2, h3, h4, pre, article"):
        return None
    rows: list[list[str]] = []
    held: dict[int, tuple[str, int]] = {}
    for row in table.css("tr"):
        cells: list[str] = []
        for cell in row.iter():
            if cell.tag in _CELLS:
                _take_above(cells, held)
                _put_cell(cells, held, cell)
        _take_above(cells, held)
        rows.append(cells)
    return rows if any(len(row) > 1 for row in rows) else None


def _put_cell(cells: list[str], held: dict[int, tuple[str, int]], cell: LexborNode) -> None:
    """Add a cell, empty ones for the further columns that it takes, and hold it for rows below."""
    text, below = " ".join(cell.text(separator=" ").split()), _span(cell, "rowspan") - 1
    for further in range(_span(cell, "colspan")):
        if below:
            held[len(cells)] = ("" if further else text, below)
        cells.append("" if further else text)


def _take_above(cells: list[str], held: dict[int, tuple[str, int]]) -> None:
    """Add the cells of rows above that reach down into the next columns."""
    while (column := len(cells)) in held:
        text, below = held.pop(column)
        if below > 1:
            held[column] = (text, below - 1)
        cells.append(text)


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return min(max(int(value), 1), MAX_SPAN) if value.isascii() and value.isdigit() else 1
