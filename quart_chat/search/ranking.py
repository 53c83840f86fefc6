"""The rule that decides whether a passage answers: it must cover the question's terms.

A ranking alone always puts something first, also for a question about what is nowhere in the texts.
So rank only orders; what counts is how much of the question a passage covers, each term weighted by
how rare it is. A term that occurs nowhere weighs most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from quart_chat.search.words import Term

# A question of up to so many terms must be covered whole, a longer one by this share of its weight.
# Measured with tests/assistants/librarian/questions.toml.
SHORT_QUESTION = 3
LONG_COVERAGE = 0.7
# What a heading that says just what was asked counts, where the best rank of a passage counts 1.
HEADING_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class Match:
    """A passage in which something of the question occurs.

    Attributes:
        number: Of the passage.
        rank: How well the full-text index thinks it matches; more is better.
        covered: The terms that the passage holds, its headings included.
        in_path: The terms that its headings hold, from the title down.
        in_heading: The terms that its own heading holds.
        heading_size: How many words its own heading has, without stop words.
        place: Which passage below its heading it is, from 1.
    """

    number: int
    rank: float
    covered: frozenset[Term]
    in_path: frozenset[Term]
    in_heading: frozenset[Term]
    heading_size: int
    place: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage by number, the share of the question it covers, and its rank (more is better)."""

    number: int
    coverage: float
    rank: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a search came to.

    Attributes:
        found: Passages that cover the question, best first.
        near: The others in which some of it occurs, best first.
        unknown: The terms that occur nowhere.
    """

    found: tuple[Hit, ...]
    near: tuple[Hit, ...]
    unknown: tuple[Term, ...]

    @property
    def best(self) -> float:
        """The best coverage of any passage."""
        return max((hit.coverage for hit in self.found + self.near), default=0.0)


@dataclass(frozen=True, slots=True)
class DocumentFrequencies:
    """How many passages there are, and how many of them hold each term."""

    total: int
    holding: Mapping[Term, int]


def judge(
    terms: Sequence[Term],
    matches: Sequence[Match],
    total: int,
    frequencies: DocumentFrequencies | None = None,
) -> Verdict:
    """Decide over the passages that match.

    Args:
        terms: What is looked for.
        matches: Passages that hold some of it.
        total: Passages that were searched.
        frequencies: Says how rare a term is, where the passages are only the best of more.
    """
    if frequencies is None:
        frequencies = DocumentFrequencies(
            total, Counter(term for match in matches for term in match.covered)
        )
    frequency = frequencies.holding
    terms = _asked(terms, frequency)
    weights = {
        term: log((frequencies.total + 1) / (frequency.get(term, 0) + 0.5)) for term in terms
    }
    best = max((match.rank for match in matches), default=1.0)
    hits = [
        Hit(
            match.number,
            _share(match.covered, weights),
            match.rank / best + HEADING_WEIGHT * _closeness(match, weights),
        )
        for match in matches
    ]
    hits.sort(key=lambda hit: (-hit.coverage, -hit.rank, hit.number))
    needed = 1.0 if len(terms) <= SHORT_QUESTION else LONG_COVERAGE
    return Verdict(
        found=tuple(hit for hit in hits if hit.coverage >= needed),
        near=tuple(hit for hit in hits if hit.coverage < needed),
        unknown=tuple(term for term in terms if not frequency.get(term)),
    )


def _asked(terms: Sequence[Term], frequency: Mapping[Term, int]) -> Sequence[Term]:
    """The terms that count: many fragments of characters in a row are no words, and nowhere."""
    fragments = [term for term in terms if term.fragment]
    known = [term for term in fragments if frequency.get(term)]
    if 2 * len(known) < len(fragments):
        return terms
    return [term for term in terms if not term.fragment or term in known]


def _share(covered: frozenset[Term], weights: Mapping[Term, float]) -> float:
    """How much of the question is covered; exactly 1 where all is."""
    if len(covered) == len(weights):
        return 1.0
    return sum(weights[term] for term in covered) / sum(weights.values())


def _closeness(match: Match, weights: Mapping[Term, float]) -> float:
    """How far a heading is about the question and about nothing else: 1 where they say the same.

    The harmonic mean of how much of the question the heading covers, half by itself and half with
    those above it, and how much of the heading the question does. What a heading promises, the
    first passage below it tells; a later one may go on to something else.
    """
    asked = (_share(match.in_heading, weights) + _share(match.in_path, weights)) / 2
    words = sum(term.size for term in match.in_heading)
    said = min(1.0, words / match.heading_size) if match.heading_size else 0.0
    return 2 * asked * said / (asked + said) / match.place if asked + said else 0.0
