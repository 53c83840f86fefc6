"""Callouts: a quote whose first line is ``[!NOTE]``, or another of five such words.

A title may follow on that line. Without one it is the word in English; a page shows that in its own
language. A sign that folds the callout elsewhere is passed over. ``static/js/markdown/dialect.js``
has the same rule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

_MARK = re.compile(
    r"\[!(note|tip|important|warning|caution)\][+-]?(?:[ \t]+([^ \t\n][^\n]*))?[ \t]*(?:\n|\Z)",
    re.IGNORECASE | re.ASCII,
)


def add_callouts(markdown: MarkdownIt) -> None:
    markdown.core.ruler.after("block", "callouts", _find)


def _find(state: StateCore) -> None:
    """A title takes the place of the mark, and of the paragraph where that holds nothing else."""
    found: list[Token] = []
    for index, token in enumerate(state.tokens):
        if token.type == "paragraph_open" and index:
            quote, text, end = state.tokens[index - 1], *state.tokens[index + 1 : index + 3]
            match = _MARK.match(text.content) if quote.type == "blockquote_open" else None
            if match:
                kind = match[1].lower()
                quote.attrSet("class", f"callout callout-{kind}")
                text.content = text.content[match.end() :]
                token.hidden = end.hidden = not text.content
                found += _title(token, match[2] or kind.capitalize())
        found.append(token)
    state.tokens = found


def _title(paragraph: Token, title: str) -> list[Token]:
    level = paragraph.level
    return [
        Token("paragraph_open", "p", 1, {"class": "callout-title"}, level=level, block=True),
        Token("inline", "", 0, content=title, children=[], level=level + 1),
        Token("paragraph_close", "p", -1, level=level, block=True),
    ]
