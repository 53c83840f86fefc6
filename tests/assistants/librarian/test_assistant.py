"""The Librarian quotes word for word, and only what the asking person may see."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quart_chat.assistants.librarian import assistant
from quart_chat.assistants.librarian.assistant import Librarian, build_handbook
from quart_chat.chat.models import MessageStatus
from tests.assistants.conftest import HANDBOOK, Chats, ask
from tests.waiting import until

if TYPE_CHECKING:
    from quart_chat.assistants.protocol import Assistant
    from quart_chat.search.ranking.analysis import Collection


def test_it_is_an_assistant(librarian: Librarian) -> None:
    one: Assistant = librarian
    assert (one.name, one.title) == ("librarian", "Librarian")


async def test_a_quote_stands_word_for_word_in_the_page_that_it_links_to(
    librarian: Librarian,
) -> None:
    answer = await ask(librarian, "How do I resume a stream in the browser?")
    assert answer.sources
    for source in answer.sources:
        page = source.url.removeprefix("/handbook/").partition("#")[0]
        assert source.quote in (HANDBOOK / f"{page}.md").read_text("utf-8")
        assert quotes_of(answer.text)[source.number - 1] in source.quote
        assert re.search(
            rf"^\[{source.number}\] \[.+\]\({source.url}\)$", answer.text, re.MULTILINE
        )


def quotes_of(text: str) -> list[str]:
    """The blockquotes of an answer, without their marks."""
    blocks = re.findall(r"(?:^>.*\n)+", text, re.MULTILINE)
    return [re.sub(r"^> ?", "", block, flags=re.MULTILINE).rstrip("\n") for block in blocks]


async def test_the_answer_comes_in_a_lead_and_a_piece_a_quote(librarian: Librarian) -> None:
    answer = await ask(librarian, "What is a cursor?")
    assert answer.pieces[0] == "In the handbook:\n"
    assert len(answer.pieces) == 1 + len(answer.sources)
    assert [source.number for source in answer.sources] == [1, 2, 3][: len(answer.sources)]


async def test_the_search_is_one_step_and_its_parts_say_what_was_found_where(
    librarian: Librarian,
) -> None:
    answer = await ask(librarian, "How do I resume a stream?")
    assert [(step.key, step.status, step.parent) for step in answer.steps] == [
        ("search", "running", None),
        ("terms", "completed", "search"),
        ("handbook", "completed", "search"),
        ("chats", "completed", "search"),
        ("search", "completed", None),
    ]
    count = len(answer.sources)
    assert [step.message for step in answer.steps] == [
        "Searching handbook and chats…",
        "Words looked for: resume, stream",
        f"Handbook: {count} found",
        "Chats: nothing found",
        f"Searched handbook and chats · {count} found",
    ]


@pytest.mark.parametrize(
    ("prompt", "line"),
    [
        ("Wie lade ich ein PDF hoch?", r"Handbuch und Chats durchsucht · \d gefunden"),
        ("Wie schmeckt ein Kuchen?", "Handbuch und Chats durchsucht · nichts gefunden"),
        ("How do I stream through Kafka?", "Searched handbook and chats · nothing found"),
    ],
)
async def test_the_line_of_a_search_is_in_the_language_of_the_question(
    librarian: Librarian, prompt: str, line: str
) -> None:
    answer = await ask(librarian, prompt)
    assert re.fullmatch(line, answer.steps[-1].message)
    assert not re.search("coverage|Abdeckung|%", " ".join(step.message for step in answer.steps))


async def test_what_is_nowhere_is_not_found_and_its_words_are_named(librarian: Librarian) -> None:
    answer = await ask(librarian, "How do I stream through Kafka?")
    assert answer.sources == ()
    assert answer.text.startswith("I couldn't find an answer in the handbook or your chats.")
    assert "Not mentioned anywhere: “Kafka”." in answer.text
    assert re.search(r"^- \[.+\]\(/handbook/", answer.text, re.MULTILINE)


async def test_words_that_stand_only_apart_are_not_found_either(librarian: Librarian) -> None:
    answer = await ask(librarian, "Does nginx delete a broker?")
    assert answer.sources == ()
    assert answer.text.startswith("I couldn't find an answer in the handbook or your chats.")


async def test_a_long_question_may_miss_a_word_and_the_answer_says_which(
    librarian: Librarian,
) -> None:
    prompt = "How do I restore a backup of chat.sqlite with its wal and shm, grandma?"
    answer = await ask(librarian, prompt)
    assert answer.sources[0].heading == "How do I restore my backup?"
    assert answer.text.startswith("In the handbook (nothing there mentions “grandma”):")


@pytest.mark.parametrize("prompt", ["hi", "???", "What can you do?", "🙂", "\0"])
async def test_a_question_without_words_gets_help(librarian: Librarian, prompt: str) -> None:
    answer = await ask(librarian, prompt)
    assert answer.text.startswith("I'm the Librarian. I search and quote; I don't write answers")


async def test_german_is_answered_in_german(librarian: Librarian) -> None:
    nothing = await ask(librarian, "Wie schmeckt ein Kuchen?")
    assert nothing.text.startswith("Im Handbuch oder in Ihren Chats habe ich keine Antwort gefund")
    assert "Nirgends erwähnt: „schmeckt“, „Kuchen“." in nothing.text
    assert (await ask(librarian, "Was ist ein Cursor?")).pieces[0] == "Im Handbuch:\n"
    assert (await ask(librarian, "Was kannst du?")).text.startswith("Ich bin der Librarian.")


async def test_the_name_of_the_application_is_no_condition(librarian: Librarian) -> None:
    named = await ask(librarian, "How do I deploy quart-chat?")
    assert named.sources[0].url == "/handbook/how-to/deploy"


async def test_a_pasted_book_is_searched_for_a_bounded_number_of_words(
    librarian: Librarian,
) -> None:
    answer = await ask(librarian, " ".join(f"word{n}" for n in range(5000)))
    assert answer.steps[1].message.count(",") == 31


async def test_own_chats_are_quoted_with_a_link_to_the_message(
    librarian: Librarian, chats: Chats
) -> None:
    note = await chats.add("The password of the greenhouse is kiwi.", title="Office [1]")
    answer = await ask(librarian, "What is the greenhouse's password?")
    (source,) = answer.sources
    assert source.quote == note.content
    assert source.url == f"/chat/{note.workflow_id}?round=1#round-1"
    assert answer.pieces == (
        "In your chats:\n",
        f"\n> {note.content}\n\n[1] [Office &#91;1\\] · You]({source.url})\n",
    )


async def test_the_handbook_comes_before_chats_that_cover_as_much(
    librarian: Librarian, chats: Chats
) -> None:
    await chats.add("A cursor blinks.")
    answer = await ask(librarian, "What is a cursor?")
    assert answer.sources[0].url.startswith("/handbook/")
    assert {source.url.split("/")[1] for source in answer.sources} <= {"handbook", "chat"}


async def test_both_are_named_where_both_answer(librarian: Librarian, chats: Chats) -> None:
    await chats.add("Notify me of answers about notifications by pigeon, in the browser.")
    answer = await ask(librarian, "Which notifications about answers are there in the browser?")
    assert answer.pieces[0] == "In the handbook and your chats:\n"


@pytest.mark.parametrize(
    "message",
    [
        {"content": "The printer likes kiwi.", "user_id": "bob"},
        {"content": "The printer likes kiwi.", "status": MessageStatus.STREAMING},
        {"content": "The printer likes kiwi.", "assistant": "librarian"},
        {"content": "What does the printer like, kiwi?"},
        {"content": "printer kiwi"},
        {"content": "The printer likes kiwi.\n\n[1]: /elsewhere\n\nIt does."},
    ],
    ids=[
        "another person's",
        "not final",
        "its own answer",
        "a question",
        "only the same words",
        "links",
    ],
)
async def test_no_answer_in_chats(
    librarian: Librarian, chats: Chats, message: dict[str, Any]
) -> None:
    await chats.add(**message)
    answer = await ask(librarian, "printer kiwi")
    assert answer.sources == ()


async def test_the_open_chat_and_deleted_chats_are_not_quoted(
    librarian: Librarian, chats: Chats
) -> None:
    note = await chats.add("The printer likes kiwi.")
    assert not (await ask(librarian, "printer kiwi", workflow_id=note.workflow_id)).sources
    assert (await ask(librarian, "printer kiwi")).sources
    await chats.delete(note)
    assert not (await ask(librarian, "printer kiwi")).sources


async def test_an_answer_of_another_assistant_is_quoted_under_its_name(
    librarian: Librarian, chats: Chats
) -> None:
    await chats.add("The printer likes kiwi.", assistant="parrot")
    (source,) = (await ask(librarian, "printer kiwi")).sources
    assert source.heading == "parrot"


async def test_an_empty_handbook_answers_nothing(tmp_path: Path, chats: Chats) -> None:
    async with Librarian(tmp_path / "none", chats.search) as librarian:
        answer = await ask(librarian, "What is a cursor?")
    assert answer.text.endswith("Not mentioned anywhere: “cursor”.\n")


async def test_it_must_be_open_to_answer(chats: Chats) -> None:
    librarian = Librarian(HANDBOOK, chats.search)
    with pytest.raises(RuntimeError, match="opened"):
        await ask(librarian, "What is a cursor?")


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    """The folders that are read, none of which is let go before it is told to."""
    readings = Readings()
    monkeypatch.setattr(assistant, "build_handbook", readings.read)
    return readings


class Readings:
    def __init__(self) -> None:
        self.folders: list[Path] = []
        self.goes_on = threading.Event()

    def read(self, folder: Path) -> Collection:
        self.folders.append(folder)
        assert self.goes_on.wait(60)
        return build_handbook(folder)


async def test_the_handbook_is_read_with_the_first_question_or_after_the_start(
    chats: Chats, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings.goes_on.set()
    monkeypatch.setattr(assistant, "_HEAD_START", 600)
    async with Librarian(HANDBOOK, chats.search) as librarian:
        await asyncio.sleep(0)
        assert readings.folders == []
        assert (await ask(librarian, "What is a cursor?")).sources
        assert (await ask(librarian, "How do I resume a stream?")).sources
    assert readings.folders == [HANDBOOK]
    monkeypatch.setattr(assistant, "_HEAD_START", 0)
    async with Librarian(HANDBOOK, chats.search):
        await until(lambda: len(readings.folders) == 2)


async def test_a_question_that_is_cancelled_does_not_cost_the_others_the_handbook(
    chats: Chats, readings: Readings
) -> None:
    async with Librarian(HANDBOOK, chats.search) as librarian:
        stopped, other = (
            asyncio.create_task(ask(librarian, "What is a cursor?")) for _ in range(2)
        )
        await until(lambda: bool(readings.folders))
        stopped.cancel()
        await asyncio.wait({stopped})
        readings.goes_on.set()
        assert (await other).sources
    assert stopped.cancelled()
    assert readings.folders == [HANDBOOK]
