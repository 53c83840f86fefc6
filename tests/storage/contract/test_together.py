"""Changes that wait at the same time share a transaction, and notice nothing of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.availability.patience import grant
from quart_chat.chat.models import Workflow
from quart_chat.chat.storage import ChatTransaction
from quart_chat.errors import DatabaseUnavailable, NotFound
from quart_chat.storage import Storage, open_storage
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.write_queue import MOST_TOGETHER
from quart_chat.texts import set_language
from tests.storage.contract.chats import USER, begin_workflow
from tests.storage.contract.test_work import titles
from tests.stores import writing

FATES = ["kept", "refused", "broken", "unready", "cancelled", "cancelled later"]


def held(storage: Storage) -> AbstractAsyncContextManager[object]:
    """Keep all writers out."""
    return writing(cast("ChatRepository", storage.chats))


async def together(storage: Storage, *changes: Awaitable[Any]) -> list[Any]:
    """Have changes wait for the same turn; what each gives or raises."""
    async with held(storage):
        tasks = [asyncio.ensure_future(change) for change in changes]
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)


def named(storage: Storage, name: str, error: Exception | None = None) -> Awaitable[Workflow]:
    """Begin a chat, and fail then if there is an error."""

    def work(tx: ChatTransaction) -> Workflow:
        workflow = begin_workflow(tx, name)
        if error is not None:
            raise error
        return workflow

    return storage.chats.write(work)


async def begin(
    storage: Storage, fate: str, committed: Callable[[Workflow], Awaitable[None]]
) -> Workflow:
    """Begin a chat, and have it refused or broken where that is its fate."""
    errors: dict[str, Exception] = {"refused": NotFound("gone"), "broken": KeyError("broken")}

    def work(tx: ChatTransaction) -> Workflow:
        workflow = begin_workflow(tx, fate)
        if fate in errors:
            raise errors[fate]
        return workflow

    def get_ready() -> None:
        if fate == "unready":
            raise KeyError("broken")

    return await storage.chats.write(work, committed, get_ready)


async def test_they_are_one_transaction(storage: Storage) -> None:
    chats = cast("ChatRepository", storage.chats)
    await together(storage, named(storage, "first"))
    before = chats.queries
    await together(storage, named(storage, "lone"))
    lone = chats.queries - before
    results = await together(storage, *(named(storage, str(n)) for n in range(10)))
    ten = chats.queries - before - lone
    assert [workflow.title for workflow in results] == [str(n) for n in range(10)]
    # Two less for the beginning and the commit that they share, two more for each savepoint.
    assert ten == 10 * (lone - 2) + 2 + 20


async def test_no_transaction_is_of_more_than_others_can_wait_for(storage: Storage) -> None:
    count = 2 * MOST_TOGETHER + 1
    results = await together(storage, *(named(storage, str(n)) for n in range(count)))
    assert [workflow.list_seq for workflow in results] == [*range(1, count + 1)]


@pytest.mark.parametrize("error", [NotFound("gone"), KeyError("broken")], ids=["refused", "broken"])
async def test_one_that_fails_leaves_the_others(storage: Storage, error: Exception) -> None:
    results = await together(
        storage, named(storage, "a"), named(storage, "b", error), named(storage, "c")
    )
    assert [results[0].title, results[2].title] == ["a", "c"]
    assert results[1] is error
    assert sorted(await storage.chats.read(titles)) == ["a", "c"]
    changes = await storage.chats.read(lambda r: r.select_changes(USER, 0))
    assert changes.list_seq == 2


async def test_one_that_has_no_time_left_leaves_the_others(storage: Storage) -> None:
    async def impatient() -> Workflow:
        grant(0.01)
        set_language("de")
        return await named(storage, "b")

    async with held(storage):
        first = asyncio.ensure_future(named(storage, "a"))
        with pytest.raises(DatabaseUnavailable, match="Der Server hat zu viel auf einmal"):
            await asyncio.create_task(impatient())
        last = asyncio.ensure_future(named(storage, "c"))
    assert [(await first).title, (await last).title] == ["a", "c"]
    assert sorted(await storage.chats.read(titles)) == ["a", "c"]


async def test_it_is_the_turn_of_all_before_any_is_written(storage: Storage) -> None:
    order: list[str] = []

    def change(name: str) -> Awaitable[None]:
        async def committed(_: None) -> None:
            order.append(f"{name} committed")

        return storage.chats.write(lambda _: None, committed, lambda: order.append(f"{name} ready"))

    await together(storage, change("a"), change("b"))
    assert order == ["a ready", "b ready", "a committed", "b committed"]


async def test_one_that_can_not_get_ready_keeps_none_waiting(storage: Storage) -> None:
    def get_ready() -> None:
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await storage.chats.write(begin_workflow, None, get_ready)
    assert (await named(storage, "next")).list_seq == 1


async def test_one_whose_caller_goes_holds_up_none(storage: Storage) -> None:
    """Wherever it is: while it waits for its turn, and while it is told to others."""
    telling = asyncio.Event()

    async def committed(_: Workflow) -> None:
        telling.set()
        await asyncio.Event().wait()

    async with held(storage):
        told = asyncio.ensure_future(storage.chats.write(begin_workflow, committed))
        waiting = asyncio.ensure_future(named(storage, "waiting"))
        last = asyncio.ensure_future(named(storage, "last"))
        await asyncio.sleep(0)
        waiting.cancel()
    await telling.wait()
    assert not last.done()
    told.cancel()
    assert (await last).title == "last"
    assert sorted(await storage.chats.read(titles)) == ["Title", "last"]


async def test_what_waits_is_written_before_the_store_is_closed(url: str) -> None:
    storage = await open_storage(url)
    async with held(storage):
        changes = [asyncio.ensure_future(named(storage, title)) for title in "ab"]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(storage.close())
        await asyncio.sleep(0)
    assert [(await change).title for change in changes] == ["a", "b"]
    await closing
    again = await open_storage(url)
    assert sorted(await again.chats.read(titles)) == ["a", "b"]
    await again.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(FATES), st.integers(0, 3)), max_size=40))
async def test_each_is_written_as_if_it_were_alone(
    storage: Storage, changes: list[tuple[str, int]]
) -> None:
    """Whatever becomes of others: as many turns of the event loop after them as were drawn."""
    begun = (await storage.chats.read(lambda r: r.select_changes(USER, 0))).list_seq
    told: list[int] = []

    async def committed(workflow: Workflow) -> None:
        told.append(workflow.list_seq)
        await asyncio.sleep(0)
        assert told[-1] == workflow.list_seq

    tasks: list[asyncio.Task[Workflow]] = []
    for fate, turns in changes:
        tasks.append(asyncio.create_task(begin(storage, fate, committed)))
        if fate == "cancelled":
            tasks[-1].cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
    for task, (fate, _) in zip(tasks, changes, strict=True):
        if fate == "cancelled later":
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await storage.chats.write(lambda _: None)  # all that was begun is over
    kept = [
        task.result().list_seq
        for task, (fate, _) in zip(tasks, changes, strict=True)
        if fate == "kept"
    ]
    assert kept == sorted(kept)
    assert told == sorted(told)
    assert set(kept) <= set(told)
    after = await storage.chats.read(lambda r: r.select_changes(USER, begun))
    stored = {entry.list_seq: cast("Workflow", entry).title for entry in after.entries or ()}
    assert list(stored) == [*range(begun + 1, after.list_seq + 1)]
    assert set(stored.values()) <= {"kept", "cancelled later"}
    assert {seq for seq, title in stored.items() if title == "kept"} == set(kept)
