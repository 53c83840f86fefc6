"""Two questions in one message: both are answered, or the answer says which one is not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from tests.assistants.conftest import HANDBOOK, ask
from tests.assistants.librarian.asked import PAPERS
from tests.documents.conftest import USER, Library

READ = ("Warranty.txt", "Lease Flat 12.md", "Minutes 14 May.md", "Wohnungsmietvertrag.md")


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    for path in PAPERS:
        if path.name in READ:
            await library.read(path.name, path.read_bytes())
    async with Librarian(HANDBOOK, library.store.chat_search, library.search) as librarian:
        yield librarian


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("How much is the rent and when is it due?", ("1,140", "third working day")),
        (
            "When is the summer festival and who takes care of the food?",
            ("12 July", "Jonas Weber"),
        ),
        (
            "Wie hoch ist die Miete, und wie hoch ist die Kaution?",
            ("890 Euro", "drei Monatskaltmieten"),
        ),
        ("What is the notice period and are pets allowed?", ("three months", "Dogs and cats")),
    ],
)
async def test_both_questions_are_answered(
    librarian: Librarian, question: str, answers: tuple[str, str]
) -> None:
    text = (await ask(librarian, question, user_id=USER)).text
    assert [answer for answer in answers if answer not in text] == []
    assert "no answer" not in text


async def test_the_answer_says_which_question_has_none(librarian: Librarian) -> None:
    asked = "How long is the warranty, and who pays the shipping?"
    answer = await ask(librarian, asked, user_id=USER)
    assert "two years" in answer.sources[0].quote
    assert answer.text.rstrip().endswith("I found no answer to “who pays the shipping?”.")
    keys = [step.key for step in answer.steps]
    assert keys[0] == keys[-1] == "search"


async def test_where_none_is_answered_nothing_is_claimed(librarian: Librarian) -> None:
    asked = "Who won the World Cup, and how tall is the Eiffel Tower?"
    answer = await ask(librarian, asked, user_id=USER)
    assert answer.sources == ()
    assert "couldn't find" in answer.text
