"""What developers ask, measured: the right page first, and nothing found where nothing is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.assistants.conftest import ask

if TYPE_CHECKING:
    import pytest

    from quart_chat.assistants.librarian.assistant import Librarian
    from quart_chat.assistants.protocol import Source

QUESTIONS = tomllib.loads((Path(__file__).parent / "questions.toml").read_text("utf-8"))


async def test_the_right_passage_comes_first_and_nothing_is_made_up(
    librarian: Librarian, capsys: pytest.CaptureFixture[str]
) -> None:
    found, nowhere = QUESTIONS["found"], QUESTIONS["nowhere"]
    wrong = [q["question"] for q in found if not is_right(q, await sources(librarian, q))]
    claimed = [q["question"] for q in nowhere if await sources(librarian, q)]
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what this test is for
            f"\nLibrarian: {len(found) - len(wrong)} of {len(found)} right,"
            f" {len(nowhere) - len(claimed)} of {len(nowhere)} honest",
            *(f"  wrong: {question}" for question in wrong),
            sep="\n",
        )
    assert len(found) >= 30
    assert len(nowhere) >= 10
    assert len(wrong) <= len(found) // 6
    assert claimed == []


async def test_how_to_resume_a_stream_is_answered_with_its_key_passage(
    librarian: Librarian,
) -> None:
    answer = await ask(librarian, "How do I resume a stream?")
    first = answer.sources[0]
    assert first.url == "/handbook/how-to/resume-a-stream"
    assert "`Last-Event-ID`" in first.quote


async def sources(librarian: Librarian, question: dict[str, Any]) -> tuple[Source, ...]:
    return (await ask(librarian, question["question"])).sources


def is_right(question: dict[str, Any], sources: tuple[Source, ...]) -> bool:
    if not sources:
        return False
    page, _, _ = sources[0].url.removeprefix("/handbook/").partition("#")
    if page == question.get("also"):
        return True
    return page == question["page"] and question.get("heading") in {None, sources[0].heading}
