"""All chats of a user are deleted at once, and can be brought back together."""

from __future__ import annotations

import asyncio

import pytest

from quart_chat.assistants.protocol import Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.deletion.deletions import AT_ONCE
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.models import RoundStatus, Workflow
from quart_chat.chat.service import ChatService
from quart_chat.errors import NotFound
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.parts import USER, ask, make_service
from tests.chat.scripted import ScriptedAssistant
from tests.stores import writing
from tests.waiting import until

OTHER = "other"


async def listed(service: ChatService, user: str = USER) -> set[str]:
    page = await service.lists.page(user, limit=100)
    return {workflow.id for workflow in page.workflows}


async def begin(service: ChatService, assistant: ScriptedAssistant, prompt: str) -> str:
    """Begin a round that says a word and goes on."""
    started = await service.start(Ask(USER, prompt))
    assistant.tell(prompt, Text("Well"))
    await until(lambda: service.rounds.running[started.workflow_id].answer.text == "Well")
    return started.workflow_id


async def fill(service: ChatService, assistant: ScriptedAssistant, count: int) -> set[str]:
    return {await ask(service, assistant, f"chat {number}") for number in range(count)}


async def test_all_chats_are_deleted_and_those_of_others_stay(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    idle, pinned = await ask(service, assistant, "idle"), await ask(service, assistant, "pinned")
    await service.change(USER, pinned, pinned=True)
    shared = await service.sharing.share(USER, idle)
    running = await begin(service, assistant, "running")
    started = await service.start(Ask(OTHER, "theirs"))
    cleared = await service.deletions.clear(USER)
    assert cleared.count == 3
    assert await listed(service) == set()
    assert await listed(service, OTHER) == {started.workflow_id}
    assert set(service.rounds.running) == {started.workflow_id}
    assert assistant.closed == ["idle", "pinned", "running"]
    for id_ in (idle, pinned, running):
        with pytest.raises(NotFound):
            await service.snapshot(USER, id_)
    with pytest.raises(NotFound):
        await service.sharing.open(shared.token)


async def test_they_come_back_together_as_they_were(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    before = await ask(service, assistant, "deleted before")
    await service.delete(USER, before)
    idle = await ask(service, assistant, "idle")
    running = await begin(service, assistant, "running")
    kept = await service.snapshot(USER, idle)
    cleared = await service.deletions.clear(USER)
    assert await service.deletions.count(USER, cleared.deleted_at) == 2
    later = await ask(service, assistant, "later")
    with pytest.raises(NotFound):
        await service.deletions.restore_all(OTHER, cleared.deleted_at)
    assert await service.deletions.restore_all(USER, cleared.deleted_at) == 2
    assert await listed(service) == {idle, running, later}
    restored = await service.snapshot(USER, idle)
    assert (restored.messages, restored.rounds) == (kept.messages, kept.rounds)
    # What had been written of the answer is there, and the round has its one end.
    cut = await service.snapshot(USER, running)
    assert cut.messages[-1].content == "Well"
    assert [round_.status for round_ in cut.rounds] == [RoundStatus.STOPPED]
    with pytest.raises(NotFound):
        await service.deletions.restore_all(USER, cleared.deleted_at)


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, 2 * AT_ONCE + 1])
async def test_however_many_there_are_each_is_told_once(
    service: ChatService, assistant: ScriptedAssistant, count: int
) -> None:
    ids = await fill(service, assistant, count)
    version = (await service.lists.page(USER)).list_seq
    async with service.events.subscribe(f"user:{USER}") as subscription:
        assert (await service.deletions.clear(USER)).count == count
        told: list[str] = []
        while len(told) < count:
            batch = await subscription.read()
            assert batch is not None
            told += [event.data["item"]["id"] for event in batch.events]
            assert all(event.data["item"]["deleted"] for event in batch.events)
    assert sorted(told) == sorted(ids)
    # A reader that was away learns of it from the versions of the list.
    changes, seen = await service.lists.changes(USER, version), set[str]()
    while changes.entries:
        seen |= {entry.id for entry in changes.entries if isinstance(entry, Workflow)}
        changes = await service.lists.changes(USER, changes.list_seq)
    assert seen == ids


async def test_a_deletion_goes_on_where_its_request_is_gone(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    await fill(service, assistant, AT_ONCE + 5)
    async with writing(repository):
        clearing = asyncio.create_task(service.deletions.clear(USER))
        await until(lambda: service._committer._tasks)
        clearing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await clearing
    await until(lambda: not service.deletions._tasks)
    assert await listed(service) == set()


async def test_a_service_that_closes_leaves_off_between_two_transactions(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant)
    await fill(service, assistant, AT_ONCE + 5)
    async with writing(repository):
        clearing = asyncio.create_task(service.deletions.clear(USER))
        await until(lambda: service._committer._tasks)
        closing = asyncio.create_task(service.close())
        await until(lambda: service.deletions._closing)
    # What was deleted is counted, and can be restored by its moment.
    cleared = await clearing
    assert cleared.count == AT_ONCE
    await closing
    assert len(await listed(service)) == 5
    assert await service.deletions.count(USER, cleared.deleted_at) == AT_ONCE


async def test_a_chat_that_is_begun_meanwhile_stays(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    await fill(service, assistant, 2)
    async with writing(repository):
        clearing = asyncio.create_task(service.deletions.clear(USER))
        await until(lambda: service._committer._tasks)
        starting = asyncio.create_task(service.start(Ask(USER, "new")))
    begun = await starting
    assert (await clearing).count == 2
    assert await listed(service) == {begun.workflow_id}


async def test_what_is_erased_can_not_come_back(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(undo_seconds=0.0))
    await service.recover()
    await fill(service, assistant, 3)
    cleared = await service.deletions.clear(USER)
    async with asyncio.timeout(30):
        while await service.deletions.count(USER, cleared.deleted_at):
            pass
    with pytest.raises(NotFound, match="can't be restored"):
        await service.deletions.restore_all(USER, cleared.deleted_at)
    await service.close()
