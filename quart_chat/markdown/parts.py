"""Very long paragraphs, in parts.

A browser lays a paragraph out as a whole: one of 200,000 characters keeps a page from answering
for seconds. So one of more than 4,000 is shown as several without a distance between them, each of
2,000 to 3,500 characters. A part ends with a sentence where one ends there, or else with a word.
Where it ends depends on the text before it alone, so that a part stays while the text grows.
``static/js/markdown/parts.js`` has the same rule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

_LETTER = r"[A-Za-z\u00c0-\u1fff]"
_PART = re.compile(
    r"(?=.{4000}).{2000}(?:"
    rf".{{0,500}}?[.!?:][ \n](?={_LETTER})|.{{0,250}}?[ \n](?={_LETTER})"
    rf"|.{{0,1250}}?(?={_LETTER}|[\u3040-\u9fff\uac00-\ud7a3]))",
    re.DOTALL,
)


def add_parts(markdown: MarkdownIt) -> None:
    markdown.core.ruler.after("block", "parts", _split)


def _split(state: StateCore) -> None:
    tokens: list[Token] = []
    for index, token in enumerate(state.tokens):
        tokens.append(token)
        if token.type == "inline" and state.tokens[index - 1].type == "paragraph_open":
            first, *others = _parts(token.content)
            token.content = first
            for part in others:
                tokens += _next(state.tokens[index - 1 : index + 2], part)
    state.tokens = tokens


def _parts(text: str) -> Iterator[str]:
    at = 0
    while match := _PART.match(text, at):
        yield match[0].strip()
        at = match.end()
    yield text[at:]


def _next(paragraph: Sequence[Token], text: str) -> Iterator[Token]:
    """End a paragraph, and begin the next part of it."""
    begin, inline, end = paragraph
    yield end
    yield begin.copy(attrs={"class": "part"})
    yield inline.copy(content=text, children=[])
