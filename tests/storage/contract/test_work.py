"""Work on a store: as a whole or not at all, one change after the other, as of one moment."""

from __future__ import annotations

import asyncio

import pytest

from quart_chat.chat.models import Workflow
from quart_chat.chat.storage import ChatReader, ChatTransaction
from quart_chat.storage import Storage, open_storage
from tests.storage.contract.chats import USER, answered, begin_workflow, put_workflow


def titles(reader: ChatReader) -> list[str]:
    page = reader.select_page(USER, before=None, limit=100)
    return [workflow.title for workflow in page.workflows]


async def test_what_a_change_returns_reaches_its_caller(storage: Storage) -> None:
    workflow = await storage.chats.write(begin_workflow)
    assert await storage.chats.read(lambda r: r.select_workflow(workflow.id)) == workflow


async def test_a_change_that_fails_changes_nothing(storage: Storage) -> None:
    def fail(tx: ChatTransaction) -> None:
        begin_workflow(tx)
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await storage.chats.write(fail)
    assert await storage.chats.read(titles) == []
    assert (await storage.chats.read(lambda r: r.select_changes(USER, 0))).list_seq == 0


async def test_what_a_reader_raises_reaches_its_caller(storage: Storage) -> None:
    def fail(_: ChatReader) -> None:
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await storage.chats.read(fail)


async def test_what_follows_a_commit_comes_before_any_other_change(storage: Storage) -> None:
    order: list[str] = []

    async def change(name: str) -> None:
        async def committed(_: Workflow) -> None:
            order.append(f"{name} committed")
            await asyncio.sleep(0)
            order.append(f"{name} told")

        await storage.chats.write(lambda tx: begin_workflow(tx, name), committed)

    await asyncio.gather(*(change(name) for name in "abc"))
    assert sorted(order[::2]) == ["a committed", "b committed", "c committed"]
    assert all(order[n + 1] == order[n].replace("committed", "told") for n in (0, 2, 4))


async def test_changes_count_without_a_gap_however_many_are_made(storage: Storage) -> None:
    await asyncio.gather(*(storage.chats.write(begin_workflow) for _ in range(20)))
    changes = await storage.chats.read(lambda r: r.select_changes(USER, 0))
    assert [w.list_seq for w in changes.entries or ()] == list(range(1, 21))
    assert changes.list_seq == 20


async def test_a_reader_sees_one_moment(storage: Storage) -> None:
    workflow = await storage.chats.write(begin_workflow)
    loop = asyncio.get_running_loop()

    def read(reader: ChatReader) -> tuple[int, int]:
        before = reader.select_workflow(workflow.id)
        change = storage.chats.write(lambda tx: put_workflow(tx, workflow, title="changed"))
        asyncio.run_coroutine_threadsafe(change, loop).result(30)
        after = reader.select_workflow(workflow.id)
        assert before is not None
        assert after is not None
        return before.seq, after.seq

    assert await storage.chats.read(read) == (1, 1)
    later = await storage.chats.read(lambda r: r.select_workflow(workflow.id))
    assert later is not None
    assert (later.seq, later.title) == (2, "changed")


async def test_all_is_there_when_it_is_opened_again(url: str) -> None:
    first = await open_storage(url)
    workflow = await first.chats.write(lambda tx: answered(tx, "one", "two"))
    await first.close()
    await first.close()
    again = await open_storage(url)
    snapshot = await again.chats.read(lambda r: r.select_snapshot(USER, workflow.id, 0))
    await again.close()
    assert snapshot is not None
    assert [m.content for m in snapshot.messages] == ["one", "About one", "two", "About two"]


async def test_no_engine_has_an_unknown_scheme() -> None:
    with pytest.raises(ValueError, match="no engine"):
        await open_storage("floppy:a")
