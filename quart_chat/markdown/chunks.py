"""Very long texts in chunks, which a browser shows one by one.

A browser takes about 50 us for each element that it shows: a table of 6,500 rows keeps a page from
answering for two seconds. So what follows about 600 elements goes into elements of their own, with
about 300 in each, and the browser skips those that are out of view. A list, quote or table that
goes on in the next chunk is closed and begun again there; such a block has the class ``part``. A
chunk ends between blocks, items and rows, and within an item or a quote only where it has twice as
many elements. Where it ends depends on the text before it alone, so that a chunk stays while the
text grows. ``static/js/markdown/chunks.js`` has the same rule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

WHOLE = "whole"
"""The key under which the environment of a text says that it has no chunks."""

# Elements, as they are estimated, until the first chunk and in each chunk.
_FIRST = 600
_NEXT = 300
# Two of emphasis, code, links and tags make an element, and one of a formula makes two.
_MARK = re.compile(r"[*_`~\[\]<]")
_TEX = re.compile(r"[$\\^{}]")
# Characters of a text that take as long as an element, and of code. Fractions of them are exact.
_LINE = 64
_CODE = 16
_DIVISIBLE = {
    "blockquote_open",
    "bullet_list_open",
    "list_item_open",
    "ordered_list_open",
    "table_open",
    "tbody_open",
}
_WITHIN_A_TABLE = {"thead_open", "tbody_open"}


def add_chunks(markdown: MarkdownIt) -> None:
    markdown.core.ruler.after("parts", "chunks", _divide)


def _divide(state: StateCore) -> None:
    if not state.env.get(WHOLE):
        state.tokens = list(_chunks(state.tokens))


def _chunks(tokens: Sequence[Token]) -> Iterator[Token]:
    open_: list[Token] = []
    items: dict[int, int] = {}
    head: list[Token] = []
    weight = 0.0
    limit = _FIRST
    for index, token in enumerate(tokens):
        deep = not _is_between_parts(token, open_)
        if weight >= limit * (1 + deep) and _may_begin(token, tokens[index - 1], open_):
            yield from (_close(token) for token in reversed(open_))
            if limit == _NEXT:
                yield Token("chunk_close", "div", -1, block=True)
            yield Token("chunk_open", "div", 1, {"class": "chunk"}, block=True)
            yield from _reopen(open_, items, head)
            weight, limit = 0.0, _NEXT
        weight += _weigh(token)
        if token.type == "thead_open":
            end = next(i for i in range(index, len(tokens)) if tokens[i].type == "thead_close")
            head = list(tokens[index : end + 1])
        if token.type == "list_item_open":
            items[id(open_[-1])] = items.get(id(open_[-1]), 0) + 1
        if token.nesting > 0:
            open_.append(token)
        elif token.nesting < 0:
            open_.pop()
        yield token
    if limit == _NEXT:
        yield Token("chunk_close", "div", -1, block=True)


def _may_begin(token: Token, previous: Token, open_: Sequence[Token]) -> bool:
    """Whether a chunk may begin with a token: it begins a block, but not the first in another."""
    return (
        token.nesting >= 0
        and token.type not in _WITHIN_A_TABLE
        and previous.nesting <= 0
        and all(token.type in _DIVISIBLE for token in open_)
    )


def _is_between_parts(token: Token, open_: Sequence[Token]) -> bool:
    """Whether a token begins a block, or an item or row of one that is within no other."""
    depths = {"list_item_open": 1, "tr_open": 2}
    return len(open_) == depths.get(token.type, 0)


def _weigh(token: Token) -> float:
    """How many elements take as long to show as a token."""
    length = len(token.content)
    if token.type in {"fence", "code_block"}:
        return 1 + length / _CODE
    if token.type in {"inline", "formula_block"}:
        marks, tex = len(_MARK.findall(token.content)), len(_TEX.findall(token.content))
        return marks / 2 + 2 * tex + length / _LINE
    return int(token.nesting >= 0)


def _close(token: Token) -> Token:
    return Token(
        token.type.replace("_open", "_close"), token.tag, -1, level=token.level, block=True
    )


def _reopen(
    open_: Sequence[Token], items: dict[int, int], head: Sequence[Token]
) -> Iterator[Token]:
    """Begin again what was open: numbers go on, and a table has its head."""
    for token in open_:
        copy = token.copy(attrs=dict(token.attrs))
        if token.type == "ordered_list_open":
            # An item that goes on has its number again, which is not shown.
            before = items[id(token)] - (token is not open_[-1])
            copy.attrs["start"] = int(token.attrs.get("start", 1)) + before
        if token.type == "table_open":
            token.attrs["class"] = "long"
            copy.attrs["class"] = "long part"
        elif token.type != "tbody_open":
            copy.attrJoin("class", "part")
        if token.type == "tbody_open":
            yield from (
                part.copy(attrs=dict(part.attrs), children=None if part.children is None else [])
                for part in head
            )
        yield copy
