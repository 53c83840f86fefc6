"""The promises of ``Broker``, on every engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from quart_chat.events import StreamingEventManager
from quart_chat.events.event import Event
from tests.events.brokers.contract import CONTEXTS, Node, check
from tests.events.brokers.engines import ENGINES, Engine, on_engines
from tests.events.brokers.shared import SharedBroker, SharedLog
from tests.examples import examples
from tests.waiting import until

on_every_engine = on_engines(*ENGINES)


@asynccontextmanager
async def opened(engine: Engine) -> AsyncGenerator[list[Node], None]:
    """All nodes that the engine takes on one log."""
    async with engine.start() as make_broker:
        nodes = [Node(name, make_broker()) for name in range(engine.nodes)]
        for node in nodes:
            await node.broker.open()
        yield nodes


async def close(nodes: list[Node]) -> None:
    for node in nodes:
        await node.broker.close()


def got_all(node: Node, total: int) -> Callable[[], bool]:
    """Whether it has been delivered so many events, or told that it can't be."""
    return lambda: node.gaps > 0 or len(node.events) >= total


def has(manager: StreamingEventManager, number: int) -> bool:
    log = manager.log("c")
    return number == 0 or (log is not None and log.last_number >= number)


def all_there(nodes: list[Node]) -> Callable[[], bool]:
    total = sum(len(node.published) for node in nodes)
    return lambda: all(got_all(node, total)() for node in nodes)


@on_every_engine
@hypothesis_settings(max_examples=examples(30))
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(CONTEXTS), st.integers(0, 2)), max_size=40
    )
)
def test_every_node_sees_each_event_once_and_in_one_order(
    engine: Engine, steps: list[tuple[int, str, int]]
) -> None:
    async def run() -> None:
        async with opened(engine) as nodes:
            for index, context_id, turns in steps:
                nodes[index % engine.nodes].publish(context_id)
                for _ in range(turns):
                    await asyncio.sleep(0)
            await until(all_there(nodes))
            check(nodes)
            await close(nodes)
            check(nodes)

    asyncio.run(run())


@on_every_engine
async def test_closing_sends_what_waits(engine: Engine) -> None:
    async with opened(engine) as nodes:
        *others, publisher = nodes
        for _ in range(100):
            publisher.publish("a")
        await publisher.broker.close()
        for node in others or nodes:
            await until(got_all(node, 100))
            assert node.gaps or [event.data for event in node.events] == publisher.published
        await close(others)


@on_every_engine
async def test_a_broker_may_be_opened_again(engine: Engine) -> None:
    async with opened(engine) as nodes:
        node = nodes[0]
        node.publish("a")
        await until(all_there(nodes))
        await node.broker.close()
        await node.broker.open()
        node.publish("a")
        await until(got_all(node, 2))
        assert node.events[-1].data == {"node": 0, "n": 1}
        await close(nodes)


@on_every_engine
async def test_publishing_neither_waits_nor_raises_in_whatever_state(engine: Engine) -> None:
    async with engine.start() as make_broker:
        node = Node(0, make_broker())
        await node.broker.open()
        # One turn of the event loop, however many they are.
        for _ in range(5_000):
            node.publish("a")
        await node.broker.close()
        assert len(node.events) == 5_000 or node.gaps
        node.publish("a")


@on_every_engine
@hypothesis_settings(max_examples=examples(15))
@given(steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=20))
def test_readers_of_every_node_see_the_same_and_come_back_on_any(
    engine: Engine, steps: list[tuple[int, int]]
) -> None:
    """A reader is cut after each batch and comes back on the next node with its last number."""

    async def run() -> None:
        async with engine.start() as make_broker:
            managers = [StreamingEventManager(broker=make_broker()) for _ in range(engine.nodes)]
            for manager in managers:
                await manager.open()

            async def read(first: int) -> list[tuple[str, int]]:
                seen: list[tuple[str, int]] = []
                last = 0
                while len(seen) < len(steps):
                    manager = managers[(first + len(seen)) % engine.nodes]
                    # A node that is behind what the reader has seen could not tell it from news.
                    await until(partial(has, manager, last))
                    async with manager.subscribe("c", after=last) as subscription:
                        batch = await subscription.read()
                    assert batch is not None
                    assert subscription.lost == 0
                    seen += [(event.id, event.data["n"]) for event in batch.events]
                    last = batch.events[-1].number
                return seen

            async with asyncio.timeout(10), asyncio.TaskGroup() as group:
                readers = [group.create_task(read(first)) for first in range(engine.nodes)]
                for n, (index, turns) in enumerate(steps):
                    await managers[index % engine.nodes].emit_event("c", "status", {"n": n})
                    for _ in range(turns):
                        await asyncio.sleep(0)
            assert all(reader.result() == readers[0].result() for reader in readers)
            assert sorted(n for _, n in readers[0].result()) == list(range(len(steps)))
            for manager in managers:
                await manager.close()

    asyncio.run(run())


# That the check itself sees what is wrong: brokers that break one promise each.


class Loses(SharedBroker):
    def take(self, batch: list[Event]) -> None:
        super().take([event for event in batch if event.data["n"] != 1])


class Doubles(SharedBroker):
    def take(self, batch: list[Event]) -> None:
        super().take(batch + batch[-1:])


class Reorders(SharedBroker):
    def take(self, batch: list[Event]) -> None:
        super().take(batch[::-1])


class Renumbers(SharedBroker):
    def take(self, batch: list[Event]) -> None:
        super().take([event.at(event.epoch, 7) for event in batch])


class Forgets(SharedBroker):
    """Begins another epoch and says nothing."""

    def take(self, batch: list[Event]) -> None:
        super().take([event.at(str(event.number), event.number) for event in batch])


class LeavesOutItsOwn(SharedBroker):
    def take(self, batch: list[Event]) -> None:
        super().take([event for event in batch if event.data["node"] != 1])


class IsLate(SharedBroker):
    """Sends nothing of what waits when it is closed."""

    async def close(self) -> None:
        self._waiting.clear()
        await super().close()


@pytest.mark.parametrize(
    "broken", [Loses, Doubles, Reorders, Renumbers, Forgets, LeavesOutItsOwn, IsLate]
)
async def test_a_broken_promise_is_seen(broken: type[SharedBroker]) -> None:
    log = SharedLog()
    nodes = [Node(0, SharedBroker(log)), Node(1, broken(log))]
    for node in nodes:
        await node.broker.open()
    for _ in range(2):
        for node in nodes:
            node.publish("a")
            node.publish("b")
        if broken is not IsLate:
            await asyncio.sleep(0)
    await close(nodes)
    with pytest.raises(AssertionError):
        check(nodes)


async def test_what_is_lost_and_told_breaks_no_promise() -> None:
    log = SharedLog()
    nodes = [Node(name, SharedBroker(log)) for name in range(2)]
    for node in nodes:
        await node.broker.open()
    nodes[0].publish("a")
    await asyncio.sleep(0)
    log.renew()
    nodes[1].publish("a")
    await close(nodes[::-1])
    check(nodes)
    assert [node.gaps for node in nodes] == [1, 1]
