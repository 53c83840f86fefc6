"""What people ask of documents, measured: the right passage first, and nothing where nothing is."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from quart_chat.assistants.protocol import Source
from tests.assistants.conftest import HANDBOOK, ask
from tests.assistants.librarian.test_questions import QUESTIONS, is_right
from tests.documents.books import BOOKS, NOWHERE, write
from tests.documents.conftest import Library


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    await asyncio.gather(*(library.read(book["name"], write(book)) for book in BOOKS))
    chats = library.store.chat_search
    async with Librarian(HANDBOOK, chats, library.search) as librarian:
        yield librarian


async def test_the_right_passage_comes_first_and_nothing_is_made_up(
    librarian: Librarian, capsys: pytest.CaptureFixture[str]
) -> None:
    right, honest = Counter[str](), Counter[str]()
    faults = []
    for question in ASKED:
        is_ok = question.is_answered_by(await quoted(librarian, question.text))
        right[question.language] += is_ok
        faults += [] if is_ok else [f"  wrong: {question.text}"]
    for question in UNKNOWN:
        is_ok = not await quoted(librarian, question.text)
        honest[question.language] += is_ok
        faults += [] if is_ok else [f"  claimed: {question.text}"]
    with capsys.disabled():
        print("\nLibrarian with documents:", *faults, sep="\n")  # noqa: T201 - what it is for
        print(*rows(right, honest), sep="\n")  # noqa: T201
    assert sum(right.values()) >= 0.9 * len(ASKED)
    assert all(right[name] >= 0.85 * count(ASKED)[name] for name in LANGUAGES)
    assert sum(honest.values()) >= 0.95 * len(UNKNOWN)
    for language, written in WRITTEN.items():
        assert written["questions"] == count(ASKED)[language]
        assert written["nowhere"] == count(UNKNOWN)[language]
        # Every page that is changed is searched, too: that may move a question or two.
        assert abs(written["right"] - right[language]) <= 2


def test_half_of_the_questions_are_german() -> None:
    for questions, least in ((ASKED, 60), (UNKNOWN, 40)):
        counted = count(questions)
        assert len(questions) >= least
        assert counted["de"] >= counted["en"]


@dataclass(frozen=True)
class Asked:
    """A question, and what must be quoted first: a passage of a book or of the handbook."""

    text: str
    language: str
    book: str = ""
    quote: str = ""
    page: dict[str, Any] | None = None

    def is_answered_by(self, sources: tuple[Source, ...]) -> bool:
        if self.page is not None:
            return is_right(self.page, sources)
        return bool(sources) and sources[0].title == self.book and self.quote in sources[0].quote


LANGUAGES = ("de", "en")
ASKED = [
    Asked(question["question"], book["language"], book["name"], question["quote"])
    for book in BOOKS
    for question in book["question"]
] + [Asked(q["question"], q.get("language", "en"), page=q) for q in QUESTIONS["found"]]
UNKNOWN = [Asked(text, language) for language in LANGUAGES for text in NOWHERE[language]] + [
    Asked(q["question"], q.get("language", "en")) for q in QUESTIONS["nowhere"]
]

# | German | 70 | 65 | 30 | 30 |
_ROW = re.compile(r"^\| (German|English) \| (\d+) \| (\d+) \| (\d+) \| \d+ \|$", re.MULTILINE)
_PAGE = (HANDBOOK / "discussion/how-the-librarian-decides.md").read_text("utf-8")
NAMES = {"de": "German", "en": "English"}
WRITTEN = {
    {name: key for key, name in NAMES.items()}[name]: {
        "questions": int(questions),
        "right": int(right),
        "nowhere": int(nowhere),
    }
    for name, questions, right, nowhere in _ROW.findall(_PAGE)
}
assert set(WRITTEN) == set(LANGUAGES)


def count(questions: list[Asked]) -> Counter[str]:
    return Counter(question.language for question in questions)


def rows(right: Counter[str], honest: Counter[str]) -> list[str]:
    """The rows of the table in the handbook."""
    return [
        f"| {NAMES[name]} | {count(ASKED)[name]} | {right[name]} |"
        f" {count(UNKNOWN)[name]} | {honest[name]} |"
        for name in LANGUAGES
    ]


async def quoted(librarian: Librarian, question: str) -> tuple[Source, ...]:
    return (await ask(librarian, question)).sources


def test_the_books_are_of_the_size_of_books(tmp_path: Path) -> None:
    assert sum(len(write(book)) for book in BOOKS) > 200_000
