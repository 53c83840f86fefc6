"""Whatever readers and emitters do, a reader ends with every event once and in order, or knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from quart_chat.events import Bounds, EventSettings, StreamingEventManager, Subscription
from quart_chat.events.asgi.frames import stream_frames
from tests.examples import examples

turns = st.lists(st.integers(0, 3), max_size=12)


async def pause(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@settings(max_examples=examples(200))
@given(
    emitters=st.lists(turns, min_size=1, max_size=4),
    readers=st.lists(st.tuples(st.integers(0, 20), turns), min_size=1, max_size=5),
    pacing=st.sampled_from([0.0, 0.0005]),
)
def test_readers_that_come_and_go_and_return_miss_and_double_nothing(
    emitters: list[list[int]], readers: list[tuple[int, list[int]]], pacing: float
) -> None:
    """Each reader is cut off after every read of its list and comes back with its last number."""

    async def run() -> None:
        manager = StreamingEventManager(EventSettings(bounds=Bounds(pacing=pacing)))
        total = sum(map(len, emitters))

        async def emitter(index: int, pauses: list[int]) -> None:
            for n, turns in enumerate(pauses):
                await pause(turns)
                await manager.emit_event("c", "status", {"by": index, "n": n})

        async def reader(late: int, pauses: list[int]) -> list[tuple[int, int]]:
            await pause(late)
            seen: list[tuple[int, int]] = []
            last, cuts = 0, iter(pauses)
            while last < total:
                async with manager.subscribe("c", after=last) as subscription:
                    batch = await subscription.read()
                    assert batch is not None
                    assert subscription.lost == 0
                    for event in batch.events:
                        seen.append((event.data["by"], event.data["n"]))
                        last = event.number
                await pause(next(cuts, 0))
            return seen

        jobs = [emitter(index, pauses) for index, pauses in enumerate(emitters)]
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(reader(*args)) for args in readers]
            for job in jobs:
                group.create_task(job)
        first = reading[0].result()
        assert sorted(first) == [(i, n) for i, e in enumerate(emitters) for n in range(len(e))]
        assert all(task.result() == first for task in reading)
        await manager.close()

    asyncio.run(run())


class EagerReader:
    """Reads frames cut anywhere, and takes an id as soon as it has read that line.

    It counts what it is told that it has lost as it counts what it gets.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.numbers: list[int] = []
        self.ended = False

    async def connect(self, manager: StreamingEventManager, chunks: int, cut_at: int) -> None:
        """Read so many chunks, the last of them cut."""
        self._rest, self._data = b"", b""
        self._next = int(self.last_id.partition(":")[2] or 0) + 1
        frames = stream_frames(manager, "c", last_event_id=self.last_id)
        if frames is None:
            self.ended = True
            return
        async with aclosing(frames) as stream:
            async for chunk in stream:
                chunks -= 1
                # Between the line of an id and the empty one no server can help such a client.
                in_between = chunk[cut_at - 1 : cut_at + 1] == b"\n\n"
                self.feed(chunk if chunks else chunk[: cut_at + in_between])
                if not chunks or self.ended:
                    return

    def feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                self._data = line[6:]
            elif line.startswith(b"id: "):
                self.last_id = line[4:].decode()
            elif not line:
                self._dispatch(orjson.loads(self._data))

    def _dispatch(self, event: dict[str, Any]) -> None:
        if event["type"] == "reset":
            self._next += event["item"]["lost"]
            return
        number = int(self.last_id.partition(":")[2])
        assert number == self._next or not self.numbers
        self._next = number + 1
        self.numbers.append(event["item"]["n"])
        self.ended = event["type"] == "complete"


@settings(max_examples=examples(200))
@given(
    pauses=st.lists(st.integers(0, 3), max_size=30),
    readers=st.lists(
        st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5), st.integers(1, 400)), max_size=8),
        min_size=1,
        max_size=4,
    ),
    held=st.sampled_from([1, 3, 2048]),
)
def test_a_reader_that_is_cut_at_any_byte_has_each_event_once_or_is_told_of_its_loss(
    pauses: list[int], readers: list[list[tuple[int, int, int]]], held: int
) -> None:
    async def run() -> None:
        manager = StreamingEventManager(EventSettings(bounds=Bounds(max_events=held, pacing=0)))

        async def emit() -> None:
            for n, turns in enumerate(pauses):
                await pause(turns)
                await manager.emit_event("c", "status", {"n": n})
            await manager.emit_event("c", "complete", {"n": len(pauses)})

        async def read(visits: list[tuple[int, int, int]]) -> EagerReader:
            reader = EagerReader()
            for turns, chunks, cut_at in visits:
                await pause(turns)
                if not reader.ended:
                    await reader.connect(manager, chunks, cut_at)
            if not reader.ended:
                await reader.connect(manager, 1000, 10**6)
            return reader

        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            reading = [group.create_task(read(visits)) for visits in readers]
            group.create_task(emit())
        for reader in map(asyncio.Task.result, reading):
            assert reader.numbers == sorted(set(reader.numbers))
            assert reader.numbers[-1] == len(pauses)
            if held == 2048:
                assert reader.numbers == list(range(reader.numbers[0], len(pauses) + 1))
        await manager.close()

    asyncio.run(run())


class Contexts(RuleBasedStateMachine):
    """One context with tight bounds against a plain list of all that was emitted."""

    MAX_EVENTS = 7

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.manager = StreamingEventManager(
            EventSettings(bounds=Bounds(max_events=self.MAX_EVENTS, max_bytes=900, pacing=0))
        )
        self.emitted: list[str] = []
        self.readers: list[tuple[Subscription, list[int]]] = []

    def run(self, action: Callable[[], Awaitable[object]]) -> None:
        async def act() -> None:
            await action()

        self.runner.run(act())

    def teardown(self) -> None:
        self.run(self.manager.close)
        self.runner.close()

    @rule(text=st.text(max_size=60), event_type=st.sampled_from(["status", "status", "complete"]))
    def emit(self, text: str, event_type: str) -> None:
        self.emitted.append(text)
        self.run(lambda: self.manager.emit_event("c", event_type, {"text": text}))

    @rule(after=st.none() | st.integers(0, 100))
    def join(self, after: int | None) -> None:
        if after is not None:
            after = min(after, len(self.emitted))
        subscription = self.manager_subscribe(after)
        start = len(self.emitted) if after is None else after
        self.readers.append((subscription, [start]))

    def manager_subscribe(self, after: int | None) -> Subscription:
        made: list[Subscription] = []

        async def subscribe() -> None:
            subscription = self.manager.subscribe("c", after=after)
            await subscription.__aenter__()
            made.append(subscription)

        self.run(subscribe)
        return made[0]

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def read_all(self, data: st.DataObject) -> None:
        subscription, position = data.draw(st.sampled_from(self.readers))

        async def read() -> None:
            await asyncio.sleep(0)  # the flush of what was just emitted
            while position[0] < len(self.emitted):
                batch = await asyncio.wait_for(subscription.read(), 5)
                assert batch is not None
                position[0] += subscription.lost
                for event in batch.events:
                    assert event.number == position[0] + 1
                    assert event.data["text"] == self.emitted[position[0]]
                    position[0] += 1

        self.run(read)

    @invariant()
    def bounds_hold(self) -> None:
        log = self.manager.log("c")
        if log is not None:
            held = [log[number] for number in range(log.first, log.end)]
            assert len(held) <= self.MAX_EVENTS
            assert len(held) <= 1 or sum(len(event.body) for event in held) <= 900
            assert log.end == len(self.emitted) + 1


Contexts.TestCase.settings = settings(max_examples=examples(60), stateful_step_count=30)
TestContexts = Contexts.TestCase
