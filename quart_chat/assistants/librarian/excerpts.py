"""The beginning of a passage as people read it: its words without the markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from quart_chat.plaintext import shorten

MAX_EXCERPT = 280
"""Characters that a card shows at most."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def excerpt(text: str, form: str = "markdown") -> str:
    """The beginning of a text on one line, cut after a word."""
    words = " ".join(_words(text) if form == "markdown" else [text])
    return shorten(words, MAX_EXCERPT)


def _words(text: str) -> Iterator[str]:
    for token in _MARKDOWN.parse(text):
        if token.type == "inline":
            yield "".join(_spans(token.children or []))
        elif token.type in {"fence", "code_block"}:
            yield token.content


def _spans(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type == "image":
            yield from _spans(token.children or [])
        else:
            yield token.content
