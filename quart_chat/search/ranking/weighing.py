"""For each word of a question the words that may stand for it in some texts, and what it weighs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import log

from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.questions.wording import GRAMMAR, JOINTS, Asked
from quart_chat.search.ranking.analysis import Collection
from quart_chat.search.ranking.kinship import INFLECTED
from quart_chat.search.words import Language, fold, without_umlauts

LEAST_RARITY = 0.3
"""What of its weight a word keeps that is everywhere."""
PART_WEIGHT = 0.7
"""Weight of a part of a compound."""
NO_NOUN = 0.7
"""What of its weight a German word keeps that is no noun: nouns say what a question is about."""
SHORTEST_VERB = 3
"""Letters of a verb that have to be the same as in the texts."""

# What is at the end of a German sentence and belongs to its verb.
_PARTICLES = frozenset(
    """
    ab an auf aus bei dar durch ein fern fest fort frei her heraus herein herunter hin hinein
    hinzu hoch los mit nach um unter vor weg weiter wieder zu zurueck zusammen
    """.split()  # noqa: SIM905
)
_LAST_WORD = re.compile(r"(\w+)\W*$")


@dataclass
class Kin:
    """For each word of the question and each collection, the words that may stand for it."""

    of: dict[tuple[str, int], dict[str, float]]
    respelled: dict[Asked, tuple[str, ...]] = field(default_factory=dict)

    def standing_for(
        self, words: Sequence[Asked], corpus: int
    ) -> Iterator[tuple[Asked, str, float]]:
        """Each word of the question with those that may stand for it in a collection, and how far.

        What a question says itself stands for no other word of it: "When is payment due?" is not
        answered by what is due.
        """
        said = {
            other
            for word in words
            for other, likeness in self.of[word.folded, corpus].items()
            if likeness >= INFLECTED
        }
        for word in words:
            for other, likeness in self.of[word.folded, corpus].items():
                if likeness >= INFLECTED or other not in said:
                    yield word, other, likeness

    def best(self, word: Asked, corpora: int) -> float:
        return max(
            (max(self.of[word.folded, n].values(), default=0.0) for n in range(corpora)), default=0
        )


def split_compounds(question: ReadQuestion, collections: Sequence[Collection]) -> ReadQuestion:
    """The question with its compounds that occur nowhere as the words that they are joined from."""
    words: list[Asked] = []
    for word in question.words:
        parts = _parts_of(word, collections, question.language) if word.weight >= 1 else ()
        words += [Asked(part, part, PART_WEIGHT) for part in parts] or [word]
    return replace(question, words=tuple(words))


def _parts_of(word: Asked, collections: Sequence[Collection], spoken: Language) -> tuple[str, ...]:
    """What a word is made of that no collection has: at hyphens first."""
    vocabularies = [collection.vocabulary for collection in collections]
    if any(each.kin(word.folded, spoken) for each in vocabularies):
        return ()
    pieces = tuple(map(fold, JOINTS.split(word.text)))
    if len(pieces) > 1 and all(
        any(each.kin(piece, spoken) for each in vocabularies) for piece in pieces
    ):
        return pieces
    return next(filter(None, (each.components(word.folded) for each in vocabularies)), ())


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
    tells_nouns = _tells_nouns(question)
    for word in question.words:
        holding = sum(
            collection.holding(word.folded, kin.of[word.folded, number])
            for number, collection in enumerate(collections)
        )
        rarity = log((total + 1) / (holding + 0.5)) / log((total + 1) / 0.5)
        weights[word.folded] = word.weight * max(LEAST_RARITY, rarity)
        if tells_nouns and word.text.islower():
            weights[word.folded] *= NO_NOUN
    return weights


def _tells_nouns(question: ReadQuestion) -> bool:
    """Whether a question is in German and has nouns with a capital, as it should."""
    is_german = question.language is Language.GERMAN
    return is_german and any(word.text[0].isupper() for word in question.words[1:])


def join_verbs(question: ReadQuestion, collections: Sequence[Collection]) -> ReadQuestion:
    """The question with a German verb and its particle in one, where the texts have such a verb.

    "Wie lade ich eine Datei hoch?" is about "hochladen", and not about what is high.
    """
    if question.language is not Language.GERMAN or not question.words:
        return question
    last = _LAST_WORD.search(question.prompt)
    if last is None or (particle := fold(last[1])) not in _PARTICLES:
        return question
    for word in question.words:
        joined = f"{particle}{word.folded}"
        start = joined[: len(particle) + SHORTEST_VERB]
        # To find kin takes long, and few verbs begin so.
        if word.text.islower() and any(
            without_umlauts(other).startswith(start)
            for collection in collections
            if collection.vocabulary.has_start(start)
            for other in collection.vocabulary.kin(joined, Language.GERMAN)
        ):
            verb = Asked(f"{last[1].lower()}{word.text}", joined, max(word.weight, 1.0))
            kept = (other for other in question.words if other.folded != particle)
            words = tuple(verb if other is word else other for other in kept)
            return replace(question, words=words)
    return question
