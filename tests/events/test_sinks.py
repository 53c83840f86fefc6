"""Readers whose batches are handed to a sink get what readers that are woken get."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import chain
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_chat.events import Batch, Bounds, EventSettings, StreamingEventManager, Subscription
from tests.examples import examples


class Client:
    """Takes batches as a connection does: from a task at any time, from a sink if it has room.

    Attributes:
        room: Whether its socket has taken all of what came before.
        taken: The numbers of the events it has, negative where so many of them were lost.
    """

    def __init__(self, subscription: Subscription, way: str) -> None:
        self.room = asyncio.Event()
        self.room.set()
        self.taken: list[int] = []
        self.passed_on = 0
        self.wakings = 0
        self._subscription = subscription
        self._way = way
        if way != "task":
            subscription.sink = self

    def accept(self, batch: Batch) -> bool:
        if not self.room.is_set() or (batch.events and batch.events[-1].terminal):
            return False
        self.passed_on += 1
        self._keep(batch)
        return True

    def _keep(self, batch: Batch) -> None:
        self.taken += [event.number for event in batch.events]

    def set_room(self, *, room: bool) -> None:
        if room:
            self.room.set()
        else:
            self.room.clear()

    async def read_all(self) -> None:
        async with self._subscription as subscription:
            if self._way == "fed":
                refused = asyncio.Event()
                subscription.feed(lambda _: refused.set())
                await refused.wait()
            while (batch := await subscription.read()) is not None:
                self.wakings += 1
                if subscription.lost:
                    self.taken.append(-subscription.lost)
                self._keep(batch)
                await self.room.wait()


class Sink:
    """Does with batches what a function says."""

    def __init__(self, accept: Callable[[Batch], bool]) -> None:
        self.accept = accept


def set_room(clients: list[Client], *, room: bool) -> None:
    for client in clients:
        client.set_room(room=room)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("emit"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("end"), st.just("")),
        st.tuples(st.just("turn"), st.just("")),
        st.tuples(st.just("room"), st.sampled_from(["yes", "no"])),
    ),
    max_size=40,
)


@settings(max_examples=examples(300))
@given(
    steps=steps,
    categories=st.sampled_from([None, ["a"], ["a", "b"], ["c"]]),
    ending=st.sampled_from(["drain", "close"]),
    contexts=st.sampled_from([["c"], ["c", "d"]]),
)
def test_a_sink_and_a_task_see_the_same_events_in_the_same_order(
    steps: list[tuple[str, str]], categories: list[str] | None, ending: str, contexts: list[str]
) -> None:
    async def run() -> None:
        manager = StreamingEventManager(EventSettings(bounds=Bounds(pacing=0)))
        clients = [
            Client(manager.subscribe(*contexts, categories=categories), way)
            for way in ("task", "sink", "fed")
        ]
        reading = [asyncio.create_task(client.read_all()) for client in clients]
        await asyncio.sleep(0)
        emitted: dict[str, list[int]] = {name: [] for name in contexts}
        for count, (step, how) in enumerate(steps):
            name = contexts[count % len(contexts)]
            if step == "emit":
                await manager.emit_event(name, "status", {}, how)
            elif step == "end":
                await manager.emit_event(name, "complete", {}, "end")
            elif step == "room":
                set_room(clients[1:], room=how == "yes")
            else:
                await asyncio.sleep(0)
            if step == "end" or (step == "emit" and (categories is None or how in categories)):
                log = manager.log(name)
                assert log is not None
                emitted[name].append(log.end - 1)
        set_room(clients[1:], room=True)
        if ending == "drain":
            manager.drain()
        else:
            await manager.close()
        await asyncio.gather(*reading)
        order = list if len(contexts) == 1 else sorted
        for client in clients:
            assert order(client.taken) == order(chain(*emitted.values()))
        await manager.close()

    asyncio.run(run())


@settings(max_examples=examples(200))
@given(steps=steps, way=st.sampled_from(["sink", "fed"]))
def test_a_slow_reader_with_a_sink_is_told_what_it_lost(
    steps: list[tuple[str, str]], way: str
) -> None:
    async def run() -> None:
        manager = StreamingEventManager(EventSettings(bounds=Bounds(pacing=0, max_events=3)))
        client = Client(manager.subscribe("c", after=0), way)
        reading = asyncio.create_task(client.read_all())
        await asyncio.sleep(0)
        for step, how in steps:
            if step in {"emit", "end"}:
                await manager.emit_event("c", "complete" if step == "end" else "status", {}, how)
            elif step == "room":
                client.set_room(room=how == "yes")
            else:
                await asyncio.sleep(0)
        client.set_room(room=True)
        manager.drain()
        await reading
        position = 0
        for number in client.taken:
            position = position - number if number < 0 else position + 1
            assert number < 0 or number == position
        total = sum(step in {"emit", "end"} for step, _ in steps)
        assert position == total
        await manager.close()

    asyncio.run(run())


async def test_no_task_is_woken_while_a_sink_takes_what_comes() -> None:
    manager = StreamingEventManager(EventSettings(bounds=Bounds(pacing=0)))
    client = Client(manager.subscribe("c", categories=["a"]), "sink")
    reading = asyncio.create_task(client.read_all())
    await asyncio.sleep(0)
    for category in "abaab":
        await manager.emit_event("c", "status", {}, category)
        await asyncio.sleep(0)
    assert (client.passed_on, client.wakings) == (3, 0)
    client.set_room(room=False)
    await manager.emit_event("c", "status", {}, "a")
    await asyncio.sleep(0.0)
    await asyncio.sleep(0.0)
    assert (client.passed_on, client.wakings) == (3, 1)
    client.set_room(room=True)
    await manager.close()
    await reading
    assert client.taken == [1, 3, 4, 6]


async def test_a_sink_keeps_a_connection_alive() -> None:
    manager = StreamingEventManager(EventSettings(keepalive=0.05))
    quiet = asyncio.Event()
    async with manager.subscribe("c") as subscription:

        def accept(batch: Batch) -> bool:
            assert batch.keepalive
            quiet.set()
            return True

        subscription.sink = Sink(accept)
        reading = asyncio.create_task(subscription.read())
        await quiet.wait()
        assert not reading.done()
        manager.drain()
        assert await reading is None


async def test_a_reader_that_is_fed_needs_no_task_until_its_sink_refuses() -> None:
    manager = StreamingEventManager(EventSettings(bounds=Bounds(pacing=0)))
    await manager.emit_event("c", "status", {})
    await asyncio.sleep(0)
    taken: list[int] = []
    refused: list[bool] = []

    def accept(batch: Batch) -> bool:
        taken.extend([event.number for event in batch.events])
        return not batch.terminal

    async with manager.subscribe_held("c") as subscription:
        subscription.sink = Sink(accept)
        subscription.feed(refused.append)
        assert taken == [1]
        await manager.emit_event("c", "status", {})
        await asyncio.sleep(0)
        assert (taken, refused) == ([1, 2], [])
        await manager.emit_event("c", "complete", {})
        await asyncio.sleep(0)
        assert refused == [True]
        batch = await subscription.read()
        assert batch is not None
        assert [event.number for event in batch.events] == [3]


async def test_a_reader_that_is_fed_waits_from_then_on() -> None:
    """Not from the latest flush of a context that has long been quiet."""
    manager = StreamingEventManager()
    await manager.emit_event("c", "status", {})
    await asyncio.sleep(0)
    taken: list[bool] = []

    def accept(batch: Batch) -> bool:
        taken.append(batch.keepalive)
        return True

    async with manager.subscribe_held("c") as subscription:
        subscription.sink = Sink(accept)
        before = monotonic()
        subscription.feed(lambda _: None)
        subscription.beat(before)
        assert taken == [False]


async def test_a_sink_that_fails_costs_no_other_reader_anything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    manager = StreamingEventManager(EventSettings(bounds=Bounds(pacing=0)))

    def fail(batch: Batch) -> bool:
        raise ValueError

    async with manager.subscribe("c") as broken, manager.subscribe("c") as whole:
        broken.sink = Sink(fail)
        reading: list[asyncio.Task[Any]] = [
            asyncio.create_task(each.read()) for each in (broken, whole)
        ]
        await asyncio.sleep(0)
        with caplog.at_level(logging.ERROR):
            await manager.emit_event("c", "status", {})
            batches = await asyncio.gather(*reading)
    assert [[event.number for event in batch.events] for batch in batches] == [[1], [1]]
    assert "could not be passed on" in caplog.text
