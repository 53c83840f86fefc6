"""Whatever an installation has, it has the same after it was copied to PostgreSQL and back."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from quart.typing import TestClientProtocol as Client

from quart_chat.copying.copy import Copied, copy_installation
from quart_chat.copying.installation import Installation
from quart_chat.storage import open_storage, open_tables
from tests.accounts.parts import fill
from tests.app import create_test_app
from tests.copying.installations import (
    CHATS,
    answers,
    ask,
    check_indexes,
    counts_of_database,
    rows_of_file,
    without_snippets,
)
from tests.examples import examples
from tests.services.postgres import PostgresServer
from tests.web.streams import open_stream
from tests.web.test_documents import read, upload

pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(600)]

ODD = "Grün \U0001f642 日本語 'quoted' \\N \t\r\n\u2028 %s ? \U0010ffff"
PROMPTS = ["count 3 0ms", "nest", "fail", "paragraph", ODD, "kiwi\n\n- one\n- two", "\0 nothing"]
TEXTS = [
    ("kiwi.md", b"# Fruit\n\nThe kiwi is green.\n\n## Plums\n\nThe plum is blue.\n"),
    ("odd.txt", f"{ODD}\n\n".encode() * 40),
    ("empty words.csv", b"name,colour\nkiwi,green\nplum,blue\n"),
    ("broken.pdf", b"%PDF-1.4 broken"),
]

Step = tuple[str, int, str]

ACCOUNTS: Step = ("accounts", 0, "")
"""Makes users with all that lets them in; once."""

steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 3), st.sampled_from(PROMPTS)),
        st.tuples(st.just("edit"), st.integers(0, 3), st.sampled_from(PROMPTS)),
        st.tuples(
            st.sampled_from(
                ["pin", "share", "revoke", "delete", "restore", "read", "show", "queue"]
            ),
            st.integers(0, 3),
            st.just(""),
        ),
        st.tuples(
            st.sampled_from(["title", "instructions", "settings", "parameters"]),
            st.integers(0, 3),
            st.one_of(st.sampled_from([ODD, "count", "Title"]), st.text(min_size=1, max_size=60)),
        ),
        st.tuples(st.sampled_from(["upload", "remove"]), st.integers(0, 3), st.just("")),
        st.just(ACCOUNTS),
    ),
    min_size=1,
    max_size=12,
)


class User:
    """Does what it is told, with any chat and document that there was; the server may refuse it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._chats: list[str] = []
        self._documents: list[str] = []

    async def do(self, name: str, index: int, text: str) -> None:
        if name == "settings":
            changes = {"systemPrompt": text, "assistant": "slow"}
            await self._client.patch("/api/settings", json=changes)
        elif name == "upload":
            _, answer = await upload(self._client, TEXTS[index])
            self._documents += [document["id"] for document in answer.get("documents", [])]
        elif name == "remove":
            for id_ in self._documents[index : index + 1]:
                await self._client.delete(f"/api/documents/{id_}")
        elif index < len(self._chats):
            await self._change(name, self._chats[index], text)
        elif name == "ask":
            self._chats.append(await ask(self._client, text))

    async def _change(self, name: str, chat: str, text: str) -> None:
        path = f"{CHATS}/{chat}"
        changes = {
            "pin": {"pinned": True},
            "read": {"readSeq": 10**6},
            "show": {"head": 1},
            "title": {"title": text},
            "instructions": {"systemPrompt": text},
            "parameters": {"parameters": {"temperature": 0.7}},
        }
        if name in changes:
            await self._client.patch(path, json=changes[name])
        elif name in {"share", "restore"}:
            await self._client.post(f"{path}/{name}")
        elif name == "queue":
            await self._queue(chat)
        elif name in {"delete", "revoke"}:
            await self._client.delete(path if name == "delete" else f"{path}/share")
        else:
            body = {"prompt": text, "workflowId": chat, "assistant": "slow"}
            replaced = {"replaces": 1} if name == "edit" else {}
            url = "/api/chatbot/start/stream"
            response = await self._client.post(url, json={**body, **replaced})
            await response.get_data()

    async def _queue(self, chat: str) -> None:
        """Leave a prompt in the queue, which waits after a stop."""
        body = {"prompt": "wait", "workflowId": chat, "assistant": "slow"}
        async with open_stream(self._client, "/api/chatbot/start/stream", json=body):
            await self._client.post(f"/api/chatbot/{chat}/queue", json={"prompt": "Later"})
            await self._client.post(f"/api/chatbot/{chat}/stop")

    async def has_read_all(self) -> None:
        """Wait until no document waits or is read any more."""
        async with asyncio.timeout(60):
            while await self._unread():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.01)

    async def _unread(self) -> list[str]:
        listed = await (await self._client.get("/api/documents")).get_json()
        statuses = [document["status"] for document in listed["documents"]]
        return [status for status in statuses if status in {"waiting", "reading", "deleting"}]


async def make(instance: Path, todo: Sequence[Step]) -> None:
    """Make an installation that has read its documents."""
    app = create_test_app({"QUART_CHAT_INSTANCE": instance, "QUART_CHAT_RESTORE_SECONDS": 0.2})
    async with app.test_app() as running:
        client = running.test_client()
        user = User(client)
        for step in todo:
            if step != ACCOUNTS:
                await user.do(*step)
        await user.has_read_all()
    if ACCOUNTS in todo:
        storage = await open_storage(f"sqlite:{instance / 'chat.sqlite'}")
        await fill(storage)
        await storage.close()


async def said(instance: Path, database: str = "") -> dict[str, Any]:
    """What an installation says that is started now."""
    app = create_test_app({"QUART_CHAT_INSTANCE": instance, "QUART_CHAT_DATABASE": database})
    async with app.test_app() as running:
        return await answers(running.test_client())


def copy(source: str, target: str, folder: Path) -> Copied:
    return copy_installation(
        Installation.at(source, str(folder)),
        Installation.at(target, str(folder)),
        lambda *_: None,
    )


def files(instance: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (instance / "documents").iterdir()}


@settings(
    max_examples=examples(50),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(todo=steps)
def test_an_installation_is_the_same_there_and_back(
    postgres: PostgresServer, todo: list[Step]
) -> None:
    name = postgres.create()
    try:
        with tempfile.TemporaryDirectory() as folder:
            round_trip(postgres, name, Path(folder), todo)
    finally:
        postgres.drop(name)


def round_trip(server: PostgresServer, name: str, folder: Path, todo: Sequence[Step]) -> None:
    here, there, back = (folder / each for each in ("here", "there", "back"))
    address = server.address(name)
    asyncio.run(make(here, todo))
    # Chats that were deleted may be erased with each start, so that comes first.
    before = asyncio.run(said(here))
    rows = rows_of_file(here)

    out = copy(str(here), address, there)
    assert files(there) == files(here)
    assert counts_of_database(server, name) == {table: len(found) for table, found in rows.items()}
    home = copy(address, str(back), there)
    assert rows_of_file(back) == rows
    assert rows_of_file(here) == rows
    assert files(back) == files(here)
    assert home.digest == out.digest
    check_indexes(back)

    assert without_snippets(asyncio.run(said(there, address))) == without_snippets(before)
    assert asyncio.run(said(back)) == before


def test_what_the_steps_make_is_in_every_table(postgres: PostgresServer, empty: str) -> None:
    todo = [
        *(("ask", 0, "count 3 0ms"), ("queue", 0, ""), ("share", 0, ""), ("upload", 0, "")),
        ACCOUNTS,
        *(("settings", 0, ODD), ("parameters", 0, "a"), ("edit", 0, "nest"), ("title", 0, ODD)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        round_trip(postgres, empty, Path(folder), todo)
        counts = counts_of_database(postgres, empty)
    assert [table for table, count in counts.items() if not count] == []


def test_both_engines_copy_the_same_tables_and_columns(postgres_database: str) -> None:
    """A column that only one engine has is either derived or a mistake: see both ``tables.py``."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(said(Path(folder)))
        with (
            open_tables(f"sqlite:{folder}/chat.sqlite") as sqlite,
            open_tables(postgres_database) as postgres,
        ):
            tables = sqlite.references()
            assert tables == postgres.references()
            assert {name: set(sqlite.columns(name)) for name in tables} == {
                name: set(postgres.columns(name)) for name in tables
            }


async def test_what_is_derived_is_what_the_store_itself_derives(
    postgres: PostgresServer, empty: str, source: Path, tmp_path: Path
) -> None:
    await asyncio.to_thread(copy, str(source), postgres.address(empty), tmp_path / "copied")
    derived = (
        "SELECT part, terms, stems FROM message_index ORDER BY message_number, part",
        "SELECT title, terms FROM title_index ORDER BY title",
        "SELECT name, stems FROM document_passages JOIN documents ON documents.id = document_id",
        "SELECT word, trigrams FROM document_words ORDER BY word",
    )
    copied = [postgres.run(sql, empty) for sql in derived]
    assert all(copied)

    own = postgres.create()
    try:
        config = {
            "QUART_CHAT_INSTANCE": tmp_path / "own",
            "QUART_CHAT_DATABASE": postgres.address(own),
        }
        async with create_test_app(config).test_app() as running:
            client = running.test_client()
            chat = await ask(client, "count 3 0ms")
            await ask(client, "nest", workflowId=chat)
            await ask(client, "fail")
            await read(client, "kiwi.md", b"# Fruit\n\nThe kiwi is green.\n")
        assert [postgres.run(sql, own) for sql in derived] == copied
    finally:
        postgres.drop(own)


def test_rows_that_come_later_have_numbers_after_those_that_were_copied(
    postgres: PostgresServer, empty: str, source: Path, tmp_path: Path
) -> None:
    address = postgres.address(empty)
    copy(str(source), address, tmp_path / "copied")
    numbers = "SELECT max(number) FROM messages UNION ALL SELECT max(number) FROM logs"
    before = postgres.run(numbers, empty)

    async def go_on() -> None:
        config = {"QUART_CHAT_INSTANCE": tmp_path / "copied", "QUART_CHAT_DATABASE": address}
        async with create_test_app(config).test_app() as running:
            await ask(running.test_client(), "count 3 0ms")

    asyncio.run(go_on())
    assert [row[0] - 2 for row in postgres.run(numbers, empty)] == [row[0] for row in before]


@pytest.mark.parametrize("names", ["file to file", "database to database"])
def test_a_store_is_copied_to_one_of_its_own_kind(
    names: str, postgres: PostgresServer, create: Any, source: Path, tmp_path: Path
) -> None:
    if names == "file to file":
        copy(str(source), str(tmp_path / "copied"), tmp_path)
        assert rows_of_file(tmp_path / "copied") == rows_of_file(source)
        assert files(tmp_path / "copied") == files(source)
    else:
        first, second = postgres.address(create()), postgres.address(create())
        out = copy(str(source), first, tmp_path)
        assert copy(first, second, tmp_path).digest == out.digest
