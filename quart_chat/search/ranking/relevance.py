"""Which passage answers a question, which sentence of it, and whether any does at all.

A ranking alone always puts something first, also for a question about what is nowhere in the texts.
So two things are told apart. The *evidence* decides whether a passage answers: how much of the
question its best sentence covers, with its headings and the rest of the passage, each word weighted
by how rare it is; a word that occurs nowhere weighs most. The *order* among those that do comes
from the evidence and from word vectors, whose rankings are fused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt

from quart_chat.search.passages import place_of
from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.questions.wording import GRAMMAR, Asked, parts
from quart_chat.search.ranking.analysis import HEADING, PATH, Analysed, Collection
from quart_chat.search.ranking.answering import can_answer
from quart_chat.search.ranking.fields import is_named_for
from quart_chat.search.ranking.instructions import is_instruction
from quart_chat.search.ranking.judgement import ENOUGH, Hit, Judgement
from quart_chat.search.ranking.kinship import INFLECTED, SYNONYM
from quart_chat.search.ranking.languages import language_factor
from quart_chat.search.ranking.roles import find_forms
from quart_chat.search.ranking.weighing import (
    Kin,
    find_kin,
    join_verbs,
    leave_out_fragments,
    split_compounds,
    weigh,
)
from quart_chat.search.words import Language, detect_language, fold

# All measured with tests/assistants/librarian/asked.toml.
ENOUGH_OF_SMALL_WORDS = 1.1
"""Evidence for a question of nothing but small words: a heading has to say just what it says."""
CLOSE_HEADING = 0.3
"""What a heading that says just what was asked adds to the evidence."""
EXPECTED_WEIGHT = 0.6
"""Weight of the kind of answer that a question expects, beside that of its words."""
MISSING = 0.1
"""What each word costs that says what a question is about and is nowhere in a passage."""
SAME_PLACE = 0.1
"""What a follow-up gains where the answer before was found."""
CODE = 0.05
"""What a listing loses: it shows how, and says nothing."""

# How far a word counts for a sentence that stands elsewhere.
FROM_HEADING, FROM_PATH, FROM_PASSAGE = 0.9, 0.85, 0.65
FROM_BEFORE = 0.7
"""How far a word counts that stands in the sentence before."""
FIELD = 0.4
"""What a field or a row gains that is named for just what was asked; the evidence gains half."""
INSTRUCTION = 0.15
"""What a sentence that tells what to do gains among those of its passage, where that is asked."""
FADING = 0.25
"""The power of its place below a heading with which a passage loses what the heading says."""
# What counts for the order alone.
HEADING_ORDER, HEADING_ORDER_OF_FACTS, EXACT_HEADING = 0.5, 0.25, 0.25
HEADING_SIZE = 6
"""Words of a heading that can be just what a question is about; a joined word counts its parts."""


def judge(
    question: ReadQuestion, collections: Sequence[Collection], priors: Sequence[float] = ()
) -> Judgement:
    """Hold a question against texts.

    Args:
        question: What is asked.
        collections: The texts.
        priors: What each collection gains or loses in the order.
    """
    if detect_language(question.prompt) is not None:
        return _judge(question, collections, priors)
    # A word alone may be of either language; where it is at home it is understood best.
    judgements = (
        _judge(replace(question, language=each, answered_in=each), collections, priors)
        for each in (Language.GERMAN, Language.ENGLISH)
    )
    return max(judgements, key=lambda each: each.hits[0].order if each.hits else 0.0)


def _judge(
    question: ReadQuestion, collections: Sequence[Collection], priors: Sequence[float]
) -> Judgement:
    if question.language is Language.GERMAN:
        question = split_compounds(join_verbs(question, collections), collections)
    kin = find_kin(question, collections)
    question = leave_out_fragments(question, kin, len(collections))
    weights = weigh(question, collections, kin)
    hits = [
        hit
        for corpus, collection in enumerate(collections)
        for hit in _Scorer(question, corpus, collection, kin, weights).hits(
            priors[corpus] if priors else 0.0
        )
    ]
    hits.sort(key=lambda hit: (-hit.order, hit.corpus, hit.number))
    unknown = tuple(
        word
        for word in question.words
        if word.weight >= 1 and (word in kin.respelled or not kin.best(word, len(collections)))
    )
    needed = ENOUGH_OF_SMALL_WORDS if question.says_nothing else ENOUGH
    return Judgement(tuple(hits), unknown, kin.respelled, needed)


class _Scorer:
    """Scores the passages of one collection."""

    def __init__(
        self,
        question: ReadQuestion,
        corpus: int,
        collection: Collection,
        kin: Kin,
        weights: Mapping[str, float],
    ) -> None:
        self._question = question
        self._corpus = corpus
        self._collection = collection
        self._weights = weights
        self._role_forms = find_forms(question, corpus, collection.vocabulary, kin)
        self._whole = sum(weights.values())
        # A fact stands in a sentence; a heading tells where something is explained.
        self._heading_order = HEADING_ORDER_OF_FACTS if question.expected else HEADING_ORDER
        self._asked = {other for word in question.words for other in kin.of[word.folded, corpus]}
        self._asked.update(fold(part) for word in question.words for part in parts(word.text))
        self._values: dict[tuple[int, int], dict[str, float]] = defaultdict(dict)
        self._told: dict[int, set[str]] = defaultdict(set)
        for word, other, likeness in kin.standing_for(question.words, corpus):
            self._place(word, other, likeness)

    def _place(self, word: Asked, other: str, likeness: float) -> None:
        for place in self._collection.places.get(other, ()):
            # Small words are everywhere; only a heading may say just what was asked.
            if word.weight > GRAMMAR or place[1] == HEADING:
                values = self._values[place]
                values[word.folded] = max(likeness, values.get(word.folded, 0.0))
                self._told[place[0]].add(word.folded)

    def hits(self, prior: float) -> list[Hit]:
        touched = sorted({number for number, _ in self._values})
        return [self._hit(number, self._collection.passages[number], prior) for number in touched]

    def _hit(self, number: int, analysed: Analysed, prior: float) -> Hit:
        coverage, unit = self._best_unit(number, analysed)
        closeness = self._closeness(number, analysed)
        url = analysed.passage.url
        named = FIELD if self._is_its_field(number, analysed, unit) else 0.0
        factor = language_factor(analysed, self._question.answered_in)
        same = bool(self._question.last_place) and place_of(url) == self._question.last_place
        coverage = coverage * factor + (SAME_PLACE if same else 0.0)
        return Hit(
            self._corpus,
            number,
            unit,
            min(1.0, coverage),
            coverage + CLOSE_HEADING * closeness - MISSING * self._missing(number) + named / 2,
            coverage
            + named
            + factor * self._heading_order * closeness
            + (EXACT_HEADING if self._is_its_heading(number, analysed) else 0.0)
            + analysed.prior
            + prior,
            can_answer(
                self._question,
                analysed,
                self._weights,
                lambda place: self._values.get((number, place), {}),
                self._role_forms,
            ),
        )

    def _is_its_heading(self, number: int, analysed: Analysed) -> bool:
        """Whether the heading is just what the question is about, as in "What is a cursor?"."""
        values = self._values.get((number, HEADING), {})
        telling = [word for word in self._question.words if word.weight >= 1]
        return bool(telling) and (
            self._collection.below[number] == 1
            and len(analysed.heading) <= HEADING_SIZE
            and analysed.heading <= self._asked
            and all(values.get(word.folded, 0.0) >= INFLECTED for word in telling)
        )

    def _is_its_field(self, number: int, analysed: Analysed, unit: int) -> bool:
        """Whether the unit that answers best is a field named for all that was asked."""
        values = self._values.get((number, unit), {})
        telling = [word for word in self._question.words if word.weight >= 1]
        is_all = all(values.get(word.folded, 0.0) >= SYNONYM for word in telling)
        return (
            bool(telling)
            and is_all
            and is_named_for(analysed.passage, analysed.units[unit], self._asked)
        )

    def _missing(self, number: int) -> int:
        """How many words that say what the question is about the passage has nothing of."""
        expected = self._question.expected
        told = self._told[number] | (expected.words if expected else set())
        return sum(word.weight >= 1 and word.folded not in told for word in self._question.words)

    def _best_unit(self, number: int, analysed: Analysed) -> tuple[float, int]:
        """The coverage of the unit that answers best, and its number."""
        nothing: dict[str, float] = {}
        around: dict[str, float] = {}
        for position in range(len(analysed.units)):
            _raise_to(around, self._values.get((number, position), nothing), FROM_PASSAGE)
        # What a heading promises, the first passage below it tells, a later one perhaps no more.
        fading = self._collection.below[number] ** -FADING
        _raise_to(around, self._values.get((number, PATH), nothing), FROM_PATH * fading)
        _raise_to(around, self._values.get((number, HEADING), nothing), FROM_HEADING * fading)
        # Most units have no word of the question themselves.
        inherited = {word: around.get(word, 0.0) for word in self._weights}
        of_most = self._cover(inherited)
        best, chosen, leading = 0.0, 0, 0.0
        telling = INSTRUCTION if self._question.asks_how else 0.0
        for position, unit in enumerate(analysed.units):
            own = self._values.get((number, position))
            words = inherited if own is None else _join(inherited, own)
            before = self._values.get((number, position - 1), nothing) if position else nothing
            if before and unit.kind == "sentence" == analysed.units[position - 1].kind:
                words = dict(words)
                _raise_to(words, before, FROM_BEFORE)
            least, most = of_most if words is inherited else self._cover(words)
            lost = CODE if unit.kind == "code" else 0.0
            if most - lost <= best and most - lost + telling <= leading:
                continue  # whatever its text says: to look there costs most
            answers = most > least and self._is_answer(analysed, position)
            covered = (most if answers else least) - lost
            told = telling and is_instruction(analysed.text_of(unit))
            best = max(best, covered)
            if (leads := covered + (INSTRUCTION if told else 0.0)) > leading:
                chosen, leading = position, leads
        return best, chosen

    def _cover(self, words: Mapping[str, float]) -> tuple[float, float]:
        """How much of the question words cover, where the kind of answer is missing or is there."""
        covered = sum(self._weights[word] * value for word, value in words.items())
        expected = self._question.expected
        if not expected:
            return covered / self._whole, covered / self._whole
        whole = self._whole + EXPECTED_WEIGHT
        return covered / whole, (covered + self._answer_expected(words, expected.words)) / whole

    def _is_answer(self, analysed: Analysed, position: int) -> bool:
        """Whether a unit has the kind of answer that the question expects."""
        expected = self._question.expected
        assert expected is not None  # noqa: S101 - else the kind of answer makes no difference
        # A name is beside the word for a role, which can_answer() looks for.
        if expected.role:
            return not self._role_forms.isdisjoint(analysed.words[position])
        return expected.is_in(analysed.text_of(analysed.units[position]))

    def _answer_expected(self, words: Mapping[str, float], measures: frozenset[str]) -> float:
        """What a text gains that has the kind of answer: as much as it is about the subject."""
        subjects = [word for word in words if word not in measures]
        whole = sum(self._weights[word] for word in subjects)
        about = sum(self._weights[word] * words[word] for word in subjects) / max(whole, 0.01)
        answered = min(1.0, about * 1.2) * 0.9
        return EXPECTED_WEIGHT * about + sum(
            self._weights[word] * max(0.0, answered - words[word])
            for word in measures
            if word in words
        )

    def _closeness(self, number: int, analysed: Analysed) -> float:
        """How far a heading is about the question and about nothing else: 1 where they are alike.

        The harmonic mean of how much of the question the heading has, half by itself and half with
        those above it, and how much of the heading the question has.
        """
        values = self._values.get((number, HEADING))
        if not values or not analysed.heading:
            return 0.0
        whole = self._whole + (EXPECTED_WEIGHT if self._question.expected else 0.0)
        path = {**self._values.get((number, PATH), {}), **values}
        asked = (
            sum(
                self._weights[word] * (value + values.get(word, 0.0)) / 2
                for word, value in path.items()
            )
            / whole
        )
        said = len(analysed.heading & self._asked) / len(analysed.heading)
        return 2 * asked * said / (asked + said) / sqrt(self._collection.below[number])


def _join(values: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
    return {word: max(value, others.get(word, 0.0)) for word, value in values.items()}


def _raise_to(values: dict[str, float], others: Mapping[str, float], share: float) -> None:
    for word, value in others.items():
        values[word] = max(values.get(word, 0.0), value * share)
