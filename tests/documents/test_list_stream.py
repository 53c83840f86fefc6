"""The stream of a user's list, as it tells of documents."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from quart_chat.chat.lists import ChatLists
from quart_chat.chat.service import ChatService
from quart_chat.chat.streams.writer import stream_user
from quart_chat.chat.views import ListChanges
from quart_chat.documents.announcements import DocumentPublisher
from quart_chat.documents.models import Document, Progress, Status
from quart_chat.documents.unit_of_work import DocumentCommitter, DocumentUnitOfWork
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.documents import DocumentRepository
from quart_chat.storage.sqlite.file.database import Database
from quart_chat.storage.sqlite.file.schema import MIGRATIONS
from quart_chat.texts import use
from quart_chat.wire import list_context
from tests.chat.client import Client
from tests.chat.managers import make_manager
from tests.chat.parts import make_service
from tests.chat.scripted import ScriptedAssistant
from tests.documents.waiting import new_document
from tests.stores import open_store

USER = "ada"
HALF = Progress(0.5, "Reading")


@dataclass
class Lists:
    """The list of a user, with what changes it and what streams it."""

    events: StreamingEventManager
    chat: ChatService
    storage: DocumentRepository
    committer: DocumentCommitter
    publisher: DocumentPublisher

    async def put(self, document: Document, status: Status, **changes: Any) -> Document:
        changed = replace(document, status=status, **changes)
        return await self.committer.commit(lambda unit: unit.put(changed))

    async def read_on(
        self, client: Client, stream: AsyncGenerator[bytes, None]
    ) -> list[tuple[str | None, float | None]]:
        """Read what there is, up to a mark; the status and the progress of each document."""
        await self.events.emit_event(list_context(USER), "mark", {})
        while "mark" not in client.types:
            client.feed(await anext(stream))
        await stream.aclose()
        items = [frame["item"] for frame in client.frames if frame["type"] == "document"]
        return [(item.get("status"), item.get("progress")) for item in items]


@pytest.fixture
async def lists(tmp_path: Path) -> AsyncIterator[Lists]:
    store, events = await open_store(tmp_path / "chat.sqlite"), make_manager()
    chat = make_service(store.chats, events, ScriptedAssistant())
    storage = store.documents
    committer = DocumentCommitter(storage, events, partial(DocumentUnitOfWork, node_id="one"))
    yield Lists(events, chat, storage, committer, DocumentPublisher(events))
    await chat.close()
    await events.close()
    await store.database.close()


async def begin(stream: AsyncGenerator[bytes, None], client: Client) -> None:
    """Have a stream read the database, and follow from there."""
    while "pulse" not in client.types:
        client.feed(await anext(stream))


async def test_who_joins_during_a_reading_is_told_how_it_goes_on(lists: Lists) -> None:
    reading = await lists.put(new_document(USER), Status.READING)
    client, stream = Client(), stream_user(lists.chat, USER, None, "1-0", heartbeat=True)
    await begin(stream, client)
    await lists.publisher.advanced(reading, HALF)
    assert await lists.read_on(client, stream) == [("reading", 0.5)]
    assert client.last_id == ""


async def test_progress_from_before_the_database_was_read_is_not_told(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would follow the end of the reading, and make the document seem to be read again."""
    reading = await lists.put(new_document(USER), Status.READING)
    select = ChatLists.changes

    async def select_later(lists_: ChatLists, user_id: str, since: int) -> ListChanges:
        await lists.publisher.advanced(reading, HALF)
        await lists.put(reading, Status.READY)
        return await select(lists_, user_id, since)

    monkeypatch.setattr(ChatLists, "changes", select_later)
    client, stream = Client(), stream_user(lists.chat, USER, None, "0-0", heartbeat=True)
    await begin(stream, client)
    assert await lists.read_on(client, stream) == [("ready", None)]


async def test_a_node_that_has_lost_a_reading_changes_nothing_and_takes_no_seq(
    lists: Lists,
) -> None:
    begin_other = partial(DocumentUnitOfWork, node_id="two")
    other = DocumentCommitter(lists.storage, lists.events, begin_other)
    waiting = await lists.committer.commit(lambda unit: unit.add(new_document(USER)))
    reading = replace(waiting, status=Status.READING)
    assert await other.commit(lambda unit: unit.change_claimed(reading)) is None
    assert await lists.committer.commit(lambda unit: unit.change_claimed(reading)) is not None
    assert await other.commit(lambda unit: unit.transaction.claim_document(waiting.id, "two"))
    ready = replace(reading, status=Status.READY)
    assert await lists.committer.commit(lambda unit: unit.change_claimed(ready)) is None
    changed = await other.commit(lambda unit: unit.change_claimed(ready))
    assert changed is not None
    assert changed.list_seq == 3
    # It is read to its end: the last node to read it has no more to say either.
    assert await other.commit(lambda unit: unit.change_claimed(reading)) is None
    assert await lists.storage.read(lambda reader: reader.select_documents(USER)) == [changed]


@pytest.mark.parametrize("end", [Status.READY, Status.FAILED, Status.DELETING, Status.READING])
async def test_progress_that_comes_too_late_is_not_told(lists: Lists, end: Status) -> None:
    waiting = await lists.put(new_document(USER), Status.WAITING)
    client, stream = Client(), stream_user(lists.chat, USER, None, "1-0", heartbeat=True)
    await begin(stream, client)
    reading = await lists.put(waiting, Status.READING)
    await lists.publisher.advanced(reading, HALF)
    await lists.put(reading, end, message="It is damaged.")
    await lists.publisher.advanced(reading, HALF)
    told = await lists.read_on(client, stream)
    last = None if end is Status.DELETING else str(end)
    assert told == [("reading", None), ("reading", 0.5), (last, None)]
    assert client.ids == ["2-0", "3-0"]


async def test_progress_of_a_reading_that_was_not_told_shows_a_hole(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, stream = Client(), stream_user(lists.chat, USER, None, "0-0", heartbeat=True)
    await begin(stream, client)

    async def lose(*_: Any, **__: Any) -> None:
        pass

    with monkeypatch.context() as losing:
        losing.setattr(lists.events, "emit_event", lose)
        reading = await lists.put(new_document(USER), Status.READING)
    await lists.publisher.advanced(reading, HALF)
    assert await lists.read_on(client, stream) == [("reading", None), ("reading", 0.5)]
    assert client.ids == ["1-0"]


async def test_a_reset_is_followed_by_what_changes_after_it(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents from before it are for the client to fetch."""
    document = await lists.put(new_document(USER), Status.WAITING)
    select = ChatLists.page

    async def select_before_a_change(lists_: ChatLists, user_id: str) -> Any:
        page = await select(lists_, user_id)
        await lists.put(document, Status.READING)
        return page

    monkeypatch.setattr(ChatLists, "page", select_before_a_change)
    client, stream = Client(), stream_user(lists.chat, USER, None, None, heartbeat=True)
    await begin(stream, client)
    assert client.types == ["reset", "document", "pulse"]
    assert client.ids == ["1-0", "2-0"]
    await lists.publisher.advanced(replace(document, status=Status.READING, list_seq=2), HALF)
    assert await lists.read_on(client, stream) == [("reading", None), ("reading", 0.5)]


async def test_why_a_document_failed_is_told_in_the_language_of_the_reader(lists: Lists) -> None:
    await lists.put(new_document(USER), Status.FAILED, message="There is no text in it.")
    with use("de"):
        client, stream = Client(), stream_user(lists.chat, USER, None, "0-0", heartbeat=True)
    await begin(stream, client)
    await stream.aclose()
    (item,) = (frame["item"] for frame in client.frames if frame["type"] == "document")
    assert item["message"] == "Das Dokument enthält keinen Text."


@pytest.mark.sqlite
async def test_documents_of_an_older_version_are_kept_and_count_from_their_next_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.sqlite"
    with monkeypatch.context() as older:
        older.setattr("quart_chat.storage.sqlite.file.schema.MIGRATIONS", MIGRATIONS[:12])
        await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO users (id, list_seq, created_at) VALUES (?, 7, 0)", [USER])
        connection.executemany(
            "INSERT INTO documents (id, user_id, name, kind, size, status, passages, attempts,"
            " created_at, updated_at) VALUES (?, ?, 'a.txt', 'text', 1, ?, 1, 1, 0, 0)",
            [("ready", USER, "ready"), ("deleting", USER, "deleting")],
        )
    database, events = await Database.open(path), make_manager()
    storage = DocumentRepository(database)
    (document,) = await storage.read(lambda reader: reader.select_documents(USER))
    assert (document.id, document.list_seq) == ("ready", 0)
    (unsettled,) = await storage.read(lambda reader: reader.select_unsettled())
    assert unsettled.id == "deleting"
    committer = DocumentCommitter(storage, events, partial(DocumentUnitOfWork, node_id="one"))
    changed = await committer.commit(lambda unit: unit.put(document))
    changes = await ChatRepository(database).read(lambda reader: reader.select_changes(USER, 7))
    assert changes.entries == (changed,)
    assert changed.list_seq == 8
    await events.close()
    await database.close()
