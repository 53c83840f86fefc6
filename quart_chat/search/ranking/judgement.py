"""What a question held against texts comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quart_chat.search.questions.wording import Asked

ENOUGH = 0.55
"""Evidence from which a passage answers; measured with tests/assistants/librarian/asked.toml."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that has something of the question.

    Attributes:
        corpus: Which of the collections it is in.
        number: Its number there.
        unit: The number of the unit that answers best.
        coverage: How much of the question it covers, 0 to 1.
        evidence: How far it answers.
        order: Its place among others; more is better.
        can_answer: Whether it has the kind of answer that the question needs.
    """

    corpus: int
    number: int
    unit: int
    coverage: float
    evidence: float
    order: float
    can_answer: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the texts have on a question.

    Attributes:
        hits: Passages that have something of it, best first.
        unknown: Words that say what it is about and occur nowhere.
        respelled: Words that were mistyped, with those that were meant.
        needed: Evidence from which a passage answers.
    """

    hits: tuple[Hit, ...]
    unknown: tuple[Asked, ...]
    respelled: Mapping[Asked, tuple[str, ...]]
    needed: float = ENOUGH

    @property
    def found(self) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.hits if self._answers(hit))

    @property
    def near(self) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.hits if not self._answers(hit))

    def _answers(self, hit: Hit) -> bool:
        return hit.can_answer and hit.evidence >= self.needed
