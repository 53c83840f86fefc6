"""What tells a reader to do something is told from what says how things are."""

from __future__ import annotations

import pytest

from quart_chat.search.questions.reading import read_question
from quart_chat.search.ranking.instructions import is_instruction


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Open Administration in the list.", True),
        ("On the page Users, create a link.", True),
        ("Öffnen Sie „Verwaltung“.", True),
        ("Administrators manage accounts.", False),
        ("The user opens a page.", False),
        ("Die Verwaltung legt Konten an.", False),
    ],
)
def test_an_instruction_is_known(text: str, told: bool) -> None:
    assert is_instruction(text) is told


@pytest.mark.parametrize(
    ("question", "how"),
    [
        ("How do I invite a colleague?", True),
        ("Wie lade ich eine Kollegin ein?", True),
        ("How long does it last?", False),
        ("Wie groß ist die Wohnung?", False),
    ],
)
def test_a_question_how_something_is_done_is_known(question: str, how: bool) -> None:
    assert read_question(question, 32).asks_how is how
