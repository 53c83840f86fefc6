"""Searches that take long, and the words that the indexes hold."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_chat.chat.storage import ChatReader, ChatTransaction
from quart_chat.errors import SearchTooBroad
from quart_chat.search.folding import TOKENIZER, index_form
from quart_chat.storage import Storage, open_storage
from quart_chat.storage.postgres import words
from quart_chat.storage.postgres.database import Database
from quart_chat.storage.postgres.workflow_list import TextSearch
from quart_chat.storage.sqlite.chats.list_search import FTS5
from tests.examples import examples
from tests.services.postgres import PostgresServer
from tests.storage.contract.chats import USER, answered, put_workflow
from tests.waiting import until

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
LETTERS = "abÄßłéжשםعअिงั하 户用か゛が-'\"*:&|!()\\\u0301\u0e01\u0e31٣²ⅷ_.\ue000😀"
"""Letters, marks and others that both engines have known since Unicode 6.1."""


@pytest.fixture
async def database(postgres_database: str) -> AsyncIterator[Database]:
    database = await Database.open(postgres_database)
    yield database
    await database.close()


@pytest.fixture
async def storage(postgres_database: str) -> AsyncIterator[Storage]:
    storage = await open_storage(postgres_database)
    yield storage
    await storage.close()


async def test_a_search_that_takes_too_long_is_broken_off(database: Database) -> None:
    for seconds in (0.0, 0.05):
        with pytest.raises(SearchTooBroad, match="takes too long"):
            await database.search(lambda reading: reading.fetch(ENDLESS), seconds=seconds)
    for _ in range(3):
        assert await database.read(lambda reading: reading.fetch_one("SELECT 1")) == (1,)


async def test_searches_keep_nobody_from_reading_and_end_with_who_waits(database: Database) -> None:
    begun = database.queries
    searches = [
        asyncio.create_task(database.search(lambda reading: reading.fetch(ENDLESS)))
        for _ in range(3)
    ]
    await until(lambda: database.queries > begun + 3)
    async with asyncio.timeout(30):
        assert await database.read(lambda reading: reading.fetch_one("SELECT 1")) == (1,)
        for search in searches:
            search.cancel()
        await asyncio.wait(searches)
        for _ in range(3):
            assert await database.read(lambda reading: reading.fetch_one("SELECT 1")) == (1,)


async def test_a_read_that_is_cancelled_leaves_its_connection_usable(storage: Storage) -> None:
    def read(reader: ChatReader) -> int:
        return len(reader.select_page(USER, before=None, limit=5).workflows)

    for turns in range(12):
        task = asyncio.create_task(storage.chats.read(read))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
    assert await storage.chats.read(read) == 0


async def found(storage: Storage, *typed: str) -> list[str]:
    page = await storage.chats.search(
        lambda r: r.select_found(USER, typed, before=None, limit=9), seconds=30.0
    )
    return [one.workflow.title for one in page.found]


async def test_words_are_found_wherever_they_are_in_a_long_text(storage: Storage) -> None:
    text = " ".join(f"w{number}x" for number in range(2_000))
    await storage.chats.write(lambda tx: answered(tx, "Long", text))
    for number in range(0, 1_990, 7):
        assert await found(storage, f"w{number}x-w{number + 1}x-w{number + 2}") == ["Long"]
    assert await found(storage, "w5x-w7x") == []


async def test_a_text_of_one_character_over_and_over_is_found(storage: Storage) -> None:
    await storage.chats.write(lambda tx: answered(tx, "Laugh", "哈" * 3_000 + "呵" + "哈" * 40))
    assert await found(storage, "哈哈呵哈哈") == ["Laugh"]
    assert await found(storage, "呵呵") == []


async def test_a_word_that_no_index_takes_is_found_by_its_beginning(storage: Storage) -> None:
    await storage.chats.write(lambda tx: answered(tx, "Key", "x" * 700 + "end " + "ü" * 3_000))
    assert await found(storage, "x" * 600) == ["Key"]
    assert await found(storage, "ü" * 2_000) == ["Key"]


async def test_a_text_larger_than_a_tsvector_is_stored_and_found(storage: Storage) -> None:
    text = " ".join(f"word{number % 999}" for number in range(150_000)) + " kiwi-plum"
    assert len(text) > 1_048_575
    await storage.chats.write(lambda tx: answered(tx, "Large", text))
    assert await found(storage, "kiwi-plum") == ["Large"]


async def test_a_renamed_chat_is_found_by_its_new_title_alone(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> None:
        put_workflow(tx, answered(tx, "Kiwi"), title="Plum")

    await storage.chats.write(write)
    assert await found(storage, "plum") == ["Plum"]
    assert await found(storage, "kiwi") == ["Plum"]  # its prompt says so


async def test_no_word_of_an_erased_chat_is_left_in_an_index(
    storage: Storage, postgres: PostgresServer, postgres_database: str
) -> None:
    def delete(tx: ChatTransaction) -> None:
        put_workflow(tx, answered(tx, "secret"), deleted=True, deleted_at=5.0)

    await storage.chats.write(delete)
    name = postgres_database.rpartition("/")[2]
    counts = "SELECT (SELECT count(*) FROM title_index), (SELECT count(*) FROM message_index)"
    assert postgres.run(counts, name) == [(1, 2)]
    await storage.chats.write(lambda tx: tx.erase_deleted(5.0))
    assert postgres.run(counts, name) == [(0, 0)]


@pytest.fixture(scope="module")
def engines(postgres: PostgresServer) -> Iterator[tuple[Any, Any]]:
    """A table of FTS5, and a connection to PostgreSQL."""
    fts5 = sqlite3.connect(":memory:")
    fts5.execute(f'CREATE VIRTUAL TABLE t USING fts5(x, tokenize = "{TOKENIZER}")')
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as connection:
        yield fts5, connection
    fts5.close()


@settings(max_examples=examples(300))
@given(
    st.text(LETTERS, max_size=30),
    st.text(LETTERS, min_size=1, max_size=4),
    st.booleans(),
)
def test_both_engines_find_the_same(
    engines: tuple[Any, Any], text: str, typed: str, prefix: bool
) -> None:
    fts5, connection = engines
    fts5.execute("DELETE FROM t")
    fts5.execute("INSERT INTO t VALUES (?)", (index_form(text),))
    forms = (index_form(typed),)
    theirs = fts5.execute("SELECT 1 FROM t WHERE t MATCH ?", (FTS5().begins(forms, prefix=prefix),))
    query = TextSearch().begins(forms, prefix=prefix)
    vector = words.vector(words.cut(index_form(text)))
    (ours,) = connection.execute(
        "SELECT CAST(%s AS TSVECTOR) @@ CAST(%s AS TSQUERY)", (vector, query)
    ).fetchone()
    assert ours == bool(theirs.fetchall())
