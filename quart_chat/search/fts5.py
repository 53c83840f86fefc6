"""Terms in the query language of SQLite's FTS5.

A word is looked for as the indexes hold it: folded, and in scripts without spaces as a phrase of
its characters. Inside quotes nothing but a quote is an operator.
"""

from __future__ import annotations

from collections.abc import Sequence

from quart_chat.search.folding import index_form
from quart_chat.search.words import Term


def match(term: Term) -> str:
    """Find a term: each of its spellings is a quoted phrase."""
    forms = dict.fromkeys(map(index_form, term.spellings))
    return "(" + " OR ".join(map(phrase, forms)) + ")"


def phrase(form: str) -> str:
    """Find the words of a folded text in a row."""
    return '"{}"'.format(form.replace('"', '""'))


def any_of(terms: Sequence[Term]) -> str:
    return " OR ".join(map(match, terms))


def all_of(terms: Sequence[Term]) -> str:
    return " AND ".join(map(match, terms))


def any_trigram(trigrams: Sequence[str]) -> str:
    """Find words in an index of trigrams that have one of these."""
    return " OR ".join(f'"{trigram}"' for trigram in trigrams)
