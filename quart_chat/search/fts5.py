"""Terms in the query language of SQLite's FTS5.

A word holds letters and digits, joined by one of ``-_.``: no quote can be in it, and inside quotes
nothing else is an operator.
"""

from __future__ import annotations

from collections.abc import Sequence

from quart_chat.search.words import Term


def match(term: Term) -> str:
    """Find a term: each of its spellings is a quoted phrase."""
    return "(" + " OR ".join(f'"{spelling}"' for spelling in term.spellings) + ")"


def any_of(terms: Sequence[Term]) -> str:
    return " OR ".join(map(match, terms))


def all_of(terms: Sequence[Term]) -> str:
    return " AND ".join(map(match, terms))


def any_trigram(trigrams: Sequence[str]) -> str:
    """Find words in an index of trigrams that have one of these."""
    return " OR ".join(f'"{trigram}"' for trigram in trigrams)
