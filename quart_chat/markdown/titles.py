"""A title made from Markdown and TeX: the words of its beginning, without marks.

A prompt may be Markdown and may not be. What reads as something else is left as it is: the stars of
``2*3*4``, the underscores of ``__init__``, the number of "2024. What a year!".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from posixpath import basename

from markdown_it import MarkdownIt
from markdown_it.token import Token

from quart_chat.markdown.blocks.tasks import make_tasks
from quart_chat.markdown.math.formulas import add_formulas
from quart_chat.markdown.math.plain import to_plain
from quart_chat.markdown.tags import ALONE, add_tags
from quart_chat.plaintext import is_blank, shorten

MAX_TITLE = 80
"""Characters of a title."""
_READ = 2000
"""Characters of a text that are read for it."""
_MAX_FORMULAS = 300
"""Characters of TeX in it that are written in those of Unicode: each takes about 30 us."""

_REFERENCES = re.compile(r"\[\^[^\]\s]+\]:?|\[!\w+\]")
"""Footnotes, and the kinds of callouts."""
_FENCE_ONLY = re.compile(r"^\s*(?:`{3,}|~{3,})", re.MULTILINE)
_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
# Commands that stand in a text without dollar signs, and a small letter at the end of a word.
_LOOSE = re.compile(
    rf"\\(?:[dt]?frac{_GROUP}|sqrt|text(?:bf|it|rm|tt)?|math(?:bb|bf|cal|it|rm|sf)|vec|hat|ce|emph|boxed)"
    rf"{_GROUP}"
    r"|\\(?:La)?TeX(?![A-Za-z])"
    r"|(?<![\w\\:/.])\\(?:alpha|beta|[gG]amma|[dD]elta|epsilon|varepsilon|zeta|eta|[tT]heta|iota"
    r"|kappa|[lL]ambda|mu|nu|xi|[pP]i|rho|[sS]igma|tau|[pP]hi|varphi|chi|[pP]si|[oO]mega|to|times"
    r"|[rR]ightarrow|infty|leq|geq|neq|approx|cdot|pm)(?![A-Za-z\\/.])"
)
_ATTACHED = re.compile(r"(?<=\w)\$([_^](?:\{[^{}$]*\}|\w))\$")
# What stands before and after a word; a line break has no content.
_BEFORE_WORD, _AFTER_WORD = frozenset(" (\"'“„«"), frozenset(" ?.,;:!)\"'”“»")
# Names of Python, which look like bold words.
_NAMES = frozenset(
    name
    for kind in (type, int, float, str, dict, list, set, bytes, BaseException)
    for name in dir(kind)
    if name.startswith("__")
) | {
    *("__all__", "__call__", "__del__", "__enter__", "__exit__", "__file__", "__future__"),
    *("__getattr__", "__iter__", "__main__", "__name__", "__next__", "__path__", "__pycache__"),
    *("__set__", "__slots__", "__version__"),
}


def make_title(text: str, limit: int = MAX_TITLE) -> str:
    """The beginning of a text as one line, cut after a word; nothing but marks stays."""
    start = text[:_READ]
    words = " ".join(_blocks(_REFERENCES.sub("", start)))
    return shorten(start if is_blank(words) else words, limit)


@cache
def _markdown() -> MarkdownIt:
    # The rest of a long text is never read, so deep nesting can't cost much.
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    markdown.enable(["table", "strikethrough"])
    add_formulas(markdown)
    add_tags(markdown)
    return markdown


def _blocks(text: str) -> Iterator[str]:
    tokens = _markdown().parse(text)
    make_tasks(tokens)
    _write_formulas(tokens)
    for token in tokens:
        if token.type == "inline":
            yield "".join(_spans(token.children or []))
        elif token.type == "ordered_list_open":
            yield _number_of(tokens, token)
        elif token.type in {"fence", "code_block"}:
            # What an open fence holds is the rest of the text.
            yield _FENCE_ONLY.sub("", token.content)
        elif token.type == "formula_block":
            yield token.content


def _write_formulas(tokens: Sequence[Token]) -> None:
    """Put the formulas of a text, as far as a title may reach, into plain text."""
    left = _MAX_FORMULAS
    for token in (each for block in tokens for each in (block, *(block.children or ()))):
        if token.type in {"formula", "formula_block"}:
            tex = token.meta["formula"].tex
            left -= len(tex)
            token.content = to_plain(tex) if left >= 0 else tex
        elif token.type == "text":
            text = _ATTACHED.sub(lambda match: to_plain(match[1]), token.content)
            token.content = _LOOSE.sub(lambda match: to_plain(match[0]), text)


def _number_of(tokens: Sequence[Token], opening: Token) -> str:
    """The number of a list that is none, as in "2024. What a year!" or "1. Weltkrieg"."""
    start = tokens.index(opening)
    items = [each for each in tokens[start:] if each.type == "list_item_open"]
    if "start" not in opening.attrs and len(items) > 1:
        return ""
    return f"{opening.attrs.get('start', 1)}{items[0].markup}"


def _spans(tokens: Sequence[Token]) -> Iterator[str]:
    for index, token in enumerate(tokens):
        if token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type == "image":
            yield "".join(_spans(token.children or [])) or basename(str(token.attrs["src"]))
        elif token.type == "tag":
            if _is_spoken_of(tokens, index):
                yield token.content
            else:
                yield " " if token.tag == "br" else ""
        elif token.nesting and token.markup in {"*", "_", "__", "**"}:
            yield token.markup if _is_text(tokens, index) else ""
        else:
            yield token.content


def _is_spoken_of(tokens: Sequence[Token], index: int) -> bool:
    """Whether a tag stands like a word, as in "What does <br> do?" or "Do <i> and </i> match?"."""
    if tokens[index].tag not in ALONE:
        opening, closing = _pair_of_tags(tokens, index)
        inner = "".join(token.content for token in tokens[opening + 1 : closing])
        return not inner or (inner[0] == inner[-1] == " ")
    first = last = index
    while first and tokens[first - 1].tag in ALONE:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].tag in ALONE:
        last += 1
    before = tokens[first - 1].content[-1:] if first else " "
    after = tokens[last + 1].content[:1] if last + 1 < len(tokens) else " "
    return before in _BEFORE_WORD and after in _AFTER_WORD


def _pair_of_tags(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    """The places of an opening tag and of the closing one that belongs to it."""
    name = tokens[index].tag.removeprefix("/")
    open_: list[int] = []
    for place, token in enumerate(tokens):
        if token.type == "tag" and token.tag == name:
            open_.append(place)
        elif token.type == "tag" and token.tag == f"/{name}":
            opening = open_.pop()
            if index in {opening, place}:
                return opening, place
    return index, index


def _is_text(tokens: Sequence[Token], index: int) -> bool:
    """Whether a mark of emphasis is more likely meant as what it looks like."""
    opening, closing = _pair(tokens, index)
    inner = "".join(token.content for token in tokens[opening + 1 : closing])
    if tokens[index].markup == "__" and f"__{inner}__" in _NAMES:
        return True
    before = tokens[opening - 1].content[-1:] if opening else ""
    after = tokens[closing + 1].content[:1] if closing + 1 < len(tokens) else ""
    return before.isdigit() or after.isdigit()


def _pair(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    """The places of an opening mark and of the closing one that belongs to it."""
    mark = tokens[index]
    same = [
        place
        for place, token in enumerate(tokens)
        if (token.level, token.tag) == (mark.level, mark.tag) and token.nesting
    ]
    at = same.index(index)
    return (index, same[at + 1]) if mark.nesting > 0 else (same[at - 1], index)
