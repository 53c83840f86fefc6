"""The search of the list: words, or what begins with them, in titles and messages."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.protocol import Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.search_words import MAX_WORDS, search_words
from quart_chat.chat.service import ChatService
from quart_chat.chat.views import TextPart
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.list_search import FTS5, make_query
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.file.connection import create_functions
from quart_chat.storage.sqlite.file.schema import MIGRATIONS
from tests.chat.parts import USER, ask, make_service
from tests.chat.scripted import END, ScriptedAssistant
from tests.waiting import until


async def search(service: ChatService, text: str) -> list[str]:
    page = await service.lists.search(USER, text)
    return ["".join(part.text for part in unit.title) for unit in page.found]


def marked(parts: tuple[TextPart, ...]) -> str:
    return "".join(f"[{part.text}]" if part.hit else part.text for part in parts)


async def test_a_word_is_found_in_titles_and_messages_by_its_beginning(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    await ask(service, assistant, "Connection refused")
    other = await ask(service, assistant, "Something else")
    await service.change(USER, other, title="Renamed")
    assert await search(service, "connectio") == ["Connection refused"]
    assert await search(service, "ELSE") == ["Renamed"]
    assert await search(service, "renam") == ["Renamed"]
    assert await search(service, "about") == ["Renamed", "Connection refused"]
    assert await search(service, "fused") == []


@pytest.mark.parametrize("typed", ["c", "C++", "c#", "(C)", "ç", "C\u0327"])
async def test_a_single_letter_is_a_word(
    service: ChatService, assistant: ScriptedAssistant, typed: str
) -> None:
    await ask(service, assistant, "Carpets")
    await ask(service, assistant, "Learning C++")
    assert await search(service, typed) == ["Learning C++"]


async def test_an_umlaut_does_not_find_all_that_begins_with_its_letter(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    for title in ("Apples", "Aerial", "The letter Ä", "The letter ae"):
        await ask(service, assistant, title)
    assert await search(service, "Ä") == ["The letter ae", "The letter Ä"]


async def test_one_sign_of_another_script_begins_words(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    await ask(service, assistant, "日本語")
    assert await search(service, "日") == ["日本語"]


async def test_each_word_must_be_somewhere_in_a_chat(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    chat = await ask(service, assistant, "red apples")
    await ask(service, assistant, "red pears")
    await ask(service, assistant, "green pears", workflow_id=chat)
    assert await search(service, "green apples") == ["red apples"]
    assert await search(service, "red pears") == ["red apples", "red pears"]
    assert await search(service, "green plums") == []


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Müller", "muller"),
        ("Müller", "Mueller"),
        ("Mueller", "müller"),
        ("Straße", "strasse"),
        ("Strasse", "straße"),
        ("Straße", "STRASS"),
        ("U\u0308bung", "übung"),
        ("Übung", "u\u0308bung"),
        ("Last-Event-ID", "event-id"),
        ("r_s", "r_s"),
        ("100% sure", "100%"),
        ("naïve café", "cafe naive"),
    ],
)
async def test_what_is_found(
    service: ChatService, assistant: ScriptedAssistant, written: str, typed: str
) -> None:
    await ask(service, assistant, written)
    assert len(await search(service, typed)) == 1


@pytest.mark.parametrize(
    "typed",
    ['"', "*", "a AND", "NEAR(a b)", "title:x", "(" * 9, "^b", "\0", "\ud800", "' OR 1=1 --", "🙂"],
)
async def test_nothing_that_is_typed_is_syntax(
    service: ChatService, assistant: ScriptedAssistant, typed: str
) -> None:
    await ask(service, assistant, "nothing of the kind")
    assert await search(service, typed) == []


@given(st.text(max_size=200))
def test_every_text_is_a_query(typed: str) -> None:
    query = make_query(search_words(typed), FTS5())
    assert len(query.terms) <= MAX_WORDS
    assert all(term.startswith('("') and term.endswith(('" *)', '")')) for term in query.terms)


async def test_hits_are_marked_in_the_title_and_in_the_best_message(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    chat = await ask(service, assistant, "Backups")
    started = await service.start(Ask(USER, "And how?", workflow_id=chat))
    await assistant.say("And how?", Text("Words " * 40 + "\n\nthen\n a **backup**, twice"), END)
    await until(lambda: chat not in service.rounds.running)
    await service.change(USER, chat, title="My backups")
    (unit,) = (await service.lists.search(USER, "backup")).found
    assert marked(unit.title) == "My [backups]"
    assert "[backup" in marked(unit.snippet).lower()
    (unit,) = (await service.lists.search(USER, "twice")).found
    assert marked(unit.title) == "My backups"
    assert marked(unit.snippet).startswith("…")
    assert marked(unit.snippet).endswith("then a **backup**, [twice]")
    assert unit.to_item()["match"]["snippet"][-1] == {"text": "twice", "hit": True}
    assert started.workflow_id == chat


async def test_what_a_text_has_of_the_marks_is_no_hit(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    await ask(service, assistant, "\x02 </mark>kiwi<mark> \x03")
    (unit,) = (await service.lists.search(USER, "kiwi")).found
    assert marked(unit.title) == "\x02 </mark>[kiwi]<mark> \x03"


async def test_a_chat_is_found_in_its_title_alone(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    chat = await ask(service, assistant, "one")
    await service.change(USER, chat, title="Kiwi")
    (unit,) = (await service.lists.search(USER, "kiwi")).found
    assert unit.snippet == ()


async def test_a_prompt_that_is_the_title_is_not_shown_twice(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    await ask(service, assistant, "kiwi")
    (unit,) = (await service.lists.search(USER, "kiwi")).found
    assert marked(unit.title) == "[kiwi]"
    assert marked(unit.snippet) == "About [kiwi]"


async def test_what_is_found_comes_in_the_pages_of_the_list(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    ids = [await ask(service, assistant, f"kiwi {number}") for number in range(5)]
    await service.change(USER, ids[1], pinned=True)
    found: list[str] = []
    cursor = None
    while True:
        page = await service.lists.search(USER, "kiwi", before=cursor, limit=2)
        found += [unit.workflow.id for unit in page.found]
        cursor = page.next
        if cursor is None:
            break
    assert found == [ids[1], ids[4], ids[3], ids[2], ids[0]]


async def test_titles_of_an_earlier_version_are_found_renamed_restored_and_erased(
    path: Path,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    earlier = next(n for n, script in enumerate(MIGRATIONS) if "CREATE TABLE titles" in script)
    with monkeypatch.context() as older:
        older.setattr("quart_chat.storage.sqlite.file.schema.MIGRATIONS", MIGRATIONS[:earlier])
        await (await ChatRepository.open(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO users (id, created_at) VALUES (?, 0)", (USER,))
        connection.executemany(
            "INSERT INTO workflows (id, user_id, title, status, pinned, deleted, deleted_at, seq,"
            " item_seq, list_seq, created_at, updated_at) VALUES (?, ?, ?, 'idle', 0, ?, ?, 1, 1,"
            " 1, 0, ?)",
            [
                ("a" * 32, USER, "Green apples", 0, None, 1),
                ("b" * 32, USER, "Blue plums", 0, None, 2),
                ("c" * 32, USER, "Deleted plums", 1, time.time(), 3),
                ("d" * 32, USER, "Forgotten plums", 1, 1.0, 4),
                ("e" * 32, USER, "", 1, None, 5),
            ],
        )
    repository = await ChatRepository.open(path)
    service = make_service(repository, events, assistant)
    assert await search(service, "plum") == ["Blue plums"]
    await service.restore(USER, "c" * 32)
    await service.change(USER, "b" * 32, title="Yellow pears")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    assert await search(service, "plum") == ["Deleted plums"]
    assert await search(service, "pear") == ["Yellow pears"]
    (unit,) = (await service.lists.search(USER, "appl")).found
    assert marked(unit.title) == "Green [apples]"
    await service.recover()
    async with asyncio.timeout(30):
        while await service.recoverable(USER, "d" * 32) is not None:
            pass
    assert titles(path) == ["Deleted plums", "Green apples", "Yellow pears"]
    await service.close()
    await repository.close()


def titles(path: Path) -> list[str]:
    """What is indexed, after the index has been checked against it."""
    with closing(sqlite3.connect(path)) as connection:
        create_functions(connection)
        connection.execute(
            "INSERT INTO title_terms (title_terms, rank) VALUES ('integrity-check', 1)"
        )
        rows = connection.execute(
            "SELECT titles.title FROM title_terms JOIN titles ON number = title_terms.rowid"
            " ORDER BY titles.title"
        )
        return [title for (title,) in rows]
