"""The broker on an ordered log: what fails, dies or is rolled back is made good, or told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from quart_chat.events import BrokerUnavailable, DeltaCoalescer
from quart_chat.events.brokers import log as log_module
from quart_chat.events.brokers.bus import SQLiteBus
from quart_chat.events.brokers.log import LogBroker
from quart_chat.events.brokers.protocol import LogSilent, LogUnavailable, Place
from quart_chat.events.brokers.waiting import WaitingEvents, merge_waiting
from quart_chat.events.brokers.wire import decode_batch, encode_batch
from quart_chat.events.event import Event, make_event
from tests.events.brokers.cluster import Cluster, running
from tests.events.brokers.contract import CONTEXTS, Node, check
from tests.events.brokers.engines import LOGS, LogEngine, on_engines
from tests.examples import examples
from tests.waiting import until

on_every_log = on_engines(*LOGS)
on_logs_that_can_be_restored = on_engines(*(log for log in LOGS if log.restores))


@asynccontextmanager
async def cluster(engine: LogEngine, count: int = 3) -> AsyncGenerator[Cluster, None]:
    async with engine.start() as storage, running(storage, count) as nodes:
        yield nodes


ACTIONS = ["emit", "burst", "fail", "unheard", "kill", "start", "copy", "roll back", "empty"]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(log_module, "_LONGEST_PAUSE", 0.01)


HISTORIES = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2), st.integers(0, 9)), max_size=25
)


@pytest.mark.timeout(180)
@on_logs_that_can_be_restored
@hypothesis_settings(max_examples=examples(300), deadline=None)
@example([("emit", 0, 1), ("copy", 0, 1), ("burst", 1, 9), ("roll back", 0, 0), ("emit", 2, 0)])
@example([("unheard", 0, 0), ("burst", 0, 9), ("kill", 0, 0), ("start", 0, 0), ("emit", 1, 2)])
@example([("burst", 0, 0), ("empty", 0, 0), ("burst", 1, 0), ("empty", 0, 3), ("emit", 2, 0)])
@given(steps=HISTORIES)
def test_nothing_is_lost_or_doubled_untold(
    engine: LogEngine, steps: list[tuple[str, int, int]]
) -> None:
    asyncio.run(run(engine, steps))


@pytest.mark.nightly
@on_engines(*(log for log in LOGS if not log.restores))
@hypothesis_settings(max_examples=examples(60), deadline=None)
@given(steps=HISTORIES)
def test_the_same_where_a_node_takes_long_to_start(
    engine: LogEngine, steps: list[tuple[str, int, int]]
) -> None:
    asyncio.run(run(engine, steps))


async def run(engine: LogEngine, steps: list[tuple[str, int, int]]) -> None:
    async with cluster(engine) as nodes:
        for action, index, turns in steps:
            await act(nodes, action, index % max(1, len(nodes.nodes)))
            for _ in range(turns):
                await asyncio.sleep(0)
        await nodes.settle()
        nodes.check()


async def act(nodes: Cluster, action: str, index: int) -> None:
    node = nodes.nodes[index]
    match action:
        case "emit":
            node.publish(CONTEXTS[index])
        case "burst":
            for _ in range(3000):
                node.publish(CONTEXTS[index])
        case "fail":
            nodes.logs[node.name].failing += 2
        case "unheard":
            nodes.logs[node.name].unheard += 1
        case "kill" if len(nodes.nodes) > 1:
            await nodes.kill(index)
        case "start" if len(nodes.nodes) < 4:
            await nodes.start()
        case _:
            await replace_log(nodes, action)


async def replace_log(nodes: Cluster, action: str) -> None:
    match action:
        case "copy":
            await nodes.storage.copy()
        case "roll back":
            await nodes.roll_back()
        case "empty":
            await nodes.storage.empty()


@on_logs_that_can_be_restored
async def test_a_log_that_was_rolled_back_has_another_epoch_and_is_told(engine: LogEngine) -> None:
    async with cluster(engine) as nodes:
        await nodes.settle()
        await nodes.storage.copy()
        await nodes.settle()
        epochs = {event.epoch for node in nodes.nodes for event in node.events}
        await nodes.roll_back()
        await nodes.settle()
        assert all(node.gaps for node in nodes.nodes)
        assert all(node.events[-1].epoch not in epochs for node in nodes.nodes)
        nodes.check()


@on_logs_that_can_be_restored
async def test_an_epoch_that_ended_does_not_come_back(engine: LogEngine) -> None:
    async with cluster(engine) as nodes:
        await nodes.storage.copy()
        await nodes.settle()
        await nodes.storage.empty()
        await nodes.settle()
        await nodes.roll_back()
        await nodes.settle()
        nodes.check()


@on_every_log
async def test_without_a_fault_there_is_no_gap(engine: LogEngine) -> None:
    async with cluster(engine) as nodes:
        for number in range(500):
            nodes.nodes[number % 3].publish("a")
            await asyncio.sleep(0)
        await nodes.settle()
        check(nodes.nodes)
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


@on_every_log
async def test_a_node_that_stops_reading_for_a_while_goes_on_exactly(engine: LogEngine) -> None:
    async with cluster(engine, 2) as nodes:
        here, there = nodes.nodes
        await there.broker.close()
        for _ in range(100):
            here.publish("a")
        await there.broker.open()
        await nodes.settle()
        check(nodes.nodes)
        assert there.gaps == 0


@on_logs_that_can_be_restored
async def test_one_that_was_away_for_longer_than_the_log_reaches_is_told(
    engine: LogEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"quart_chat.events.brokers.{engine.module}.KEPT", 10)
    async with cluster(engine, 2) as nodes:
        here, there = nodes.nodes
        await there.broker.close()
        for _ in range(600):
            here.publish("a")
            broker = here.broker
            await broker.flush()
        await there.broker.open()
        await nodes.settle()
        assert (here.gaps, there.gaps) == (0, 1)


@on_every_log
async def test_a_new_node_has_what_is_a_minute_old_under_the_same_numbers(
    engine: LogEngine,
) -> None:
    async with cluster(engine, 1) as nodes:
        await nodes.settle()
        await nodes.start()
        first, second = nodes.nodes
        assert [event.id for event in second.events] == [event.id for event in first.events]


@on_every_log
async def test_an_event_that_can_not_be_sent_is_told_and_stops_no_other(engine: LogEngine) -> None:
    async with cluster(engine, 2) as nodes:
        nodes.nodes[0].broker.publish(make_event("\ud800", "status", {"node": 0, "n": -1}))
        nodes.nodes[0].publish("a")
        await nodes.settle()
        assert [node.gaps for node in nodes.nodes] == [1, 1]


@on_every_log
async def test_a_reader_that_fails_is_told_and_goes_on(engine: LogEngine) -> None:
    async with cluster(engine, 1) as nodes:
        (node,) = nodes.nodes
        broken = [True]

        def deliver(event: Event) -> None:
            if broken.pop() if broken else False:
                raise RuntimeError("broken")
            node.delivered.append(event)

        node.broker.bind(deliver, lambda: node.delivered.append(None))
        node.publish("a")
        node.publish("a")
        await until(lambda: node.gaps)
        await nodes.settle()


async def test_a_folder_that_can_not_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 0.1)
    (tmp_path / "file").touch()
    broker = LogBroker(SQLiteBus(tmp_path / "file" / "bus"))
    with pytest.raises(BrokerUnavailable, match="Not a directory"):
        await broker.open()


async def test_a_folder_with_a_long_path_works(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30) / ("deeper" * 20)
    nodes = [Node(name, LogBroker(SQLiteBus(folder))) for name in range(2)]
    for node in nodes:
        await node.broker.open()
    nodes[0].publish("a")
    await until(lambda: all(node.events for node in nodes))
    for node in nodes:
        await node.broker.close()
    assert not list(folder.glob("*.socket"))


# What waits

DELTAS = DeltaCoalescer("delta")


def piece(context_id: str, offset: int, text: str) -> Event:
    return make_event(context_id, "delta", {"id": context_id, "offset": offset, "text": text})


@given(
    parts=st.lists(st.tuples(st.sampled_from(CONTEXTS), st.booleans()), max_size=30),
)
def test_merging_keeps_every_text_and_all_else_in_its_order(
    parts: list[tuple[str, bool]],
) -> None:
    lengths = dict.fromkeys(CONTEXTS, 0)
    events = []
    for number, (context_id, is_delta) in enumerate(parts):
        if is_delta:
            events.append(piece(context_id, lengths[context_id], f"{number} "))
            lengths[context_id] += len(f"{number} ")
        else:
            events.append(make_event(context_id, "status", {"n": number}))
    merged = merge_waiting(DELTAS, events)
    for context_id in CONTEXTS:
        assert text_of(merged, context_id) == text_of(events, context_id)
    others = [event.data["n"] for event in merged if event.type == "status"]
    assert others == sorted(others)
    assert len(others) == len([part for part in parts if not part[1]])
    carried = decode_batch(encode_batch("origin", 1, False, merged)).events
    assert [(event.body, event.data) for event in carried] == [
        (event.body, event.data) for event in merged
    ]


def text_of(events: list[Event], context_id: str) -> str:
    text = ""
    for event in events:
        if event.context_id == context_id and event.type == "delta":
            assert event.data["offset"] == len(text)
            text += event.data["text"]
    return text


def test_past_the_limit_what_is_stored_nowhere_goes_first_and_that_is_told() -> None:
    waiting = WaitingEvents(DELTAS, limit=10_000)
    for number in range(50):
        waiting.add(make_event("a", "chatdata", {"n": number}, seq=number))
        waiting.add(make_event("a", "status", {"text": "x" * 300}))
    taken, dropped = [], False
    while waiting:
        events, gap = waiting.take()
        taken += events
        dropped = dropped or gap
    assert dropped
    assert [event.data["n"] for event in taken if event.seq is not None] == list(range(50))
    assert 0 < len(taken) < 100


def test_texts_are_merged_before_anything_is_dropped() -> None:
    waiting = WaitingEvents(DELTAS, limit=10_000)
    for number in range(1000):
        waiting.add(piece("a", number, "x"))
    events, dropped = waiting.take()
    assert not dropped
    assert text_of(events, "a") == "x" * 1000


@pytest.mark.parametrize("enveloped", [False, True])
def test_an_event_arrives_as_it_was_sent(enveloped: bool) -> None:
    data = {"type": "message", "createdAt": 1.5, "item": {"text": "„Grüße“ \x00 😀"}}
    event = make_event(
        "c", "chatdata", data, "chat", "Said", "step", seq=3, created_at=2.5, enveloped=enveloped
    )
    (arrived,) = decode_batch(encode_batch("origin", 1, False, [event])).events
    assert arrived == event


async def test_a_batch_that_is_not_appended_counts_as_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SQLiteBus(tmp_path)
    broker = LogBroker(log)
    broker.bind(lambda _: None, lambda: None)
    await broker.open()
    assert broker.cut_off == 0
    hangs, append = asyncio.Event(), log.append

    async def hang(batch: bytes) -> None:
        await hangs.wait()
        await append(batch)

    monkeypatch.setattr(log, "append", hang)
    broker.publish(make_event("c", "t", {}))
    await until(lambda: broker.cut_off > 0)
    hangs.set()
    await until(lambda: broker.cut_off == 0)
    await broker.close()


async def test_a_log_that_can_not_be_read_counts_as_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SQLiteBus(tmp_path)
    broker = LogBroker(log)
    broker.bind(lambda _: None, lambda: None)
    await broker.open()
    tail = log.tail

    async def fail(after: Place | None) -> AsyncGenerator[tuple[Place, bytes | None]]:
        if broker.epoch:
            raise LogUnavailable("it is away")
        yield Place("", 0), None

    monkeypatch.setattr(log, "tail", fail)
    broker._tasks[1].cancel()
    broker._tasks[1] = asyncio.create_task(broker._read_all())
    await until(lambda: broker.cut_off > 0)
    first = broker.cut_off
    await until(lambda: broker.cut_off > first)
    monkeypatch.setattr(log, "tail", tail)
    await until(lambda: broker.cut_off == 0)
    await broker.close()


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        (
            [LogUnavailable("no such password"), LogSilent("no answer")],
            "no such password",
        ),
        ([LogUnavailable("it is starting"), LogUnavailable("it is full")], "it is full"),
        ([LogSilent("no answer")], "no answer"),
        ([TimeoutError()], "it does not answer in time"),
        ([], "it does not answer in time"),
    ],
)
async def test_the_last_that_a_log_has_said_is_why_it_can_not_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: list[Exception], reason: str
) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 0.5)
    log = SQLiteBus(tmp_path)
    told = iter(failures)
    cancelled = iter([LogUnavailable("a driver has lost the cancellation")])

    async def fail(after: Place | None) -> AsyncGenerator[tuple[Place, bytes | None]]:
        for failure in told:
            raise failure
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            raise next(cancelled, error) from None
        yield Place("", 0), None

    monkeypatch.setattr(log, "tail", fail)
    broker = LogBroker(log)
    broker.bind(lambda _: None, lambda: None)
    with pytest.raises(BrokerUnavailable, match=f": {reason}$"):
        await broker.open()
