"""The language of a question decides in which language the handbook is quoted."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from quart_chat.assistants.librarian import retrieval
from quart_chat.assistants.librarian.assistant import Librarian
from tests.assistants.conftest import ask

ASKED = tomllib.loads((Path(__file__).parent / "asked.toml").read_text("utf-8"))
QUESTIONS = [entry["ask"] for entry in ASKED["product"] if "after" not in entry]


async def mixed(librarian: Librarian) -> list[str]:
    """The questions that are answered with quotes of the handbook in both languages."""
    found = []
    for question in QUESTIONS:
        urls = [source.url for source in (await ask(librarian, question)).sources]
        if len({url.startswith("/handbook/de/") for url in urls}) > 1:
            found.append(question)
    return found


async def test_no_answer_quotes_the_handbook_in_two_languages(
    librarian: Librarian, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await mixed(librarian) == []
    monkeypatch.setattr(retrieval, "_in_one_language", lambda found, *_: found)
    assert await mixed(librarian) != []


@pytest.mark.parametrize(
    ("question", "german"),
    [
        ("How do I share a chat?", False),
        ("Wie teile ich einen Chat?", True),
        ("Who can read my chats?", False),
        ("Wer kann meine Chats lesen?", True),
    ],
)
async def test_a_question_is_answered_in_its_language(
    librarian: Librarian, question: str, german: bool
) -> None:
    sources = (await ask(librarian, question)).sources
    assert sources
    assert {source.url.startswith("/handbook/de/") for source in sources} == {german}


async def test_what_only_english_pages_say_is_quoted_to_a_german_question(
    librarian: Librarian,
) -> None:
    sources = (await ask(librarian, "Was ist ein Cursor?")).sources
    assert sources[0].url.startswith("/handbook/")
    assert not sources[0].url.startswith("/handbook/de/")
