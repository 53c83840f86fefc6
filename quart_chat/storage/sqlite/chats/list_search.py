"""The words of a search of the list as a query; what is found, in parts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quart_chat.chat.views import TextPart
from quart_chat.search.folding import index_form
from quart_chat.search.fts5 import phrase
from quart_chat.search.marking import Phrase, mark, phrase_of, snippet

SNIPPET_TOKENS = 16
"""Words in the piece of a message that shows where the hit is."""

# The index folds ä to a. What people write in its place is looked for as well.
_SPELLINGS = (("ß", "ss"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("å", "aa"), ("ø", "oe"))


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """The words of a search.

    Attributes:
        terms: For each word an expression of the engine that finds what begins with it.
        any_term: An expression that finds each of the words.
        phrases: For each word the phrases that the expression stands for.
    """

    terms: tuple[str, ...]
    any_term: str
    phrases: tuple[tuple[Phrase, ...], ...]

    def mark(self, text: str) -> tuple[TextPart, ...]:
        """Cut a text into its hits and what is between them."""
        return _text_parts(mark(text, self.phrases))

    def snippet(self, text: str) -> tuple[TextPart, ...]:
        """A piece of a text in one line, cut so."""
        return _text_parts(snippet(" ".join(text.split()), self.phrases, SNIPPET_TOKENS))


class Expressions(Protocol):
    """The query language of an engine."""

    def begins(self, forms: Sequence[str], *, prefix: bool) -> str:
        """Find one of some folded texts; the last word of it may go on."""
        ...

    def any_of(self, expressions: Sequence[str]) -> str:
        """Find what one of some expressions finds."""
        ...


class FTS5:
    """That of SQLite's FTS5."""

    def begins(self, forms: Sequence[str], *, prefix: bool) -> str:
        ending = " *" if prefix else ""
        return f"({' OR '.join(phrase(form) + ending for form in forms)})"

    def any_of(self, expressions: Sequence[str]) -> str:
        return " OR ".join(expressions)


def make_query(words: Sequence[str], language: Expressions) -> SearchQuery:
    """Look for words, each of which a chat must have, or one that begins so.

    Nothing in them is syntax: quotes, stars and operators are looked for as any other text.
    """
    forms = [tuple(dict.fromkeys(map(index_form, _spellings(word)))) for word in words]
    # Every message has a word that begins with "a"; a name such as C or C++ is a word of its own.
    stars = [not _is_letter(word) for word in words]
    terms = [language.begins(each, prefix=star) for each, star in zip(forms, stars, strict=True)]
    return SearchQuery(
        tuple(terms),
        language.any_of(terms),
        tuple(
            tuple(phrase_of(form, prefix=star) for form in each)
            for each, star in zip(forms, stars, strict=True)
        ),
    )


def _text_parts(parts: Sequence[tuple[str, bool]]) -> tuple[TextPart, ...]:
    return tuple(TextPart(text, hit=hit) for text, hit in parts)


def _is_letter(word: str) -> bool:
    """Whether the index knows a word as one letter: without marks and punctuation."""
    letters = [mark for mark in unicodedata.normalize("NFD", word) if mark.isalnum()]
    return len(letters) == 1 and letters[0].isascii()


def _spellings(word: str) -> list[str]:
    """A word as it is, with all its umlauts written out, and with all of them as one letter."""
    short = long = word
    for letter, pair in _SPELLINGS:
        long = long.replace(letter, pair)
        short = short.replace(pair, letter)
    return list(dict.fromkeys((word, long, short)))
