"""What becomes of changes that share a transaction where one of them, or all, go wrong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import Any, cast

import pytest

from quart_chat.availability.database import FULL, unavailable
from quart_chat.chat.models import Workflow
from quart_chat.chat.storage import ChatTransaction
from quart_chat.errors import NotFound
from quart_chat.storage import Storage
from tests.storage.contract.chats import begin_workflow
from tests.storage.contract.test_together import held, named, together
from tests.storage.contract.test_work import titles
from tests.waiting import until


async def test_one_that_can_not_get_ready_leaves_the_others(storage: Storage) -> None:
    error = KeyError("broken")

    def get_ready() -> None:
        raise error

    broken = storage.chats.write(begin_workflow, None, get_ready)
    results = await together(storage, named(storage, "a"), broken, named(storage, "b"))
    assert results[1] is error
    assert [results[0].title, results[2].title] == ["a", "b"]
    assert sorted(await storage.chats.read(titles)) == ["a", "b"]


async def test_refusals_say_nothing_of_whether_the_database_can_be_written(
    storage: Storage,
) -> None:
    database = cast("Any", storage.chats)._database
    await database._finish()
    storage.health.failed(unavailable(FULL))
    refusals = (named(storage, name, NotFound("gone")) for name in "ab")
    await together(storage, *refusals)
    assert storage.health.trouble is not None
    await together(storage, named(storage, "c"), named(storage, "d", NotFound("gone")))
    assert storage.health.trouble is None


async def test_each_that_is_tried_alone_is_told_before_the_next_is_written(
    storage: Storage,
) -> None:
    order: list[str] = []

    def change(name: str) -> Awaitable[None]:
        async def committed(_: None) -> None:
            await asyncio.sleep(0)
            order.append(f"{name} committed")

        return storage.chats.write(lambda _: order.append(f"{name} written"), committed)

    await together(storage, change("a"), named(storage, "b", KeyError("broken")), change("c"))
    assert order == ["a written", "a written", "a committed", "c written", "c committed"]


async def test_one_that_comes_later_waits_for_those_that_are_tried_alone(
    storage: Storage,
) -> None:
    later: list[asyncio.Future[Workflow]] = []

    async def committed(_: Workflow) -> None:
        later.append(asyncio.ensure_future(named(storage, "later")))
        await asyncio.sleep(0)

    first = storage.chats.write(begin_workflow, committed)
    results = await together(
        storage, first, named(storage, "b", KeyError("broken")), named(storage, "c")
    )
    assert [results[0].list_seq, results[2].list_seq] == [1, 2]
    assert (await later[0]).list_seq == 3


async def test_one_that_runs_out_of_items_stops_none(storage: Storage) -> None:
    def take_next(_: ChatTransaction) -> None:
        next(iter(()))

    async with asyncio.timeout(20):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await storage.chats.write(take_next)
        results = await together(storage, named(storage, "a"), storage.chats.write(take_next))
    assert results[0].title == "a"
    assert isinstance(results[1], RuntimeError)


async def test_one_whose_caller_has_gone_is_not_tried_alone(storage: Storage) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def fail(_: ChatTransaction) -> None:
        reached.set()
        go_on.wait(30)
        raise KeyError("broken")

    async with held(storage):
        failing = asyncio.ensure_future(storage.chats.write(fail))
        gone = asyncio.ensure_future(named(storage, "gone"))
        last = asyncio.ensure_future(named(storage, "last"))
        await asyncio.sleep(0)
    await until(reached.is_set)
    gone.cancel()
    go_on.set()
    with pytest.raises(KeyError, match="broken"):
        await failing
    assert (await last).title == "last"
    assert await storage.chats.read(titles) == ["last"]


async def test_one_that_is_cancelled_as_its_time_is_up_is_only_cancelled(
    storage: Storage,
) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    queue = cast("Any", storage.chats)._database._queue
    async with held(storage):
        change = asyncio.ensure_future(named(storage, "a"))
        await asyncio.sleep(0)
        (waiting,) = queue._waiting
        asyncio.get_running_loop().call_soon(queue._give_up, waiting)
        change.cancel()
        with pytest.raises(asyncio.CancelledError):
            await change
    assert reported == []


async def test_a_task_can_write_once_all_tasks_are_cancelled(storage: Storage) -> None:
    """As at the end of an event loop, where a task stores how far it has come."""
    reached, go_on = threading.Event(), threading.Event()

    def wait(_: ChatTransaction) -> None:
        reached.set()
        go_on.wait(30)

    async def store_at_the_end() -> Workflow:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return await named(storage, "last")
        raise AssertionError

    writing = asyncio.ensure_future(storage.chats.write(wait))
    ending = asyncio.ensure_future(store_at_the_end())
    await until(reached.is_set)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    go_on.set()
    async with asyncio.timeout(5):
        assert (await ending).title == "last"
    assert writing.cancelled()
