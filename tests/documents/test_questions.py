"""What people ask of documents, measured: the right passage first, and nothing where nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quart_chat.chat.assistants.librarian import Librarian
from quart_chat.chat.models import Source
from quart_chat.chat.repository import ChatRepository
from tests.chat.assistants.conftest import HANDBOOK, ask
from tests.chat.assistants.test_questions import QUESTIONS, is_right
from tests.documents.books import BOOKS, NOWHERE, write
from tests.documents.conftest import Library


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    await asyncio.gather(*(library.read(book["name"], write(book)) for book in BOOKS))
    chats = ChatRepository(library.database)
    async with Librarian(HANDBOOK, chats, library.search) as librarian:
        yield librarian


async def test_the_right_passage_comes_first_and_nothing_is_made_up(
    librarian: Librarian, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [(book["name"], question) for book in BOOKS for question in book["question"]]
    pages = QUESTIONS["found"]
    wrong = [
        question["question"]
        for name, question in asked
        if not is_in_book(name, question["quote"], await quoted(librarian, question["question"]))
    ]
    wrong += [
        question["question"]
        for question in pages
        if not is_right(question, await quoted(librarian, question["question"]))
    ]
    nowhere = [*NOWHERE, *(question["question"] for question in QUESTIONS["nowhere"])]
    claimed = [question for question in nowhere if await quoted(librarian, question)]
    total = len(asked) + len(pages)
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what this test is for
            f"\nLibrarian with documents: {total - len(wrong)} of {total} right,"
            f" {len(nowhere) - len(claimed)} of {len(nowhere)} honest",
            *(f"  wrong: {question}" for question in wrong),
            *(f"  claimed: {question}" for question in claimed),
            sep="\n",
        )
    assert len(asked) >= 40
    assert sum(len(book["question"]) for book in BOOKS if book["language"] == "de") >= 30
    assert len(wrong) <= total // 10
    assert len(NOWHERE) >= 20
    assert claimed == []


def is_in_book(name: str, quote: str, sources: tuple[Source, ...]) -> bool:
    return bool(sources) and sources[0].title == name and quote in sources[0].quote


async def quoted(librarian: Librarian, question: str) -> tuple[Source, ...]:
    return (await ask(librarian, question)).sources


def test_the_books_are_of_the_size_of_books(tmp_path: Path) -> None:
    assert sum(len(write(book)) for book in BOOKS) > 200_000
