"""Passages taken apart into units and words, so that a question can be held against each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from quart_chat.search.abbreviations import spell_out
from quart_chat.search.passages import Passage
from quart_chat.search.questions.wording import parts, split
from quart_chat.search.ranking.kinship import JOINED, Vocabulary
from quart_chat.search.ranking.nearness import NearWords
from quart_chat.search.ranking.units import Unit, cut_units
from quart_chat.search.ranking.vectors import Matrix, Vector, load_vectors
from quart_chat.search.words import detect_language, fold

PATH, HEADING = -2, -1
"""In the place of the number of a unit: the title with all headings, and the last of these."""

_MARKER = re.compile(r"\A\s*(?:\d+[.)]|[-*+])\s+")
_FOLDED = lru_cache(maxsize=16_384)(fold)


@dataclass(frozen=True, slots=True)
class Analysed:
    """A passage and its words.

    Attributes:
        units: What of it can answer by itself.
        words: The words of each unit, with those of its head.
        path: The words of the title and of all headings.
        heading: The words of the last heading, or of the title where there is none.
        language: That of the passage where it is known, such as "de".
        prior: What it gains or loses in the order beside others.
    """

    passage: Passage
    units: tuple[Unit, ...]
    words: tuple[frozenset[str], ...]
    path: frozenset[str]
    heading: frozenset[str]
    language: str = ""
    prior: float = 0.0

    def text_of(self, unit: Unit) -> str:
        """The words of a unit, without the mark or number of an item."""
        return _MARKER.sub("", self.passage.text[unit.start : unit.end], count=1)


def analyse(passage: Passage, spoken: str = "", prior: float = 0.0) -> Analysed:
    text = passage.text
    units = tuple(cut_units(text, passage.form))
    return Analysed(
        passage,
        units,
        tuple(
            words_of(f"{text[slice(*unit.head)]} {text[unit.start : unit.end]}") for unit in units
        ),
        words_of(" ".join((passage.title, *passage.headings))),
        words_of(passage.headings[-1] if passage.headings else passage.title),
        spoken,
        prior,
    )


def words_of(text: str) -> frozenset[str]:
    """The different words of a text, folded, with the parts of joined ones."""
    return frozenset(_FOLDED(part) for word in split(spell_out(text)) for part in parts(word)) - {
        ""
    }


class Collection:
    """Analysed passages, and where each word stands.

    Args:
        passages: The passages.
        total: How many there are in all, where these are only the best of more.
        held: In how many of all a word stands, where these are only the best of more.
    """

    def __init__(
        self,
        passages: Sequence[Analysed],
        total: int | None = None,
        held: Mapping[str, int] | None = None,
    ) -> None:
        self.passages = passages
        self.total = len(passages) if total is None else total
        self._held = held or {}
        self.places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, analysed in enumerate(passages):
            places = (
                (PATH, analysed.path),
                (HEADING, analysed.heading),
                *enumerate(analysed.words),
            )
            for unit, words in places:
                for word in words:
                    self.places[word].append((number, unit))
        counter = Counter[tuple[str, ...]]()
        self.below = [_count(counter, each.passage) for each in passages]
        """Which passage below its heading each is, from 1."""

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.places)

    def likeness(self, asked: Vector) -> Mapping[int, float]:
        """How near each passage is to a vector; German ones are left out, and all without vectors.

        The mean of how near all of it is and of how near its nearest unit is.
        """
        if self._matrices is None:
            return {}
        numbers, whole, owners, units = self._matrices
        best = dict.fromkeys(range(len(numbers)), -1.0)
        for owner, value in zip(owners, (units @ asked).tolist(), strict=True):
            best[owner] = max(best[owner], value)
        return {
            number: (value + best[position]) / 2
            for position, (number, value) in enumerate(
                zip(numbers, (whole @ asked).tolist(), strict=True)
            )
        }

    @cached_property
    def _matrices(self) -> tuple[list[int], Matrix, list[int], Matrix] | None:
        """Numbers of passages and their vectors; of each unit its passage, and its vector."""
        vectors = load_vectors()
        if vectors is None:
            return None
        numbers = [n for n, each in enumerate(self.passages) if each.language in {"", "en"}]
        passages = [self.passages[n] for n in numbers]
        whole = [
            " ".join((each.passage.title, *each.passage.headings, each.passage.text))
            for each in passages
        ]
        owners, units = [], []
        for position, each in enumerate(passages):
            heading = (each.passage.title, *each.passage.headings)[-1]
            for unit in each.units:
                owners.append(position)
                units.append(f"{heading} {each.text_of(unit)}")
        return numbers, vectors.embed(whole), owners, vectors.embed(units)

    def near(self, word: str) -> Mapping[str, float]:
        """The words that mean about the same, each with how far; none without word vectors."""
        return self._near.of(word) if self._near else {}

    @cached_property
    def _near(self) -> NearWords | None:
        vectors = load_vectors()
        return NearWords(vectors, self.places) if vectors else None

    def holding(self, word: str, kin: Mapping[str, float]) -> int:
        """In how many passages a word or one that may stand for it is."""
        numbers = {
            number
            for other, likeness in kin.items()
            if likeness >= JOINED
            for number, _ in self.places.get(other, ())
        }
        return max(len(numbers), self._held.get(word, 0))


@lru_cache(maxsize=4)
def collect(passages: tuple[Passage, ...]) -> Collection:
    """All passages of some texts; a few of the latest are kept."""
    return Collection(analyse_documents(passages))


def analyse_documents(passages: Sequence[Passage]) -> list[Analysed]:
    """Analyse passages, each in the language of the document that it is from."""
    documents: dict[str, list[str]] = defaultdict(list)
    for passage in passages:
        documents[_document(passage)].append(passage.text)
    spoken = {url: detect_language("\n".join(texts)) or "" for url, texts in documents.items()}
    return [analyse(passage, spoken[_document(passage)]) for passage in passages]


def _document(passage: Passage) -> str:
    return passage.url.partition("#")[0].partition("?")[0]


def _count(counter: Counter[tuple[str, ...]], passage: Passage) -> int:
    key = (_document(passage), *passage.headings)
    counter[key] += 1
    return counter[key]
