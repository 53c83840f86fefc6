"""What people ask, measured: the right source first, and nothing claimed where nothing is."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from tests.assistants.librarian.asked import (
    GROUPS,
    PAPERS,
    measure,
    nowhere,
    open_librarian,
    questions,
)
from tests.documents.conftest import Library, library

__all__ = ["library"]

# How many of each group must come out right.
FLOORS = {
    "all": 78,
    "product": 12,
    "documents": 34,
    "English": 32,
    "German": 14,
    "follow-ups": 10,
    "held out": 12,
    "nothing": 40,
    "nothing, held out": 12,
}


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    async with open_librarian(library) as librarian:
        yield librarian


async def test_the_right_source_comes_first_and_nothing_is_made_up(
    librarian: Librarian, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = await measure(librarian)
    with capsys.disabled():
        print("", *figures.rows(), sep="\n")  # noqa: T201 - the figures are what this test is for
    assert {group for group in GROUPS if figures.right[group] < FLOORS[group]} == set()


def test_the_questions_are_many_and_mixed() -> None:
    asked = list(questions())
    assert len({question.ask for question in asked}) >= 150
    counted = Counter(question.held_out for question in asked)
    assert counted[True] == 40
    assert sum(question.is_german for question in asked) >= len(asked) / 3
    assert sum(bool(question.after) for question in asked) >= 30
    assert abs(sum(bool(question.paper) for question in asked) - len(asked) / 2) <= 5
    assert len(list(nowhere())) == 40


def test_what_answers_a_question_stands_in_its_document() -> None:
    texts = {path.name: path.read_text("utf-8").lower() for path in PAPERS}
    for question in questions():
        if question.paper:
            parts = question.says.lower().split("|")
            assert any(part in texts[question.paper] for part in parts), question.ask
