"""A deleted chat can be restored for a while, and is then erased."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from quart_chat.assistants.parameters import Parameters
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.models import Workflow
from quart_chat.chat.service import ChatService
from quart_chat.errors import DatabaseUnavailable, NotFound
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.reader import Reader
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.file.schema import MIGRATIONS
from tests.chat.parts import USER, ask, find, make_service
from tests.chat.scripted import ScriptedAssistant
from tests.databases import query
from tests.stores import fetch, writing
from tests.waiting import until

NOWHERE = "0" * 32


async def count_messages(repository: ChatRepository) -> int:
    (row,) = await fetch(repository._database, "SELECT count(*) FROM messages")
    return int(row[0])


def tombstones(path: Path) -> list[tuple[str | None, ...]]:
    """What is left of the deleted chats beside ids, numbers and times."""
    return query(
        path.parent,
        "SELECT title, assistant, model, system_prompt, document_ids, parameters FROM workflows"
        " WHERE deleted ORDER BY id",
    )


async def test_a_deleted_chat_is_nowhere_to_be_found(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await ask(service, assistant, "secret")
    await service.delete(USER, workflow_id)
    with pytest.raises(NotFound):
        await service.snapshot(USER, workflow_id)
    with pytest.raises(NotFound):
        await service.delete(USER, workflow_id)
    assert (await service.lists.page(USER)).workflows == ()
    assert (await service.lists.search(USER, "secret")).found == ()
    assert await find(repository, "secret") == []
    (tombstone,) = (await service.lists.changes(USER, 2)).entries or ()
    assert tombstone.to_chat_data()["item"] == {"id": workflow_id, "deleted": True}


async def test_a_restored_chat_is_as_it_was(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "kept")
    before = await service.snapshot(USER, workflow_id)
    await service.delete(USER, workflow_id)
    deleted = await service.recoverable(USER, workflow_id)
    assert deleted is not None
    assert deleted.title == "kept"
    restored = await service.restore(USER, workflow_id)
    after = await service.snapshot(USER, workflow_id)
    assert (after.messages, after.logs, after.rounds) == (
        before.messages,
        before.logs,
        before.rounds,
    )
    assert (await service.lists.page(USER)).workflows == (restored,)
    assert len((await service.lists.search(USER, "kept")).found) == 1
    assert await service.recoverable(USER, workflow_id) is None
    assert await service.restore(USER, workflow_id) == restored


async def test_a_restored_chat_is_told_to_every_reader_of_the_list(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "kept")
    await service.delete(USER, workflow_id)
    async with service.events.subscribe(f"user:{USER}") as subscription:
        await service.restore(USER, workflow_id)
        batch = await subscription.read()
    assert batch is not None
    assert batch.events[0].data["item"]["title"] == "kept"


async def test_only_its_owner_restores_a_chat(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "mine")
    await service.delete(USER, workflow_id)
    for user, id_ in (("them", workflow_id), (USER, NOWHERE), (USER, "x")):
        with pytest.raises(NotFound):
            await service.restore(user, id_)
    assert await service.recoverable("them", workflow_id) is None


async def test_what_was_deleted_is_erased_in_time(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(undo_seconds=0.01))
    await service.recover()
    workflow_id = await ask(service, assistant, "secret")
    kept = await ask(service, assistant, "kept")
    await service.delete(USER, workflow_id)
    while await service.recoverable(USER, workflow_id) is not None:
        pass
    assert await count_messages(repository) == 2
    with pytest.raises(NotFound):
        await service.restore(USER, workflow_id)
    (tombstone,) = (await service.lists.changes(USER, 4)).entries or ()
    assert isinstance(tombstone, Workflow)
    assert (tombstone.id, tombstone.title) == (workflow_id, "")
    assert (await service.workflow(USER, kept)).title == "kept"
    await service.close()


async def test_nothing_is_left_that_says_what_was_in_an_erased_chat(
    path: Path,
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(undo_seconds=0.0))
    workflow_id = await ask(service, assistant, "secret", document_ids=("d" * 32,))
    secret = Parameters(extra={"user": "secret"})
    await service.change(USER, workflow_id, system_prompt="secret", parameters=secret)
    await service.delete(USER, workflow_id)
    await service.recover()
    while await service.recoverable(USER, workflow_id) is not None:
        pass
    assert tombstones(path) == [("", None, None, None, "[]", None)]
    await service.close()


@pytest.mark.sqlite
async def test_what_an_older_version_left_of_erased_chats_is_erased_as_well(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("quart_chat.storage.sqlite.file.schema.MIGRATIONS", MIGRATIONS[:9])
        await (await ChatRepository.open(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO workflows (id, user_id, title, status, pinned, deleted, deleted_at, seq,"
            " item_seq, list_seq, created_at, updated_at, assistant, model, system_prompt,"
            " document_ids) VALUES (?, 'local', ?, 'idle', 0, 1, ?, 1, 1, 1, 0, 0, 'a', 'm', 's',"
            " '[\"d\"]')",
            [("erased", "", None), ("recoverable", "t", 1.0)],
        )
    await (await ChatRepository.open(path)).close()
    assert tombstones(path) == [
        ("", None, None, None, "[]", None),
        ("t", "a", "m", "s", '["d"]', None),
    ]


async def test_what_was_deleted_is_erased_though_nobody_waits_for_the_deletion(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(undo_seconds=0.0))
    await service.recover()
    workflow_id = await ask(service, assistant, "secret")
    async with writing(repository):
        deleting = asyncio.create_task(service.delete(USER, workflow_id))
        await until(lambda: service._committer._tasks)
        deleting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await deleting
    await service._committer.settle()
    async with asyncio.timeout(30):
        while await service.recoverable(USER, workflow_id) is not None:
            pass
    assert await count_messages(repository) == 0
    await service.close()


async def test_what_a_process_left_to_erase_is_erased_by_the_next(
    service: ChatService,
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
) -> None:
    workflow_id = await ask(service, assistant, "secret")
    await service.delete(USER, workflow_id)
    await service.close()
    following = make_service(repository, events, assistant, limits=ChatLimits(undo_seconds=0.0))
    await following.recover()
    while await following.recoverable(USER, workflow_id) is not None:
        pass
    assert await count_messages(repository) == 0
    await following.close()


async def test_a_database_that_fails_is_tried_again(
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(undo_seconds=0.0))
    workflow_id = await ask(service, assistant, "secret")
    await service.delete(USER, workflow_id)
    select = Reader.select_oldest_deletion
    failures = 0

    def fail_once(reader: Reader) -> float | None:
        nonlocal failures
        failures += 1
        if failures == 1:
            raise DatabaseUnavailable("The disk is full.")
        return select(reader)

    monkeypatch.setattr("quart_chat.chat.deletion.purge._RETRY", 0.0)
    monkeypatch.setattr(Reader, "select_oldest_deletion", fail_once)
    await service.recover()
    await until(lambda: failures > 2)
    assert await count_messages(repository) == 0
    await service.close()
