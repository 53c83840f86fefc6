"""``[n]`` in an answer: a link to the source of that number, or a mark that there is none.

It is a rule of the Markdown renderer, for code is no place of citations, nor are the words of a
link. Where an answer is checked a number in brackets is always a citation: what a model defines as
``[1]: https://...`` or links as ``[1](https://...)`` leads nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from quart_chat.markdown.rules import Env, add_render_rule

ENV = "citations"
"""Where the renderer's environment holds them."""

_NUMBERS = re.compile(r"\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]", re.ASCII)
_SEPARATOR = re.compile(r"\s*[,;]\s*")
_NO_SOURCE = {"en": "no such source", "de": "keine solche Quelle"}


class Citable(Protocol):
    """A source as a citation shows it; ``number`` is the n of its ``[n]``."""

    @property
    def number(self) -> int: ...

    @property
    def title(self) -> str: ...

    @property
    def heading(self) -> str: ...

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Citations:
    """The sources of an answer by number, and the language of the answer."""

    sources: dict[int, Citable]
    language: str = "en"

    @classmethod
    def of(cls, sources: Sequence[Citable], language: str = "en") -> Citations:
        return cls({source.number: source for source in sources}, language)

    def render(self, number: int) -> str:
        """The HTML of one ``[n]``."""
        source = self.sources.get(number)
        if source is None:
            note = _NO_SOURCE.get(self.language, _NO_SOURCE["en"])
            return f'<mark class="no-source">[{number}] <small>{note}</small></mark>'
        title = " · ".join(part for part in (source.title, source.heading) if part)
        url = escapeHtml(source.url)
        return f'<a class="citation" href="{url}" title="{escapeHtml(title)}">[{number}]</a>'


def add_citations(markdown: MarkdownIt) -> None:
    """Teach a renderer the rule, which it follows where the environment has citations."""
    markdown.inline.ruler.before("link", "citation", _find)
    add_render_rule(markdown, "citation", _render)


def _find(state: StateInline, silent: bool) -> bool:
    if ENV not in state.env or state.linkLevel > 0:
        return False
    match = _NUMBERS.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.content = match[0]
        token.meta = {"numbers": [int(number) for number in _SEPARATOR.split(match[1])]}
    state.pos = match.end()
    return True


def _render(token: Token, env: Env) -> str:
    citations: Citations = env[ENV]
    return "".join(map(citations.render, token.meta["numbers"]))
