"""Stores for tests: files of SQLite, or with ``--store=postgres`` databases of PostgreSQL."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from quart_chat.assistants.librarian.corpora import ChatSearch, DocumentSearch
from quart_chat.storage import open_storage
from quart_chat.storage.postgres.chat_search import SearchableChats as PostgresChatSearch
from quart_chat.storage.postgres.chats import ChatRepository as PostgresChats
from quart_chat.storage.postgres.database import Database as PostgresDatabase
from quart_chat.storage.postgres.document_search import SearchableDocuments as PostgresSearch
from quart_chat.storage.postgres.documents import DocumentRepository as PostgresDocuments
from quart_chat.storage.sqlite.chats.search import SearchableChats
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.document_search import SearchableDocuments
from quart_chat.storage.sqlite.documents import DocumentRepository
from quart_chat.storage.sqlite.file.database import Database as SQLiteDatabase
from quart_chat.storage.statements import Database, Row
from tests import databases
from tests.empty_store import copy_to
from tests.services.postgres import PostgresServer


@dataclass(frozen=True)
class Store:
    """A store, with the database that is under its parts."""

    database: Database
    chats: ChatRepository
    documents: DocumentRepository
    chat_search: ChatSearch
    document_search: DocumentSearch


async def make_template(server: PostgresServer) -> str:
    """Make a database with the schema and nothing in it; its name."""
    name = server.create()
    await (await open_storage(server.address(name))).close()
    return name


async def open_store(path: Path, *, busy_timeout: float = 5.0, patience: float = 10.0) -> Store:
    """Open the store at a path."""
    if databases.current is None:
        copy_to(path)
        file = await SQLiteDatabase.open(path, busy_timeout=busy_timeout, patience=patience)
        return store_of(file)
    return store_of(
        await PostgresDatabase.open(
            databases.current.address(path), busy_timeout=busy_timeout, patience=patience
        )
    )


async def open_chats(path: Path, *, busy_timeout: float = 5.0) -> ChatRepository:
    """Open the store at a path for its chats."""
    return (await open_store(path, busy_timeout=busy_timeout)).chats


def store_of(database: Database) -> Store:
    """All parts of a store on a database."""
    if isinstance(database, PostgresDatabase):
        return Store(
            database,
            PostgresChats(database),
            PostgresDocuments(database),
            PostgresChatSearch(database),
            PostgresSearch(database),
        )
    assert isinstance(database, SQLiteDatabase)
    return Store(
        database,
        ChatRepository(database),
        DocumentRepository(database),
        SearchableChats(database),
        SearchableDocuments(database),
    )


def writing(repository: ChatRepository) -> AbstractAsyncContextManager[object]:
    """Keep all writers out."""
    return cast("Any", repository._database).turn()  # type: ignore[no-any-return]  # both engines have it


async def fetch(database: Database, sql: str) -> list[Row]:
    """Read rows that no repository shows."""
    return await database.read(lambda statements: statements.fetch(sql))
