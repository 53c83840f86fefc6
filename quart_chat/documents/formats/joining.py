"""Blocks joined into passages: neighbours under one heading and on one page, up to a size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quart_chat.documents.formats import Block, Mark, Part
from quart_chat.documents.messages import Piece
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.search.chunking import PASSAGE_SIZE, cut_block


def join(
    parts: Iterable[Part], form: str, separator: str
) -> Iterator[Piece | Mark | ReadingWarning]:
    """Join the blocks; marks and warnings are passed on as they come."""
    held: list[Block] = []
    size = 0
    for part in parts:
        if not isinstance(part, Block):
            yield part
            continue
        size += len(part.text) + len(separator)
        if held and (size > PASSAGE_SIZE or held[0][1:] != part[1:]):
            yield from _pieces(held, form, separator)
            held, size = [], len(part.text)
        held.append(part)
    if held:
        yield from _pieces(held, form, separator)


def _pieces(blocks: list[Block], form: str, separator: str) -> Iterator[Piece]:
    first = blocks[0]
    for text in cut_block(separator.join(block.text for block in blocks)):
        if text.strip():
            yield Piece(first.headings, first.page, form, text.strip("\r\n"))
