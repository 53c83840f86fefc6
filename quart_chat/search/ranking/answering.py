"""Whether a passage can answer a question that only one kind of answer fits, such as an age."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from quart_chat.search.passages import HANDBOOK
from quart_chat.search.questions.expected import Expected
from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.ranking.analysis import HEADING, PATH, Analysed
from quart_chat.search.ranking.roles import tells_holder

LEAST_ABOUT = 0.3
"""How far what stands near such an answer must be about what was asked."""
ValuesAt: TypeAlias = Callable[[int], Mapping[str, float]]

_PERSON = re.compile(
    r"\b(?:you|we|users?|administrators?|people|persons?|everyone|everybody|anyone|nobody|no one"
    r"|who|whoever|owners?|operators?|company|provider|model|Sie|man|wer|niemand|jede[rn]?|alle"
    r"|Benutzer\w*|Administrator\w*|Person\w*|Firma|Anbieter|Betreiber\w*|Modell)\b"
)


def can_answer(
    question: ReadQuestion,
    analysed: Analysed,
    weights: Mapping[str, float],
    values_at: ValuesAt,
    role_forms: Collection[str],
) -> bool:
    """Whether a passage has the kind of answer that a question needs.

    Args:
        question: The question.
        analysed: The passage.
        weights: The weight of each word of the question.
        values_at: How far each word of the question stands in a unit, or in a heading.
        role_forms: The words that stand for the role whose holder is asked for.
    """
    expected = question.expected
    if expected is None:
        return True
    if expected.role:
        return tells_holder(analysed.passage, role_forms, question.prompt)
    if expected.asks_who:
        # The handbook has no names, and is about users and servers: they do what is asked for.
        is_page = analysed.passage.url.startswith(HANDBOOK)
        return not is_page or _PERSON.search(analysed.passage.text) is not None
    return not expected.is_required or _has_kind(expected, analysed, weights, values_at)


def _has_kind(
    expected: Expected, analysed: Analysed, weights: Mapping[str, float], values_at: ValuesAt
) -> bool:
    """Whether a passage has what is expected beside what the question is about.

    A letter that names an official has the ages, addresses and prices of others, too. Whose they
    are is told by the same sentence, those before it in its paragraph, and the headings above.
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
