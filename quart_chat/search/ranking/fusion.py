"""What words say and what meaning says about a question, fused by reciprocal ranks.

Source: Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual
rank learning methods", SIGIR 2009. The constant is smaller here: only the first few are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.ranking.analysis import Collection
from quart_chat.search.ranking.judgement import Hit, Judgement
from quart_chat.search.ranking.vectors import is_latin, load_vectors
from quart_chat.search.words import Language

CONSTANT = 2
MOST = 20
"""Hits that are ordered anew, the first ones."""
LAST = 1000
"""The rank of a passage that a ranking doesn't have."""
AGREEMENT = 0.1
"""Evidence that the first passage of a ranking gains; the n-th gains a n-th of it."""
ABOUT_ELSE = 0.15
"""Likeness below which a passage is about something else, whatever words it has in common."""
DISBELIEF = 0.1
"""Evidence that it loses."""
WORD_VECTORS, EMBEDDINGS = 0.3, 0.6
"""Weights of the rankings by word vectors and by an endpoint's embeddings."""

Place = tuple[int, int]
"""The number of a collection, and of a passage in it."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages ranked by one way to compare meanings.

    Attributes:
        weight: Beside that of the words, which is 1.
        ranks: From 0.
        is_of_all: Whether all passages were compared, so that the first of them is evidence.
        likeness: How near each passage is, where that tells which are about something else.
    """

    weight: float
    ranks: Mapping[Place, int]
    is_of_all: bool = True
    likeness: Mapping[Place, float] = field(default_factory=dict)

    def rank(self, hit: Hit) -> int:
        return self.ranks.get((hit.corpus, hit.number), LAST)


def rank_by_vectors(
    question: ReadQuestion, collections: Sequence[Collection]
) -> tuple[Ranking, ...]:
    """Rank all passages by static word vectors, which are of English; none without vectors."""
    # Loaded for the first question that needs them: they take 60 MB.
    is_english = question.language is Language.ENGLISH and is_latin(question.in_context)
    vectors = load_vectors() if is_english else None
    if vectors is None:
        return ()
    asked = vectors.embed([question.in_context])[0]
    likeness = {
        (corpus, number): value
        for corpus, collection in enumerate(collections)
        for number, value in collection.likeness(asked).items()
    }
    return (Ranking(WORD_VECTORS, rank(likeness), likeness=likeness),)


def rank(values: Mapping[Place, float]) -> dict[Place, int]:
    """The rank of each place by its value, from 0."""
    return {place: n for n, place in enumerate(sorted(values, key=lambda place: -values[place]))}


def fuse(judgement: Judgement, rankings: Sequence[Ranking]) -> Judgement:
    """Order the first hits anew, and believe more in those that others find as well."""
    if not rankings:
        return judgement
    first = judgement.hits[:MOST]
    scores = {
        hit: 1 / (CONSTANT + position)
        + sum(ranking.weight / (CONSTANT + ranking.rank(hit)) for ranking in rankings)
        for position, hit in enumerate(first)
    }
    ordered = (*sorted(first, key=lambda hit: -scores[hit]), *judgement.hits[MOST:])
    return replace(judgement, hits=tuple(_believe(hit, rankings) for hit in ordered))


def _believe(hit: Hit, rankings: Sequence[Ranking]) -> Hit:
    best = min((each.rank(hit) for each in rankings if each.is_of_all), default=LAST)
    place = (hit.corpus, hit.number)
    is_other = any(each.likeness.get(place, 1.0) < ABOUT_ELSE for each in rankings)
    gained = AGREEMENT / (1 + best) - (DISBELIEF if is_other else 0.0)
    return replace(hit, evidence=hit.evidence + gained)
