"""Figures of contexts and readers, whatever readers do, and that nothing is taken unread."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quart_chat.accounts.models import Credential, CredentialKind, Identity, Role
from quart_chat.cluster.control import ControlChannel
from quart_chat.events import StreamingEventManager, Subscription
from quart_chat.events.log import Bounds
from quart_chat.events.settings import EventSettings
from quart_chat.web.monitoring import figures as module
from quart_chat.web.monitoring.figures import Figures
from quart_chat.web.monitoring.monitor import CONTEXT, Monitor
from quart_chat.web.monitoring.names import Names

CHATS = [digit * 32 for digit in "abc"]


async def no_names() -> dict[str, str]:
    return {}


def figures_of(
    events: StreamingEventManager, readers: dict[object, Identity] | None = None
) -> Figures:
    return Figures("node", events, {}, Names(no_names), lambda: readers or {})


def identity(name: str) -> Identity:
    return Identity(name, name, Role.USER, Credential(CredentialKind.SESSION, name))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from(CHATS)),
        st.tuples(st.just("close"), st.integers(0, 9)),
        st.tuples(st.just("read"), st.integers(0, 9)),
        st.tuples(st.just("emit"), st.sampled_from(CHATS)),
        st.tuples(st.just("look"), st.none()),
    ),
    max_size=40,
)


@given(STEPS)
def test_readers_come_and_go_and_the_figures_end_right(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(walk(steps))


async def walk(steps: list[tuple[str, Any]]) -> None:
    # The oldest events fall off: a reader that has lost some is behind by those, too.
    events = StreamingEventManager(EventSettings(bounds=Bounds(max_events=3, pacing=0)))
    whose: dict[object, Identity] = {}
    figures = figures_of(events, whose)
    open_: list[tuple[str, Subscription, int]] = []
    emitted = dict.fromkeys(CHATS, 0)
    for step, value in steps:
        if step == "emit":
            await events.emit_event(value, "word", {})
            emitted[value] += 1
            await asyncio.sleep(0)
        elif step == "open":
            subscription = events.subscribe(value)
            subscription.open()
            whose[subscription] = identity(f"user {len(whose)}")
            open_.append((value, subscription, emitted[value]))
        elif step == "look":
            await figures.take()
        elif open_:
            chat, subscription, seen = open_.pop(value % len(open_))
            if step == "close":
                subscription.close()
                continue
            while seen < emitted[chat]:
                batch = await subscription.read()
                assert batch is not None
                seen += len(batch.events) + subscription.lost
            open_.append((chat, subscription, seen))
    await check(figures, open_, emitted, whose)
    await events.close()


async def check(
    figures: Figures,
    open_: list[tuple[str, Subscription, int]],
    emitted: dict[str, int],
    whose: dict[object, Identity],
) -> None:
    item = await figures.take()
    behind = [emitted[chat] - seen for chat, _, seen in open_]
    assert item["readers"] == len(open_)
    assert item["behind"] == sum(behind)
    assert item["furthestBehind"] == max(behind, default=0)
    shown = {context["id"]: context for context in item["busiest"]}
    for chat in CHATS:
        lags = {
            whose[reader].name: emitted[chat] - seen
            for where, reader, seen in open_
            if where == chat
        }
        if chat[:8] not in shown:
            assert not lags
            continue
        readers = shown[chat[:8]]["readers"]
        assert len(readers) + shown[chat[:8]]["moreReaders"] == len(lags)
        assert len(readers) == min(len(lags), module.MOST_READERS)
        assert all(lags[reader["user"]] == reader["behind"] for reader in readers)
        # Those that are left out are no further behind than those that are named.
        assert sorted(lags.values(), reverse=True)[: len(readers)] == [
            reader["behind"] for reader in readers
        ]
        assert all((reader["seconds"] > 0) <= (reader["behind"] > 0) for reader in readers)


async def test_what_is_a_second_is_not_known_the_first_time() -> None:
    events = StreamingEventManager()
    await events.emit_event("job", "word", {})
    figures = figures_of(events)
    first = await figures.take()
    assert first["eventsPerSecond"] is None
    assert [context["eventsPerSecond"] for context in first["busiest"]] == [None]
    await events.emit_event("job", "word", {})
    second = await figures.take()
    assert second["eventsPerSecond"] > 0
    assert second["busiest"][0]["eventsPerSecond"] == second["eventsPerSecond"]
    assert (await figures.take())["eventsPerSecond"] == 0
    await events.close()


async def test_of_many_contexts_the_furthest_behind_and_the_busiest_are_told() -> None:
    events = StreamingEventManager()
    async with events.subscribe("document:" + "f" * 32) as slow:
        for number in range(module.MOST_CONTEXTS + 20):
            events.subscribe(f"user:{number}")
        await events.emit_event("document:" + "f" * 32, "word", {})
        item = await figures_of(events, {slow: identity("Ada")}).take()
    assert len(item["busiest"]) == module.MOST_CONTEXTS
    assert item["moreContexts"] == 21
    (found,) = [context for context in item["busiest"] if context["kind"] == "document"]
    assert (found["user"], found["readers"][0]["behind"]) == ("Ada", 1)
    await events.close()


async def test_names_are_read_once_for_each_new_user() -> None:
    reads = 0

    async def read() -> dict[str, str]:
        nonlocal reads
        reads += 1
        return {"1": "Ada", "2": "Berta"}

    names = Names(read)
    for _ in range(3):
        await names.learn(["1", "gone"])
    assert (names.get("1"), names.get("gone"), reads) == ("Ada", None, 1)
    await names.learn(["2"])
    assert (names.get("2"), reads) == ("Berta", 2)


async def test_a_name_is_not_believed_for_long() -> None:
    users = {"1": "Ada"}

    async def read() -> dict[str, str]:
        return users

    names = Names(read, kept=-1)
    await names.learn(["1"])
    users["1"] = "Ada Neu"
    await names.learn(["1"])
    assert names.get("1") == "Ada Neu"


# The monitor


def make_monitor(
    events: StreamingEventManager, control: ControlChannel | None = None, node: str = "one"
) -> Monitor:
    return Monitor(lambda: figures_of(events), events, control, node, period=0.01)


async def test_nothing_is_emitted_before_and_after_someone_reads() -> None:
    events = StreamingEventManager()
    monitor = make_monitor(events)
    assert not monitor.is_running
    assert not events.has_queue(CONTEXT)
    for _ in range(2):
        monitor.expect_reader()
        async with events.subscribe(CONTEXT) as subscription:
            for _ in range(3):
                batch = await subscription.read()
                assert batch is not None
                assert {event.type for event in batch.events} == {"figures"}
                (page,) = [c for e in batch.events[-1:] for c in e.data["busiest"]]
                assert page["kind"] == "page"
        await monitor.settle()
        await asyncio.sleep(0)  # the context goes with the next turn of the loop
        await asyncio.sleep(0)
        assert not monitor.is_running
        assert not events.has_queue(CONTEXT)
        assert events.statistics().counts.events >= 3
    # No timer is left: nothing can be taken any more.
    before = events.statistics().counts.events
    assert len(asyncio.all_tasks()) == 1
    assert events.statistics().counts.events == before
    await events.close()


async def test_one_who_was_expected_and_does_not_come_costs_a_few_figures() -> None:
    events = StreamingEventManager()
    monitor = make_monitor(events)
    monitor.expect_reader()
    await monitor.settle()
    assert 1 <= events.statistics().counts.events <= 10
    await events.close()


async def test_a_second_reader_takes_no_second_figures() -> None:
    events = StreamingEventManager()
    monitor = make_monitor(events)
    tasks = []
    async with events.subscribe(CONTEXT) as one, events.subscribe(CONTEXT) as two:
        monitor.expect_reader()
        tasks += [monitor._task]
        monitor.expect_reader()
        tasks += [monitor._task]
        first, second = await one.read(), await two.read()
        assert first is second
    assert tasks[0] is tasks[1]
    await monitor.close()
    await events.close()


async def test_other_nodes_emit_while_one_has_a_reader_and_not_for_one_another() -> None:
    events = StreamingEventManager()
    # One log for both, as a broker has it; each node hears all that is told.
    controls = [ControlChannel(events), ControlChannel(events)]
    here, there = (
        make_monitor(events, control, node)
        for control, node in zip(controls, ("here", "there"), strict=True)
    )
    for control in controls:
        control.start()
    here.expect_reader()
    async with events.subscribe("cluster:") as told, events.subscribe(CONTEXT):
        batch = await told.read()
        assert batch is not None
        assert batch.events[0].data == {"node": "here"}
        while not there.is_running:  # noqa: ASYNC110 - it hears of it in a turn of the loop
            await asyncio.sleep(0)
    await here.settle()
    await there.settle()
    for control in controls:
        await control.close()
    await events.close()


async def test_a_failure_ends_the_figures_and_the_next_reader_gets_some() -> None:
    events = StreamingEventManager()
    monitor = make_monitor(events)
    whole = monitor.make_figures

    def fail() -> Figures:
        raise RuntimeError

    monitor.make_figures = fail
    monitor.expect_reader()
    await asyncio.sleep(0)
    await monitor.settle()
    monitor.make_figures = whole
    monitor.expect_reader()
    async with events.subscribe(CONTEXT) as subscription:
        assert await subscription.read() is not None
    await monitor.close()
    await events.close()
