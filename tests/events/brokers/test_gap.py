"""What readers are told when a broker may have lost events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import orjson
import pytest

from quart_chat.events import StreamingEventManager
from quart_chat.events.asgi.frames import stream_frames
from quart_chat.events.sse import Frame, StreamParser
from tests.events.brokers.shared import SharedBroker, SharedLog


@pytest.fixture
def log() -> SharedLog:
    return SharedLog()


@pytest.fixture
async def manager(log: SharedLog) -> AsyncGenerator[StreamingEventManager, None]:
    manager = StreamingEventManager(broker=SharedBroker(log))
    await manager.open()
    yield manager
    await manager.close()


async def emit(manager: StreamingEventManager, *names: str) -> None:
    for name in names:
        await manager.emit_event("c", name, {})
    await asyncio.sleep(0)


async def read_to_end(
    manager: StreamingEventManager, last_event_id: str | None = None
) -> list[Frame]:
    chunks = stream_frames(manager, "c", last_event_id=last_event_id)
    assert chunks is not None
    parser, frames = StreamParser(), []
    async for chunk in chunks:
        frames += parser.feed(chunk)
    return frames


def types(frames: list[Frame]) -> list[str]:
    return [orjson.loads(frame.data)["type"] for frame in frames]


async def test_a_waiting_stream_is_woken_and_sends_reset(
    log: SharedLog, manager: StreamingEventManager
) -> None:
    chunks = stream_frames(manager, "c")
    assert chunks is not None
    reading = asyncio.ensure_future(anext(chunks))
    await asyncio.sleep(0)
    log.renew()
    [frame] = StreamParser().feed(await reading)
    assert orjson.loads(frame.data)["item"] == {"contextId": "c", "lost": 1}
    await emit(manager, "complete")
    assert types(StreamParser().feed(await anext(chunks))) == ["complete"]
    await chunks.aclose()


async def test_what_was_held_is_gone_and_what_comes_next_is_read(
    log: SharedLog, manager: StreamingEventManager
) -> None:
    await emit(manager, "status", "status")
    old = await asyncio.create_task(first_id(manager))
    log.renew()
    await emit(manager, "progress", "complete")
    assert types(await read_to_end(manager)) == ["progress", "complete"]
    assert types(await read_to_end(manager, old)) == ["reset", "progress", "complete"]


async def first_id(manager: StreamingEventManager) -> str:
    async with manager.subscribe("c", after=0) as subscription:
        batch = await subscription.read()
    assert batch is not None
    return str(batch.events[0].id)


async def test_numbers_of_a_broker_lead_back_to_their_place(
    manager: StreamingEventManager,
) -> None:
    for name in ("status", "status", "progress", "complete"):
        await emit(manager, name)
    frames = await read_to_end(manager)
    numbers = [int(frame.id.partition(":")[2]) for frame in frames]
    assert numbers == [batch << 10 for batch in (1, 2, 3, 4)]
    for index, frame in enumerate(frames[:-1]):
        assert await read_to_end(manager, frame.id) == frames[index + 1 :]
    assert stream_frames(manager, "c", last_event_id=frames[-1].id) is None
    unknown = frames[0].id + "1"
    assert types(await read_to_end(manager, unknown)) == ["reset", *types(frames)]


async def test_a_subscription_and_a_queue_are_told_once(
    log: SharedLog, manager: StreamingEventManager
) -> None:
    queue = manager.create_queue("c")
    async with manager.subscribe("c") as subscription:
        waiting = asyncio.create_task(queue.get())
        reading = asyncio.create_task(subscription.read())
        await asyncio.sleep(0)
        log.renew()
        batch = await reading
        assert batch is not None
        assert (batch.events, subscription.lost) == ([], 1)
        assert (await waiting)["type"] == "reset"
        await emit(manager, "status")
        batch = await subscription.read()
        assert batch is not None
        assert ([event.type for event in batch.events], subscription.lost) == (["status"], 0)
        assert (await queue.get())["type"] == "status"
        assert queue.empty()


async def test_a_gap_before_anything_was_read_ends_no_stream(
    log: SharedLog, manager: StreamingEventManager
) -> None:
    async with manager.subscribe("c", "d") as subscription:
        for _ in range(3):
            log.renew()
        lost = []
        for _ in range(2):
            batch = await subscription.read()
            assert batch is not None
            lost.append((batch.context_id, subscription.lost))
        assert lost == [("c", 3), ("d", 3)]
        await emit(manager, "complete")
        batch = await subscription.read()
        assert batch is not None
        assert batch.events[0].terminal
