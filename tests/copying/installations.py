"""Installations made by the application itself, and all that is in their stores."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from quart.typing import TestClientProtocol as Client

from tests.app import create_test_app
from tests.services.postgres import PostgresServer
from tests.web.streams import parse
from tests.web.test_documents import read, upload

Rows = dict[str, list[tuple[Any, ...]]]

STORE = "chat.sqlite"
CHATS = "/api/chatbot/workflows"
SEARCHES = ("count", "kiwi", "grün", "日本", "\N{SMILE} title", "3", "Over there")

# What makes each row and each value of them differ from all others.
_SQLITE_TABLES = (
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    " AND name NOT IN ('nodes', 'titles', 'sqlite_schema')"
)
_POSTGRES_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    " AND tablename NOT IN ('nodes', 'schema_version', 'title_index', 'message_index')"
)
_INDEXES = ("message_words", "message_terms", "title_terms", "document_terms", "document_trigrams")


def rows_of_file(instance: Path) -> Rows:
    """All rows of an SQLite file by table, with the number that SQLite gave those of logs."""
    with closing(sqlite3.connect(instance / STORE)) as connection:
        tables = [row[0] for row in connection.execute(_SQLITE_TABLES)]
        return {
            table: sorted(
                connection.execute(
                    f"SELECT {'rowid, ' if table == 'logs' else ''}* FROM {table}"  # noqa: S608
                ),
                key=repr,
            )
            for table in tables
        }


def check_indexes(instance: Path) -> None:
    """Have FTS5 compare what is indexed with the texts themselves."""
    from quart_chat.storage.sqlite.file.connection import create_functions

    with closing(sqlite3.connect(instance / STORE)) as connection:
        create_functions(connection)
        for index in _INDEXES:
            connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")  # noqa: S608


def counts_of_database(server: PostgresServer, name: str) -> dict[str, int]:
    """How many rows the tables of a database have."""
    tables = [row[0] for row in server.run(_POSTGRES_TABLES, name)]
    return {
        table: server.run(f"SELECT count(*) FROM {table}", name)[0][0]  # noqa: S608
        for table in tables
    }


async def ask(client: Client, prompt: str, **body: Any) -> str:
    """Ask the test assistant, and return the id of the chat."""
    response = await client.post(
        "/api/chatbot/start/stream", json={"prompt": prompt, "assistant": "slow", **body}
    )
    assert response.status_code == 200, await response.get_data()
    payloads = parse(await response.get_data(as_text=False))
    return str(next(p["item"]["id"] for p in payloads if p["type"] == "workflow"))


async def answers(client: Client) -> dict[str, Any]:
    """What an installation says of all that it has."""
    pages: dict[str, Any] = {}
    for path in (
        f"{CHATS}?limit=100",
        "/api/documents",
        "/api/settings",
        *(f"{CHATS}?q={quote(q)}" for q in SEARCHES),
    ):
        pages[path] = await _json(client, path)
    ids = [chat["id"] for chat in pages[f"{CHATS}?limit=100"]["workflows"]]
    documents = [document["id"] for document in pages["/api/documents"]["documents"]]
    for path in (
        *(f"/api/chatbot/{id_}/chatdata" for id_ in ids),
        *(f"{CHATS}/{id_}/share" for id_ in ids),
        *(f"/api/chatbot/{id_}/queue" for id_ in ids),
        *(f"/api/documents/{id_}" for id_ in documents),
    ):
        pages[path] = await _json(client, path)
    for id_ in ids:
        path = f"/chat/{id_}/export.json"
        pages[path] = await (await client.get(path)).get_data()
    return pages


def without_snippets(pages: dict[str, Any]) -> dict[str, Any]:
    """The same without what engines choose by themselves: which hit of a chat is shown."""
    plain = dict(pages)
    for path in [path for path in plain if "?q=" in path]:
        plain[path] = [chat["id"] for chat in plain[path]["workflows"]]
    return plain


async def _json(client: Client, path: str) -> Any:
    return await (await client.get(path)).get_json()


def small(folder: Path) -> Path:
    """An installation with a chat of two rounds, a link, a document and one that is deleted."""
    instance = folder / "source"

    async def make() -> None:
        app = create_test_app({"QUART_CHAT_INSTANCE": instance})
        async with app.test_app() as running:
            client = running.test_client()
            chat = await ask(client, "count 3 0ms")
            await ask(client, "nest", workflowId=chat)
            await client.post(f"{CHATS}/{chat}/share")
            await client.delete(f"{CHATS}/{await ask(client, 'fail')}")
            await read(client, "kiwi.md", b"# Fruit\n\nThe kiwi is green.\n")
            _, answer = await upload(client, ("plum.md", b"# Plum\n\nIt is blue.\n"))
            await client.delete(f"/api/documents/{answer['documents'][0]['id']}")

    asyncio.run(make())
    return instance
