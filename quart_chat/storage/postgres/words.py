"""Texts and searches as the indexes of PostgreSQL take them: lists of words with their places.

Words are cut here and not by PostgreSQL's own parser: that one takes "gen-itgc" or "a.b" for one
word, and which letters it knows depends on the locale of the server. So every server finds what
FTS5 finds in SQLite, whose rules these are (:data:`quart_chat.search.folding.TOKENIZER`).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from quart_chat.search.folding import index_form
from quart_chat.search.ranking.kinship import english_stem
from quart_chat.search.words import Term

PART = 250
"""Words of a text that are indexed together: the last of them has a place below 256."""

OVERLAP = 50
"""Words that a part shares with the next: a phrase of so many is whole in one of them."""

LONGEST = 500
"""Characters of a word that are looked at; a tsvector takes 2,046 bytes."""

_NOTHING = ""
"""A search that finds nothing."""


class _Separators(dict[int, int]):
    """What is no part of a word becomes a space, by its code point."""

    def __missing__(self, code: int) -> int:
        category = unicodedata.category(chr(code))
        self[code] = code if category[0] in "LNM" or category == "Co" else ord(" ")
        return self[code]


_SEPARATORS = _Separators()


def cut(form: str) -> list[str]:
    """The words of a text that :func:`index_form` has given its form."""
    return [word[:LONGEST] for word in form.translate(_SEPARATORS).split()]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its English ending; others are as they are."""
    return english_stem(word) if word.isascii() and word.isalpha() else word


def same(word: str) -> str:
    """A word as it is written."""
    return word


def parts(words: Sequence[str]) -> Iterable[Sequence[str]]:
    """Pieces of a text that overlap; none of one without words."""
    step = PART - OVERLAP
    return (words[start : start + PART] for start in range(0, max(len(words) - OVERLAP, 1), step))


def vector(words: Iterable[str], first: int = 1, weight: str = "") -> str:
    """A tsvector of words in a row, the first of them at a place."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(words, first):
        places[word].append(f"{place}{weight}")
    return " ".join(f"{quote(word)}:{','.join(found)}" for word, found in places.items())


def quote(word: str) -> str:
    return f"'{word}'"


def phrase(form: str, *, prefix: bool = False, change: Callable[[str], str] = same) -> str:
    """A tsquery: the words of a folded text in a row, the last of which may go on."""
    words = [quote(change(word)) for word in cut(form)]
    ending = ":*" if prefix and words else ""
    return f"({' <-> '.join(words)}{ending})" if words else _NOTHING


def any_of(queries: Iterable[str]) -> str:
    """A tsquery that finds what one of some finds."""
    found = [query for query in queries if query]
    return f"({' | '.join(found)})" if found else _NOTHING


def all_of(queries: Sequence[str]) -> str:
    """A tsquery that finds what all of some find."""
    return f"({' & '.join(queries)})" if queries and all(queries) else _NOTHING


def match(term: Term) -> str:
    """A tsquery on stems: a term in each of its spellings."""
    forms = dict.fromkeys(map(index_form, term.spellings))
    return any_of(phrase(form, change=stem) for form in forms)


def in_path(query: str) -> str:
    """A tsquery that finds the same in paths alone."""
    return query.replace("' ", "':A ").replace("')", "':A)")


def trigrams(folded: str) -> list[str]:
    """The different threes of letters of a word."""
    return list(dict.fromkeys(folded[start : start + 3] for start in range(len(folded) - 2)))
