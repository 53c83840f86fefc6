"""A document service on an empty database, its files and its events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quart_chat.assistants.librarian.corpora import DocumentSearch
from quart_chat.documents.models import Document
from quart_chat.documents.reading.queue import IngestionTimeouts
from quart_chat.documents.reading.subprocess import ResourceLimits
from quart_chat.documents.service import DocumentService
from quart_chat.documents.uploads import DocumentLimits
from quart_chat.events import Event, StreamingEventManager
from quart_chat.storage.statements import Database
from tests.chat.managers import make_manager
from tests.stores import Store, fetch, open_store

USER = "ada"
LIMIT = 60.0


@dataclass
class Library:
    """The documents of this test, with what is under them."""

    folder: Path
    store: Store
    events: StreamingEventManager
    service: DocumentService

    @property
    def database(self) -> Database:
        return self.store.database

    @property
    def search(self) -> DocumentSearch:
        return self.store.document_search

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def make_service(self, **options: Any) -> DocumentService:
        options.setdefault("timeouts", IngestionTimeouts(progress=0.01, retry=0.01))
        return DocumentService(self.store.documents, self.events, self.folder, **options)

    async def add(self, name: str, content: bytes | str, user_id: str = USER) -> Document:
        data = content.encode() if isinstance(content, str) else content
        return await self.service.add(user_id, name, in_chunks(data))

    async def read(self, name: str, content: bytes | str, user_id: str = USER) -> Document:
        """Add a document and wait until it is read."""
        document = await self.add(name, content, user_id)
        await self.told(document)
        return await self.service.document(user_id, document.id)

    async def told(self, document: Document) -> list[Event]:
        """All that its context tells of a document, up to its end."""
        async with asyncio.timeout(LIMIT):
            context = f"document:{document.id}"
            return [event async for event in self.events.stream_events(context)]

    async def rows(self, table: str) -> int:
        (row,) = await fetch(self.database, f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(row[0])

    async def tombstones(self) -> list[str]:
        """The ids of the rows that say nothing of what their documents were."""
        rows = await fetch(
            self.database,
            "SELECT id FROM documents WHERE status = 'deleted' AND name = '' AND kind = 'text'"
            " AND size = 0 AND code IS NULL AND message IS NULL AND pages IS NULL"
            " AND passages = 0 AND attempts = 0 ORDER BY id",
        )
        return [row[0] for row in rows]


async def in_chunks(data: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        yield library


@asynccontextmanager
async def open_library(folder: Path) -> AsyncGenerator[Library]:
    """A library in an empty folder."""
    store = await open_store(folder / "chat.sqlite")
    events = make_manager()
    library = Library(folder / "documents", store, events, None)  # type: ignore[arg-type]  # made at once
    library.service = library.make_service(
        limits=DocumentLimits(document=25_000_000, together=60_000_000),
        resource_limits=ResourceLimits(seconds=60),
    )
    await library.service.recover()
    yield library
    await library.service.close()
    await events.close()
    await store.database.close()
