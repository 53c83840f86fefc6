"""For each word of a question the words that may stand for it in some texts, and what it weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import log

from quart_chat.search.question import ReadQuestion
from quart_chat.search.ranking.analysis import Collection
from quart_chat.search.wording import GRAMMAR, Asked
from quart_chat.search.words import Language

LEAST_RARITY = 0.3
"""What of its weight a word keeps that is everywhere."""
PART_WEIGHT = 0.7
"""Weight of a part of a compound."""


@dataclass
class Kin:
    """For each word of the question and each collection, the words that may stand for it."""

    of: dict[tuple[str, int], dict[str, float]]
    respelled: dict[Asked, tuple[str, ...]] = field(default_factory=dict)

    def best(self, word: Asked, corpora: int) -> float:
        return max(
            (max(self.of[word.folded, n].values(), default=0.0) for n in range(corpora)), default=0
        )


def split_compounds(question: ReadQuestion, collections: Sequence[Collection]) -> ReadQuestion:
    """The question with its compounds that occur nowhere as the words that they are joined from."""
    words: list[Asked] = []
    for word in question.words:
        parts: tuple[str, ...] = ()
        vocabularies = [collection.vocabulary for collection in collections]
        if word.weight >= 1 and not any(
            vocabulary.kin(word.folded, question.language) for vocabulary in vocabularies
        ):
            parts = next(filter(None, (each.components(word.folded) for each in vocabularies)), ())
        words += [Asked(part, part, PART_WEIGHT) for part in parts] or [word]
    return replace(question, words=tuple(words))


def find_kin(question: ReadQuestion, collections: Sequence[Collection]) -> Kin:
    kin = Kin({})
    for word in question.words:
        for number, collection in enumerate(collections):
            if word.weight <= GRAMMAR:
                known = word.folded in collection.places
                kin.of[word.folded, number] = {word.folded: 1.0} if known else {}
                continue
            found = dict(collection.vocabulary.kin(word.folded, question.language))
            if word.weight > GRAMMAR and question.language is Language.ENGLISH:
                for other, likeness in collection.near(word.folded).items():
                    found[other] = max(likeness, found.get(other, 0.0))
            kin.of[word.folded, number] = found
        if word.weight >= 1 and not kin.best(word, len(collections)):
            _find_mistyped(word, collections, kin)
    return kin


def leave_out_fragments(question: ReadQuestion, kin: Kin, corpora: int) -> ReadQuestion:
    """The question without fragments that are nowhere: they are no words, unless most are such."""
    fragments = [word for word in question.words if word.fragment]
    nowhere = {word for word in fragments if not kin.best(word, corpora)}
    if 2 * len(nowhere) > len(fragments):
        return question
    return replace(question, words=tuple(w for w in question.words if w not in nowhere))


def _find_mistyped(word: Asked, collections: Sequence[Collection], kin: Kin) -> None:
    meant: dict[str, None] = {}
    for number, collection in enumerate(collections):
        mistyped = collection.vocabulary.mistyped(word.folded)
        kin.of[word.folded, number].update(mistyped)
        meant.update(dict.fromkeys(mistyped))
    if meant:
        kin.respelled[word] = tuple(meant)


def weigh(question: ReadQuestion, collections: Sequence[Collection], kin: Kin) -> dict[str, float]:
    """The weight of each word: what it says by itself, and how rare it is in all texts."""
    total = sum(collection.total for collection in collections)
    weights = {}
    for word in question.words:
        holding = sum(
            collection.holding(word.folded, kin.of[word.folded, number])
            for number, collection in enumerate(collections)
        )
        rarity = log((total + 1) / (holding + 0.5)) / log((total + 1) / 0.5)
        weights[word.folded] = word.weight * max(LEAST_RARITY, rarity)
    return weights
