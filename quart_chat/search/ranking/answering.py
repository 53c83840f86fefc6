"""Whether a passage can answer a question that only one kind of answer fits, such as an age."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from quart_chat.search.expected import Expected
from quart_chat.search.ranking.analysis import HEADING, PATH, Analysed

LEAST_ABOUT = 0.3
"""How far what stands near such an answer must be about what was asked."""


def can_answer(
    expected: Expected,
    analysed: Analysed,
    weights: Mapping[str, float],
    values_at: Callable[[int], Mapping[str, float]],
) -> bool:
    """Whether a passage has what is expected beside what the question is about.

    A letter that names an official has the ages, addresses and prices of others, too. Whose they
    are is told by the same sentence, those before it in its paragraph, and the headings above.

    Args:
        expected: The kind of answer.
        analysed: The passage.
        weights: The weight of each word of the question.
        values_at: How far each word of the question stands in a unit, or in a heading.
    """
    subjects = {word: weight for word, weight in weights.items() if word not in expected.words}
    whole = sum(subjects.values())
    above = (values_at(PATH), values_at(HEADING))
    return any(
        _about(subjects, (*above, *map(values_at, before))) >= LEAST_ABOUT * whole
        for unit, before in zip(analysed.units, _paragraphs(analysed, expected), strict=True)
        if expected.is_in(analysed.text_of(unit))
    )


def _about(subjects: Mapping[str, float], said: tuple[Mapping[str, float], ...]) -> float:
    return sum(
        weight * max(values.get(word, 0.0) for values in said) for word, weight in subjects.items()
    )


def _paragraphs(analysed: Analysed, expected: Expected) -> list[range]:
    """For each unit its number and those before it in the same paragraph, list or table.

    A row that is named for what was asked, as in "Weight | 12 kg", is about what its table is
    about: that stands before the table.
    """
    found: list[range] = []
    text, end, first = analysed.passage.text, 0, 0
    for position, unit in enumerate(analysed.units):
        if text.count("\n", end, unit.start) > 1:
            first = position
        is_named = unit.kind == "row" and expected.is_named_in(analysed.text_of(unit))
        found.append(range(0 if is_named else first, position + 1))
        end = unit.end
    return found
