"""The words of a search of the list as queries of FTS5; what is found, in parts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from quart_chat.chat.views import TextPart

SNIPPET_TOKENS = 16
"""Words in the piece of a message that shows where the hit is."""

# The index folds ä to a. What people write in its place is looked for as well.
_SPELLINGS = (("ß", "ss"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"))


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """The words of a search.

    Attributes:
        terms: For each word an expression of FTS5 that finds what begins with it.
        opening: What stands in a marked text where a hit begins; no text has it.
        closing: What stands where it ends.
    """

    terms: tuple[str, ...]
    opening: str = field(default_factory=lambda: f"\x02{token_hex(8)}\x02")
    closing: str = field(default_factory=lambda: f"\x03{token_hex(8)}\x03")

    @property
    def any_term(self) -> str:
        """An expression that finds each of the words."""
        return " OR ".join(self.terms)

    def split(self, marked: str) -> tuple[TextPart, ...]:
        """Cut a text into its hits and what is between them, in one line."""
        parts: list[TextPart] = []
        for piece in marked.split(self.opening):
            hit, closed, rest = piece.rpartition(self.closing)
            parts += [TextPart(hit, hit=True)] if closed else []
            parts += [TextPart(rest, hit=False)] if rest else []
        return tuple(parts)

    def split_line(self, marked: str) -> tuple[TextPart, ...]:
        """The same of a text of many lines, whose white space is folded first."""
        return self.split(" ".join(marked.split()))


def make_query(words: Sequence[str]) -> SearchQuery:
    """Look for words, each of which a chat must have, or one that begins so.

    Nothing in them is syntax: quotes, stars and operators of FTS5 are looked for as any other text.
    """
    return SearchQuery(tuple(map(_expression, words)))


def _expression(word: str) -> str:
    # Every message has a word that begins with "a"; a name such as C or C++ is a word of its own.
    star = "" if _is_letter(word) else " *"
    phrases = ['"{}"{}'.format(w.replace('"', '""'), star) for w in _spellings(word)]
    return f"({' OR '.join(phrases)})"


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
