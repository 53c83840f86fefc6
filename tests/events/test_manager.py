"""What emitters and readers of a manager can rely on."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncGenerator

import pytest

from quart_chat.events import (
    Bounds,
    DeltaCoalescer,
    Event,
    EventSettings,
    QueueShutDown,
    StreamingEventManager,
)
from quart_chat.events.log import BATCH_BYTES
from tests.waiting import until


@pytest.fixture
async def manager() -> AsyncGenerator[StreamingEventManager, None]:
    manager = StreamingEventManager(
        EventSettings(bounds=Bounds(max_events=50, max_bytes=100_000, pacing=0.001))
    )
    await manager.open()
    yield manager
    await manager.close()


async def emit(manager: StreamingEventManager, *numbers: int, context: str = "c") -> None:
    for number in numbers:
        await manager.emit_event(context, "status", {"n": number})


async def collect(manager: StreamingEventManager, context: str = "c") -> list[Event]:
    return [event async for event in manager.stream_events(context)]


def values(events: list[Event]) -> list[object]:
    return [event.data.get("n", event.type) for event in events]


async def parked(manager: StreamingEventManager, readers: int, context: str = "c") -> None:
    """Until that many readers are attached to the context."""

    def attached() -> bool:
        log = manager.log(context)
        return log is not None and len(log.subscribers) >= readers

    await until(attached)


# Streams


async def test_a_stream_yields_what_is_held_then_what_comes_and_ends_at_the_end(
    manager: StreamingEventManager,
) -> None:
    await emit(manager, 1, 2)
    reading = asyncio.create_task(collect(manager))
    await parked(manager, 1)
    await emit(manager, 3)
    await manager.emit_event("c", "complete", {})
    assert values(await reading) == [1, 2, 3, "complete"]


async def test_a_stream_may_be_there_before_its_context(manager: StreamingEventManager) -> None:
    reading = asyncio.create_task(collect(manager))
    await parked(manager, 1)
    await manager.emit_event("c", "stopped", {})
    assert values(await reading) == ["stopped"]


async def test_a_stream_that_comes_late_gets_the_ended_generation(
    manager: StreamingEventManager,
) -> None:
    await emit(manager, 1)
    await manager.emit_event("c", "error", {})
    assert values(await collect(manager)) == [1, "error"]


async def test_categories_filter_all_but_the_end(manager: StreamingEventManager) -> None:
    await manager.emit_event("c", "status", {"n": 1}, "chat")
    await manager.emit_event("c", "status", {"n": 2}, "document")
    await manager.emit_event("c", "complete", {}, "workflow")
    events = [event async for event in manager.stream_events("c", ["document"])]
    assert values(events) == [2, "complete"]


async def test_a_stream_ends_after_silence(manager: StreamingEventManager) -> None:
    await emit(manager, 1)
    events = [event async for event in manager.stream_events("c", timeout=0.01)]
    assert values(events) == [1]


async def test_keep_alives_do_not_count_against_silence() -> None:
    manager = StreamingEventManager(EventSettings(keepalive=0.005))
    events = [event async for event in manager.stream_events("c", timeout=0.05)]
    assert events == []


async def test_a_stream_closed_early_leaves_nothing_behind(manager: StreamingEventManager) -> None:
    await emit(manager, 1, 2)
    stream = manager.stream_events("c")
    await anext(stream)
    await stream.aclose()
    log = manager.log("c")
    assert log is not None
    assert not log.has_readers


async def test_a_cancelled_stream_leaves_nothing_behind(manager: StreamingEventManager) -> None:
    reading = asyncio.create_task(collect(manager))
    await parked(manager, 1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    log = manager.log("c")
    assert log is not None
    assert not log.has_readers


async def test_a_stream_that_fell_behind_is_told_so(manager: StreamingEventManager) -> None:
    stream = manager.stream_events("c")
    await emit(manager, 0)
    await anext(stream)
    await emit(manager, *range(1, 101))
    await manager.emit_event("c", "complete", {})
    events = [event async for event in stream]
    assert (events[0].type, events[0].data["lost"]) == ("reset", 51)
    assert values(events[1:]) == [*range(52, 101), "complete"]


# Generations


async def test_create_queue_after_the_end_opens_a_generation(
    manager: StreamingEventManager,
) -> None:
    await emit(manager, 1)
    await manager.emit_event("c", "complete", {})
    manager.create_queue("c")
    reading = asyncio.create_task(collect(manager))
    await parked(manager, 1)
    await emit(manager, 2)
    await manager.emit_event("c", "complete", {})
    assert values(await reading) == [2, "complete"]


async def test_an_event_after_the_end_belongs_to_the_next_generation(
    manager: StreamingEventManager,
) -> None:
    await manager.emit_event("c", "complete", {})
    await emit(manager, 1)
    await manager.emit_event("c", "stopped", {})
    assert values(await collect(manager)) == [1, "stopped"]


async def test_create_queue_is_idempotent_while_a_generation_runs(
    manager: StreamingEventManager,
) -> None:
    await emit(manager, 1)
    assert manager.create_queue("c").qsize() == manager.create_queue("c").qsize() == 1


async def test_a_queue_stays_attached_across_generations(manager: StreamingEventManager) -> None:
    queue = manager.create_queue("c")
    await manager.emit_event("c", "complete", {})
    manager.create_queue("c")
    await emit(manager, 2)
    assert values([await queue.get(), await queue.get()]) == ["complete", 2]


# Queues


async def test_each_queue_gets_every_event(manager: StreamingEventManager) -> None:
    first = manager.create_queue("c")
    await emit(manager, 1, 2)
    second = manager.get_queue("c")
    assert second is not None
    for queue in (first, second):
        assert values([queue.get_nowait(), queue.get_nowait()]) == [1, 2]


async def test_an_empty_queue_raises_as_asyncio_does(manager: StreamingEventManager) -> None:
    queue = manager.create_queue("c")
    assert queue.empty()
    with pytest.raises(asyncio.QueueEmpty):
        queue.get_nowait()


async def test_giving_up_on_a_queue_loses_nothing(manager: StreamingEventManager) -> None:
    queue = manager.create_queue("c")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 0.001)
    await emit(manager, 1)
    assert values([await asyncio.wait_for(queue.get(), 5)]) == [1]


async def test_two_waiters_of_one_queue_share_its_events(manager: StreamingEventManager) -> None:
    queue = manager.create_queue("c")
    waiting = [asyncio.create_task(queue.get()) for _ in range(2)]
    await parked(manager, 1)
    await emit(manager, 1, 2)
    assert sorted(str(v) for v in values(list(await asyncio.gather(*waiting)))) == ["1", "2"]


async def test_a_queue_that_fell_behind_is_told_so(manager: StreamingEventManager) -> None:
    queue = manager.create_queue("c")
    await emit(manager, *range(60))
    assert not queue.empty()
    reset = await queue.get()
    assert (reset.type, reset.data["lost"]) == ("reset", 10)
    assert values([queue.get_nowait()]) == [10]


@pytest.mark.parametrize("close", [False, True])
async def test_a_queue_ends_once_all_is_taken(manager: StreamingEventManager, close: bool) -> None:
    queue = manager.create_queue("c")
    waiting = asyncio.create_task(queue.get())
    await parked(manager, 1)
    late = manager.create_queue("c")
    manager.emit_threadsafe("c", "status", {"n": 1})
    if close:
        await manager.close()
    else:
        manager.drain()
    assert values([await waiting, await late.get()]) == [1, 1]
    for reader in (queue, late):
        with pytest.raises(QueueShutDown):
            reader.get_nowait()
        with pytest.raises(QueueShutDown):
            await asyncio.wait_for(reader.get(), 60)


async def test_whoever_waits_for_a_queue_is_told_of_its_end(manager: StreamingEventManager) -> None:
    waiting = [asyncio.create_task(manager.create_queue("c").get()) for _ in range(2)]
    await parked(manager, 2)
    manager.drain()
    for reader in waiting:
        with pytest.raises(QueueShutDown):
            await asyncio.wait_for(reader, 60)


async def test_there_is_no_queue_where_there_is_no_context(manager: StreamingEventManager) -> None:
    assert manager.get_queue("c") is None
    assert not manager.has_queue("c")
    manager.create_queue("c")
    assert manager.has_queue("c")


# Flushes


async def test_what_is_emitted_together_is_read_together(manager: StreamingEventManager) -> None:
    async with manager.subscribe("c") as subscription:
        await emit(manager, 1, 2, 3)
        batch = await subscription.read()
        assert batch is not None
        assert values(batch.events) == [1, 2, 3]


async def test_readers_at_one_place_share_one_batch(manager: StreamingEventManager) -> None:
    async with manager.subscribe("c") as first, manager.subscribe("c") as second:
        await emit(manager, 1)
        batches = [await first.read(), await second.read()]
        assert batches[0] is not None
        assert batches[0] is batches[1]
        assert batches[0].chunk is batches[0].chunk


async def test_a_busy_context_waits_for_its_pace_but_not_with_the_end() -> None:
    manager = StreamingEventManager(EventSettings(bounds=Bounds(pacing=3600)))
    async with manager.subscribe("c") as subscription:
        await emit(manager, 1)
        first = await subscription.read()
        await emit(manager, 2)
        waiting = asyncio.create_task(subscription.read())
        await asyncio.sleep(0)
        assert not waiting.done()
        await manager.emit_event("c", "complete", {})
        second = await waiting
    assert first is not None
    assert second is not None
    assert [values(first.events), values(second.events)] == [[1], [2, "complete"]]


async def test_the_first_piece_of_a_text_waits_for_no_pace() -> None:
    manager = StreamingEventManager(
        EventSettings(bounds=Bounds(pacing=3600)), coalescer=DeltaCoalescer("delta")
    )
    async with manager.subscribe("c") as subscription:
        await emit(manager, 1)
        await subscription.read()
        await emit(manager, 2)
        await manager.emit_event("c", "delta", {"id": "m", "offset": 0, "text": "Well"})
        second = await subscription.read()
        await manager.emit_event("c", "delta", {"id": "m", "offset": 4, "text": " then"})
        waiting = asyncio.create_task(subscription.read())
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
    assert second is not None
    assert [event.type for event in second.events] == ["status", "delta"]


async def test_a_batch_ends_with_a_terminal_event(manager: StreamingEventManager) -> None:
    async with manager.subscribe("c") as subscription:
        await manager.emit_event("c", "complete", {})
        await emit(manager, 1)
        batches = [await subscription.read(), await subscription.read()]
        assert [values(batch.events) for batch in batches if batch] == [["complete"], [1]]


async def test_a_batch_is_bounded_in_bytes(manager: StreamingEventManager) -> None:
    async with manager.subscribe("c") as subscription:
        for _ in range(4):
            await manager.emit_event("c", "status", {"text": "x" * (BATCH_BYTES // 2)})
        batch = await subscription.read()
        assert batch is not None
        assert len(batch.events) == 2


async def test_readers_at_many_places_share_what_memory_allows(
    manager: StreamingEventManager,
) -> None:
    await emit(manager, *range(20))
    for after in range(20):
        async with manager.subscribe("c", after=after) as subscription:
            batch = await subscription.read()
            assert batch is not None
            assert values(batch.events) == list(range(after, 20))


async def test_what_is_filtered_is_passed_over(manager: StreamingEventManager) -> None:
    async with manager.subscribe("c", categories=["chat"]) as subscription:
        await manager.emit_event("c", "status", {"n": 1}, "document")
        reading = asyncio.create_task(subscription.read())
        await asyncio.sleep(0)
        await manager.emit_event("c", "status", {"n": 2}, "chat")
        batch = await reading
        assert batch is not None
        assert values(batch.events) == [2]


async def test_one_subscription_reads_several_contexts(manager: StreamingEventManager) -> None:
    async with manager.subscribe("a", "b") as subscription:
        seen = []
        for context in ("b", "a"):
            await emit(manager, 1, context=context)
            batch = await subscription.read()
            assert batch is not None
            seen.append(batch.context_id)
        assert seen == ["b", "a"]


async def test_a_quiet_reader_gets_a_keep_alive() -> None:
    manager = StreamingEventManager(EventSettings(keepalive=0.005))
    manager.create_queue("c")
    async with manager.subscribe("c") as subscription:
        batch = await subscription.read()
        assert batch is not None
        assert batch.keepalive


async def test_a_waiting_queue_needs_no_keep_alive() -> None:
    manager = StreamingEventManager(EventSettings(keepalive=0.005))
    queue = manager.create_queue("c")
    waiting = asyncio.create_task(queue.get())
    async with manager.subscribe("c") as subscription:
        batch = await subscription.read()
        assert batch is not None
        assert batch.keepalive
    assert not waiting.done()
    await emit(manager, 1)
    assert values([await waiting]) == [1]


# Bounds and ends


async def test_a_log_is_bounded_in_bytes_but_keeps_its_newest(
    manager: StreamingEventManager,
) -> None:
    for n in range(3):
        await manager.emit_event("c", "status", {"n": n, "text": "x" * 60_000})
    log = manager.log("c")
    assert log is not None
    assert (log.first, log.end) == (3, 4)


async def test_cleanup_removes_a_context(manager: StreamingEventManager) -> None:
    await emit(manager, 1)
    log = manager.log("c")
    assert log is not None
    await manager.cleanup("c", delay=0)
    await until(lambda: not manager.has_queue("c"))
    assert log.removed


async def test_cleanup_of_no_context_does_nothing(manager: StreamingEventManager) -> None:
    await manager.cleanup("nowhere", delay=0)
    assert not manager.has_queue("nowhere")


@pytest.mark.parametrize("keeper", ["event", "stream", "queue"])
async def test_an_event_or_a_reader_keeps_a_context_from_cleanup(
    manager: StreamingEventManager, keeper: str
) -> None:
    await emit(manager, 1)
    await manager.cleanup("c", delay=0)
    held: object = None
    if keeper == "event":
        await emit(manager, 2)
    elif keeper == "queue":
        held = manager.get_queue("c")
    else:
        held = asyncio.create_task(collect(manager))
        await parked(manager, 1)
    # A removal asked for later, of another context, shows that the first one's turn has passed.
    await emit(manager, 1, context="other")
    await manager.cleanup("other", delay=0.001)
    await until(lambda: not manager.has_queue("other"))
    assert manager.has_queue("c")
    del held


@pytest.mark.parametrize("ended", [True, False])
async def test_a_context_nobody_reads_is_removed_with_no_call(ended: bool) -> None:
    manager = StreamingEventManager(
        EventSettings(
            keepalive=0.005, retention=0.0 if ended else 3600, idle=3600 if ended else 0.0
        )
    )
    queue = manager.create_queue("c")
    await manager.emit_event("c", "complete" if ended else "status", {})
    assert (await queue.get()).terminal is ended
    del queue
    gc.collect()
    await until(lambda: not manager.has_queue("c"))


async def test_contexts_are_bounded_and_those_in_use_stay() -> None:
    manager = StreamingEventManager(EventSettings(max_contexts=20))
    async with manager.subscribe("used"):
        await emit(manager, 1, context="running")
        await manager.emit_event("ended", "complete", {})
        for n in range(200):
            await manager.emit_event(f"more-{n}", "complete", {})
        assert manager.has_queue("used")
        assert not manager.has_queue("ended")
        assert sum(manager.has_queue(f"more-{n}") for n in range(200)) <= 20


async def test_the_contexts_of_one_reader_do_not_make_room_for_each_other() -> None:
    manager = StreamingEventManager(EventSettings(max_contexts=2))
    async with (
        manager.subscribe("x"),
        manager.subscribe("y"),
        manager.subscribe("a", "b") as subscription,
    ):
        await emit(manager, 1, context="a")
        batch = await subscription.read()
        assert batch is not None
        assert values(batch.events) == [1]


async def test_a_reader_of_a_removed_context_ends(manager: StreamingEventManager) -> None:
    reading = asyncio.create_task(collect(manager))
    await parked(manager, 1)
    await manager.close()
    assert await reading == []


async def test_draining_delivers_what_there_is_and_ends(manager: StreamingEventManager) -> None:
    async with manager.subscribe("c") as subscription:
        await emit(manager, 1)
        manager.drain()
        batch = await subscription.read()
        assert batch is not None
        assert values(batch.events) == [1]
        assert await subscription.read() is None


async def test_a_farewell_asks_to_come_back_in_a_while(manager: StreamingEventManager) -> None:
    low, high = manager.settings.retry
    comment, retry, _ = manager.shutdown_frames().split(b"\n")
    assert comment.startswith(b": ")
    assert low <= int(retry.removeprefix(b"retry: ")) <= high


# Threads and loops


async def test_emitting_from_threads_loses_nothing_and_keeps_each_ones_order(
    manager: StreamingEventManager,
) -> None:
    def without_loop() -> None:
        for n in range(10):
            manager.emit_threadsafe("c", "status", {"n": n, "by": "plain"})

    def with_loop() -> None:
        async def run() -> None:
            for n in range(10):
                await manager.emit_event("c", "status", {"n": n, "by": "loop"})

        asyncio.run(run())

    queue = manager.create_queue("c")
    threads = [threading.Thread(target=target) for target in (without_loop, with_loop)]
    for thread in threads:
        thread.start()
    events = [await asyncio.wait_for(queue.get(), 10) for _ in range(20)]
    for thread in threads:
        thread.join()
    for by in ("plain", "loop"):
        assert [event.data["n"] for event in events if event.data["by"] == by] == list(range(10))


async def test_a_queue_is_enough_for_threads_to_emit_into() -> None:
    manager = StreamingEventManager()
    queue = manager.create_queue("c")
    await asyncio.to_thread(manager.emit_threadsafe, "c", "status", {"n": 1})
    assert values([await asyncio.wait_for(queue.get(), 10)]) == [1]


def test_emitting_before_there_is_a_loop_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="start the app"):
        StreamingEventManager().emit_threadsafe("c", "status", {})


def test_a_queue_may_be_made_before_the_loop_runs() -> None:
    manager = StreamingEventManager()
    queue = manager.create_queue("c")

    async def run() -> Event:
        await manager.emit_event("c", "status", {"n": 1})
        return await queue.get()

    assert values([asyncio.run(run())]) == [1]


def test_a_manager_outlives_its_loop() -> None:
    manager = StreamingEventManager()

    async def run() -> list[Event]:
        await manager.emit_event("c", "complete", {})
        return await collect(manager)

    assert [len(asyncio.run(run())) for _ in range(2)] == [1, 1]


def test_a_queue_of_another_loop_gets_what_is_emitted_there() -> None:
    manager = StreamingEventManager()

    async def run(number: int) -> list[object]:
        queue = manager.create_queue("c")
        assert manager.get_queue("c")
        await emit(manager, number)
        return values([await asyncio.wait_for(queue.get(), 10)])

    assert [asyncio.run(run(number)) for number in range(2)] == [[0], [1]]
