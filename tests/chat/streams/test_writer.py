"""Streams of a workflow and of a page: the join, the way on, holes and ends."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import orjson
import pytest

from quart_chat.assistants.protocol import Rewrite, Step, Text
from quart_chat.chat import storage
from quart_chat.chat.ask import Ask
from quart_chat.chat.service import ChatService
from quart_chat.chat.storage import MAX_LIST_CHANGES, PART
from quart_chat.chat.streams import position
from quart_chat.chat.streams.writer import stream_user, stream_workflow
from quart_chat.events import Bounds, EventSettings
from quart_chat.events.sse import KEEPALIVE
from quart_chat.storage.sqlite.chats import list_changes
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.client import Client, DirectClient, state_of
from tests.chat.managers import make_manager
from tests.chat.parts import USER, make_service
from tests.chat.scripted import END, Line, ScriptedAssistant
from tests.events.brokers.shared import SharedBroker, SharedLog
from tests.waiting import until

ASK = "Hello"


async def begin(service: ChatService, assistant: ScriptedAssistant, *texts: str) -> str:
    workflow_id = (await service.start(Ask(USER, ASK))).workflow_id
    await assistant.say(ASK, *map(Text, texts))
    return workflow_id


async def finish(service: ChatService, assistant: ScriptedAssistant, workflow_id: str) -> None:
    """Have the running round complete, and return once it has."""
    async with aclosing(stream_workflow(service, USER, workflow_id, since=0, follow=False)) as rest:
        assistant.tell(ASK, END)
        async for _ in rest:
            pass


def open_stream(
    service: ChatService, workflow_id: str, since: int | None = 0, *, follow: bool = True
) -> AsyncGenerator[bytes, None]:
    return stream_workflow(service, USER, workflow_id, since=since, follow=follow)


async def read_until(
    client: Client, stream: AsyncGenerator[bytes, None], condition: Callable[[], object]
) -> None:
    while not condition():
        client.feed(await anext(stream))


async def assert_exact(client: Client, service: ChatService, workflow_id: str) -> None:
    assert (client.items, client.terminals) == state_of(await service.snapshot(USER, workflow_id))


async def test_a_round_is_written_with_no_task_woken_until_its_end(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "an")
    client = Client()
    direct = DirectClient(client, [True])
    stream = stream_workflow(service, USER, workflow_id, since=0, follow=False)
    stream.write_to(direct)
    client.feed(await anext(stream))
    waiting = asyncio.ensure_future(anext(stream))
    await until(lambda: stream._chunks.ag_running)  # type: ignore[attr-defined]  # a generator
    await assistant.say(ASK, Text(" answer"))
    await until(lambda: "an answer" in str(client.items))
    assert (direct.written, waiting.done()) == (1, False)
    assistant.tell(ASK, END)
    with pytest.raises(StopAsyncIteration):
        await waiting
    await assert_exact(client, service, workflow_id)


async def test_a_stream_shows_a_round_and_ends_with_it(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    started = await service.start(Ask(USER, ASK))
    assistant.tell(ASK, Step("s", "Working", "completed"), Text("an "), Text("answer"), END)
    client = Client()
    stream = stream_workflow(
        service, USER, started.workflow_id, since=started.since, follow=False, round_number=1
    )
    await client.read(stream)
    assert client.types[-3:] == ["message", "workflow", "complete"]
    assert client.last_id == str((await service.workflow(USER, started.workflow_id)).seq)
    await assert_exact(client, service, started.workflow_id)


@pytest.mark.parametrize("removed", [False, True])
async def test_a_round_that_has_begun_is_read_from_the_log_while_there_is_one(
    service: ChatService, assistant: ScriptedAssistant, removed: bool
) -> None:
    started = await service.start(Ask(USER, ASK))
    await assistant.say(ASK, Step("s", "Working", "completed"), Text("answer"))
    await finish(service, assistant, started.workflow_id)
    # What follows the end of a round keeps its context: the first removal may come too early.
    while removed and service.events.has_queue(started.workflow_id):
        await service.events.cleanup(started.workflow_id, 0)
        await asyncio.sleep(0)
    client = Client()
    stream = stream_workflow(
        service,
        USER,
        started.workflow_id,
        since=started.since,
        after=started.after,
        follow=False,
        round_number=1,
    )
    await client.read(stream)
    assert client.types[-1] == "complete"
    await assert_exact(client, service, started.workflow_id)


async def test_frames_of_stored_items_have_their_seq_as_id_and_deltas_none(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant)
    stream = open_stream(service, workflow_id)
    chunks = [await anext(stream)]
    await assistant.say(ASK, Text("a"))
    while b'"delta"' not in chunks[-1]:
        chunks.append(await anext(stream))
    await stream.aclose()
    frames = b"".join(chunks).split(b"\n\n")
    assert [frame.partition(b"\n")[2] for frame in frames] == [
        b"id: 1",
        b"id: 2",
        b"id: 3",
        b"",
        b"",
    ]
    assert frames[-2].startswith(b'data: {"type":"delta"')


async def test_one_who_joins_in_the_middle_has_the_text_so_far(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "half an ")
    client = Client()
    stream = open_stream(service, workflow_id, follow=False)
    client.feed(await anext(stream))
    assert client.frames[-1]["item"]["content"] == "half an "
    assistant.tell(ASK, Text("answer"), END)
    await read_until(client, stream, lambda: client.terminals)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    await assert_exact(client, service, workflow_id)


async def test_the_message_in_flight_comes_with_any_since_and_without_an_id(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "half")
    await assistant.say(ASK, Step("s", "Working"))
    stream = open_stream(service, workflow_id, since=4)
    client = Client()
    client.feed(await anext(stream))
    assert client.types == ["message", "log"]
    assert client.ids == []
    await stream.aclose()


async def test_without_follow_a_stream_of_an_idle_workflow_ends_after_the_snapshot(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "a")
    await finish(service, assistant, workflow_id)
    client = Client()
    await client.read(open_stream(service, workflow_id, follow=False))
    await assert_exact(client, service, workflow_id)
    assert client.resets == 0


async def test_a_client_that_has_all_gets_nothing(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "a")
    await finish(service, assistant, workflow_id)
    seq = (await service.workflow(USER, workflow_id)).seq
    client = Client()
    await client.read(open_stream(service, workflow_id, since=seq, follow=False))
    assert client.frames == []


async def read_first_of_two(service: ChatService, assistant: ScriptedAssistant) -> Client:
    """A client that has read the first round of a chat, of which the second runs."""
    workflow_id = await begin(service, assistant, "a")
    await finish(service, assistant, workflow_id)
    await service.start(Ask(USER, "two", workflow_id=workflow_id))
    client = Client()
    await client.read(
        stream_workflow(service, USER, workflow_id, since=0, follow=False, round_number=1)
    )
    return client


async def test_a_stream_of_one_round_ends_before_the_next(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    client = await read_first_of_two(service, assistant)
    assert client.types[-1] == "complete"


async def test_a_stream_that_follows_shows_the_next_round(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "a")
    client, stream = Client(), open_stream(service, workflow_id)
    assistant.tell(ASK, END)
    await read_until(client, stream, lambda: 1 in client.terminals)
    await service.start(Ask(USER, "two", workflow_id=workflow_id))
    assistant.tell("two", Text("b"), END)
    await read_until(client, stream, lambda: 2 in client.terminals)
    await assert_exact(client, service, workflow_id)
    await stream.aclose()


@pytest.mark.parametrize("since", [1000, 2**53 - 1, None])
async def test_a_position_the_database_does_not_know_is_answered_with_a_reset(
    service: ChatService, assistant: ScriptedAssistant, since: int | None
) -> None:
    workflow_id = await begin(service, assistant, "a")
    await finish(service, assistant, workflow_id)
    client = Client()
    await client.read(open_stream(service, workflow_id, since=since, follow=False))
    assert client.types[0] == "reset"
    assert client.frames[0]["item"] == {"workflowId": workflow_id, "seq": 6}
    await assert_exact(client, service, workflow_id)


async def test_readers_of_a_deleted_workflow_are_told_and_let_go(service: ChatService) -> None:
    workflow_id = (await service.start(Ask(USER, ASK))).workflow_id
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    await service.delete(USER, workflow_id)
    async for chunk in stream:
        client.feed(chunk)
    assert client.items[workflow_id] == {"id": workflow_id, "deleted": True}


async def test_one_who_joins_a_workflow_as_it_is_deleted_is_told_the_same(
    service: ChatService,
) -> None:
    workflow_id = (await service.start(Ask(USER, ASK))).workflow_id
    await service.delete(USER, workflow_id)
    client = Client()
    await client.read(open_stream(service, workflow_id))
    assert client.items == {workflow_id: {"id": workflow_id, "deleted": True}}


async def test_the_progress_of_a_step_that_has_ended_is_not_shown_again(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    """The events wait in the log, and the snapshot is read after them."""
    workflow_id = await begin(service, assistant)
    async with service.events.subscribe(workflow_id) as early:
        await assistant.say(ASK, Step("s", "Working"), Text("te"))
        await assistant.say(ASK, Step("s", "Working", progress=0.5), Text("xt"))
        await assistant.say(ASK, Step("s", "Done", "completed"))
        assert early.lost == 0
    late = service.events.subscribe(workflow_id, after=2)
    service.events.subscribe = lambda *_, **__: late  # type: ignore[method-assign]  # a fault is put in
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    assistant.tell(ASK, END)
    await read_until(client, stream, lambda: client.terminals)
    await stream.aclose()
    assert client.types == [
        "workflow", "message", "message", "log", "message", "workflow", "complete",
    ]  # fmt: skip
    assert client.types.count("delta") == 0
    await assert_exact(client, service, workflow_id)


async def test_progress_is_shown_to_one_who_comes_back_while_the_step_runs(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant)
    await assistant.say(ASK, Step("s", "Working"))
    client, stream = Client(), open_stream(service, workflow_id, since=3)
    client.feed(await anext(stream))
    assistant.tell(ASK, Step("s", "Working", progress=0.5))
    await read_until(client, stream, lambda: client.frames[-1]["item"].get("progress") == 0.5)
    assert client.last_id == ""
    await stream.aclose()


async def test_events_of_other_kinds_are_passed_on(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant)
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    await service.events.emit_event(workflow_id, "status", {"queue": 3}, "chat")
    client.feed(await anext(stream))
    assert client.frames[-1]["type"] == "status"
    await stream.aclose()


async def test_one_that_falls_off_the_log_catches_up_from_the_database(
    repository: ChatRepository, assistant: ScriptedAssistant
) -> None:
    manager = make_manager(EventSettings(bounds=Bounds(max_events=3, pacing=0)))
    service = make_service(repository, manager, assistant)
    workflow_id = await begin(service, assistant, "a")
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    for n in range(10):
        await assistant.say(ASK, Step(f"{n}", "Working", "completed"), Text(f"{n}"))
    await assistant.say(ASK, Text("!"))
    assistant.tell(ASK, END)
    await read_until(client, stream, lambda: client.terminals)
    await assert_exact(client, service, workflow_id)
    await stream.aclose()
    await service.close()


async def test_one_who_joins_after_a_text_was_begun_anew_is_sent_nothing_of_the_old_one(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "Let me ", "think about it. ")
    early, late = Client(), Client()
    before, after = open_stream(service, workflow_id), open_stream(service, workflow_id)
    early.feed(await anext(before))
    await assistant.say(ASK, Text("More. "), Rewrite(""), Text("Hi"))
    message_id = (await service.snapshot(USER, workflow_id)).messages[-1].id
    late.feed(await anext(after))
    # What a slow broker still brings is of a text that there is no longer.
    stale = {"messageId": message_id, "offset": 2, "text": " more to think of"}
    await service.events.emit_event(workflow_id, "delta", stale, "chat")
    await assistant.say(ASK, Text(" there"))
    for client, stream in ((early, before), (late, after)):
        while client.items[message_id]["content"] != "Hi there":
            client.feed(await anext(stream))
        await stream.aclose()
    await finish(service, assistant, workflow_id)


async def test_text_of_a_revision_that_is_not_known_is_read_from_the_database(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "Let me think")
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    emit = service.events.emit_event

    async def drop(*args: object, **kwargs: object) -> None:
        """Lose what is emitted, as a broker that was away would."""

    service.events.emit_event = drop  # type: ignore[method-assign]  # a fault is put in
    await assistant.say(ASK, Rewrite("An answer that is longer than"))
    service.events.emit_event = emit  # type: ignore[method-assign]  # a fault is put in
    await assistant.say(ASK, Text(" the thought"))
    await read_until(client, stream, lambda: "than the thought" in str(client.items))
    await finish(service, assistant, workflow_id)
    await read_until(client, stream, lambda: client.terminals)
    await assert_exact(client, service, workflow_id)
    await stream.aclose()


@pytest.mark.parametrize("text_first", [True, False])
async def test_a_hole_is_filled_from_the_database(
    service: ChatService, assistant: ScriptedAssistant, text_first: bool
) -> None:
    workflow_id = await begin(service, assistant, "a")
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    emit = service.events.emit_event

    async def drop(*args: object, **kwargs: object) -> None:
        """Lose what is emitted, as a broker that was away would."""

    service.events.emit_event = drop  # type: ignore[method-assign]  # a fault is put in
    await assistant.say(ASK, Step("lost", "Lost", "completed"), Text("b"))
    service.events.emit_event = emit  # type: ignore[method-assign]  # a fault is put in
    seen = Step("seen", "Seen", "completed")
    said: list[Line] = [Text("c"), seen] if text_first else [seen, Text("c")]
    await assistant.say(ASK, *said)
    await read_until(client, stream, lambda: "Seen" in str(client.items))
    assert "Lost" in str(client.items)
    await finish(service, assistant, workflow_id)
    await read_until(client, stream, lambda: client.terminals)
    await assert_exact(client, service, workflow_id)
    await stream.aclose()


async def test_text_that_nothing_can_fill_waits_for_the_final_message(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await begin(service, assistant, "a")
    message_id = (await service.snapshot(USER, workflow_id)).messages[-1].id
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    before = repository.queries
    far = {"messageId": message_id, "offset": 99, "text": "far"}
    await service.events.emit_event(workflow_id, "delta", far, "chat")
    client.feed(await anext(stream))
    once = repository.queries
    assert once > before
    await service.events.emit_event(workflow_id, "delta", {**far, "offset": 102}, "chat")
    await finish(service, assistant, workflow_id)
    await read_until(client, stream, lambda: client.terminals)
    assert "delta" not in client.types
    await assert_exact(client, service, workflow_id)
    await stream.aclose()


async def test_an_open_stream_reads_nothing_from_the_database(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await begin(service, assistant)
    clients = [Client() for _ in range(100)]
    streams = [open_stream(service, workflow_id) for _ in clients]
    for client, stream in zip(clients, streams, strict=True):
        client.feed(await anext(stream))
    await assistant.say(ASK, Text("first"))
    for client, stream in zip(clients, streams, strict=True):
        await read_until(client, stream, lambda c=client: "delta" in c.types)  # type: ignore[misc]  # mypy knows no lambda with a default

    # From here on nothing writes: the saver's timer is stopped, and text is all that comes.
    checkpointer = service._context.checkpointer
    await checkpointer.close()
    checkpointer.schedule = lambda draft: None  # type: ignore[method-assign]  # a fault is put in
    before = repository.queries
    for n in range(50):
        await assistant.say(ASK, Text(f" {n}"))
    text = "first" + "".join(f" {n}" for n in range(50))
    for client, stream in zip(clients, streams, strict=True):
        await read_until(client, stream, lambda c=client: text in str(c.items))  # type: ignore[misc]  # mypy knows no lambda with a default
    assert repository.queries == before
    for stream in streams:
        await stream.aclose()


async def test_a_gap_of_the_broker_is_mended_by_one_reading(
    repository: ChatRepository, assistant: ScriptedAssistant
) -> None:
    log = SharedLog()
    events = make_manager(broker=SharedBroker(log))
    await events.open()
    service = make_service(repository, events, assistant)
    workflow_id = await begin(service, assistant, "before")
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    await assistant.say(ASK, Text(" more"))
    await read_until(client, stream, lambda: "before more" in str(client.items))
    before = repository.queries
    async with aclosing(open_stream(service, workflow_id)) as another:
        await anext(another)
    joining = repository.queries - before
    log.renew()
    client.feed(await anext(stream))
    # A checkpoint may be written in between.
    assert 0 < repository.queries - before - joining < 2 * joining
    await assistant.say(ASK, Text(" after"))
    assistant.tell(ASK, END)
    await read_until(client, stream, lambda: client.terminals)
    assert "before more after" in str(client.items)
    await assert_exact(client, service, workflow_id)
    await stream.aclose()
    await service.close()
    await events.close()


async def test_readers_at_the_same_place_are_sent_the_same_bytes(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant)
    one, two = open_stream(service, workflow_id), open_stream(service, workflow_id)
    await anext(one)
    await anext(two)
    reads = asyncio.gather(anext(one), anext(two))
    await asyncio.sleep(0)
    await assistant.say(ASK, Text("a"))
    first, second = await reads
    assert first is second
    await one.aclose()
    await two.aclose()


async def test_a_quiet_stream_is_kept_alive(
    repository: ChatRepository, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, make_manager(EventSettings(keepalive=0.01)), assistant)
    workflow_id = await begin(service, assistant)
    stream = open_stream(service, workflow_id)
    await anext(stream)
    assert await anext(stream) == KEEPALIVE
    assert await anext(stream) == KEEPALIVE
    await stream.aclose()
    await service.close()


async def test_a_stream_that_ends_with_the_server_says_when_to_come_back(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant)
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    service.events.drain()
    await client.read(stream)
    assert client.parser.retry is not None
    assert client.parser.comments


# A page


async def test_a_page_gets_both_its_list_and_its_workflow(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    other = (await service.start(Ask(USER, "other"))).workflow_id
    workflow_id = await begin(service, assistant)
    client, stream = Client(), stream_user(service, USER, workflow_id, "2-2")
    assistant.tell(ASK, Text("a"), END)
    await read_until(client, stream, lambda: client.terminals)
    await service.change(USER, other, title="renamed")
    await read_until(client, stream, lambda: other in client.items)
    assert client.items[other]["title"] == "renamed"
    assert client.ids[-1] == "4-6"
    assert client.resets == 0
    message = (await service.snapshot(USER, workflow_id)).messages[-1]
    assert client.items[message.id] == orjson.loads(orjson.dumps(message.to_item()))
    await stream.aclose()


async def test_a_page_that_was_away_gets_what_changed(
    service: ChatService,
) -> None:
    first = (await service.start(Ask(USER, "first"))).workflow_id
    second = (await service.start(Ask(USER, "second"))).workflow_id
    await service.stop(USER, first)
    client, stream = Client(), stream_user(service, USER, first, "1-2")
    await read_until(client, stream, lambda: client.terminals)
    assert client.ids == ["2-2", "3-2", "3-3", "3-4"]
    assert client.types == ["workflow", "workflow", "workflow", "stopped"]
    assert set(client.items) == {first, second}
    await stream.aclose()


@pytest.mark.parametrize("cursor", [None, "", "x", "7", "1-2-3", "-1-2", "99-99", "²-1"])
async def test_a_page_with_a_cursor_that_says_nothing_gets_everything(
    service: ChatService, cursor: str | None
) -> None:
    first = (await service.start(Ask(USER, "first"))).workflow_id
    await service.start(Ask(USER, "second"))
    client, stream = Client(), stream_user(service, USER, first, cursor)
    await read_until(client, stream, lambda: client.resets == 2 and len(client.items) == 2)
    assert client.frames[0]["item"] == {"workflowId": None, "seq": 2, "next": None}
    assert client.last_id == "2-2"
    await stream.aclose()


async def test_a_page_without_a_workflow_follows_the_list(service: ChatService) -> None:
    client, stream = Client(), stream_user(service, USER, None, "0-0")
    reading = asyncio.create_task(anext(stream))
    started = await service.start(Ask(USER, "new"))
    client.feed(await reading)
    assert client.ids == ["1-0"]
    assert started.workflow_id in client.items
    await stream.aclose()


async def test_a_list_without_workflows_is_a_reset_alone(service: ChatService) -> None:
    client, stream = Client(), stream_user(service, USER, None, None)
    client.feed(await anext(stream))
    assert client.types == ["reset"]
    assert client.last_id == "0-0"
    await stream.aclose()


async def test_a_page_outlives_its_workflow(service: ChatService) -> None:
    workflow_id = (await service.start(Ask(USER, ASK))).workflow_id
    client, stream = Client(), stream_user(service, USER, workflow_id, "1-2")
    reading = asyncio.create_task(anext(stream))
    await service.delete(USER, workflow_id)
    client.feed(await reading)
    await read_until(client, stream, lambda: client.items[workflow_id].get("deleted"))
    reading = asyncio.create_task(anext(stream))
    await service.events.emit_event(workflow_id, "status", {}, "chat")
    log = service.events.log(workflow_id)
    await until(lambda: log is not None and log.flushed == log.end)
    other = (await service.start(Ask(USER, "other"))).workflow_id
    client.feed(await reading)
    await read_until(client, stream, lambda: other in client.items)
    assert "status" not in client.types
    await stream.aclose()


async def test_a_list_that_has_changed_too_much_is_read_anew(
    service: ChatService,
) -> None:
    workflow_id = (await service.start(Ask(USER, ASK))).workflow_id
    for n in range(MAX_LIST_CHANGES):
        await service.change(USER, workflow_id, title=f"title {n}")
    client, stream = Client(), stream_user(service, USER, None, "0-0")
    client.feed(await anext(stream))
    assert client.types == ["reset", "workflow"]
    assert client.last_id == f"{MAX_LIST_CHANGES + 1}-0"
    await stream.aclose()


async def test_a_hole_in_the_list_is_filled_from_the_database(service: ChatService) -> None:
    workflow_id = (await service.start(Ask(USER, ASK))).workflow_id
    client, stream = Client(), stream_user(service, USER, None, "1-0")
    reading = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    list_context = f"user:{USER}"
    emit = service.events.emit_event

    async def drop_list(context_id: str, *args: Any, **kwargs: Any) -> None:
        if context_id != list_context:
            await emit(context_id, *args, **kwargs)

    service.events.emit_event = drop_list  # type: ignore[method-assign]  # a fault is put in
    other = (await service.start(Ask(USER, "lost"))).workflow_id
    service.events.emit_event = emit  # type: ignore[method-assign]  # a fault is put in
    await service.events.emit_event(list_context, "status", {}, "chat")
    await service.change(USER, workflow_id, title="seen")
    client.feed(await reading)
    await read_until(client, stream, lambda: workflow_id in client.items)
    assert set(client.items) == {workflow_id, other}
    assert client.ids[-1] == "3-0"
    await stream.aclose()


# Catching up in parts


@pytest.fixture
def one_row_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position, "PART", storage.PartBounds(rows=1, bytes=10**9))


@pytest.mark.usefixtures("one_row_a_part")
async def test_each_part_is_read_once_the_one_before_is_taken(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await begin(service, assistant, "a")
    await finish(service, assistant, workflow_id)
    stream = open_stream(service, workflow_id, follow=False)
    client = Client()
    reads = []
    async for chunk in stream:
        client.feed(chunk)
        reads.append(repository.queries)
        await asyncio.sleep(0)
        assert repository.queries == reads[-1]
    assert reads == sorted(set(reads))
    assert len(reads) >= 3
    await assert_exact(client, service, workflow_id)


@pytest.mark.usefixtures("one_row_a_part")
async def test_what_is_in_flight_comes_with_the_last_part(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "half")
    await assistant.say(ASK, *(Step(f"{n}", "Done", "completed") for n in range(3)))
    client, stream = Client(), open_stream(service, workflow_id)
    await read_until(client, stream, lambda: "half" in str(client.items))
    assert client.types[:4] == ["workflow", "message", "log", "log"]
    assert client.ids == ["1", "2", "4", "5", "6"]
    assistant.tell(ASK, Text(" an answer"), END)
    await read_until(client, stream, lambda: client.terminals)
    await assert_exact(client, service, workflow_id)
    await stream.aclose()


@pytest.mark.usefixtures("one_row_a_part")
@pytest.mark.parametrize("cut_after", range(1, 6))
async def test_what_changes_between_two_parts_is_in_a_later_one_or_comes_live(
    service: ChatService, assistant: ScriptedAssistant, cut_after: int
) -> None:
    """The client is cut off after the change, too, and goes on from the last id it has."""
    workflow_id = await begin(service, assistant, "a")
    done = [Step(f"{number}", "Done", "completed") for number in range(3)]
    await assistant.say(ASK, *done, Step("s", "Working"))
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    assert "log" not in client.types
    await assistant.say(ASK, Step("s", "Done", "completed"), Text("b"))
    changed = await service.change(USER, workflow_id, title="other")
    for _ in range(cut_after):
        # How many events a chunk has is a matter of time; with the last there is no other to come.
        if client.since == changed.seq:
            break
        client.feed(await anext(stream))
    await stream.aclose()
    client.connect()
    stream = open_stream(service, workflow_id, client.since)
    assistant.tell(ASK, END)
    await read_until(client, stream, lambda: client.terminals)
    await assert_exact(client, service, workflow_id)
    await stream.aclose()


@pytest.mark.usefixtures("one_row_a_part")
async def test_a_chat_that_is_deleted_between_two_parts_is_said_to_be(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "a")
    await finish(service, assistant, workflow_id)
    client, stream = Client(), open_stream(service, workflow_id)
    client.feed(await anext(stream))
    await service.delete(USER, workflow_id)
    async for chunk in stream:
        client.feed(chunk)
    assert client.items[workflow_id] == {"id": workflow_id, "deleted": True}


@pytest.mark.usefixtures("one_row_a_part")
async def test_a_position_that_is_not_known_is_reset_once_for_all_parts(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "a")
    await finish(service, assistant, workflow_id)
    client = Client()
    await client.read(open_stream(service, workflow_id, since=None, follow=False))
    assert client.types.count("reset") == 1
    await assert_exact(client, service, workflow_id)


@pytest.mark.usefixtures("one_row_a_part")
async def test_a_stream_of_one_round_ends_with_it_in_the_midst_of_the_parts(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    client = await read_first_of_two(service, assistant)
    assert client.types[-1] == "complete"


async def test_a_part_is_bounded_by_what_it_holds(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    text = "é" * 200_000
    workflow_id = await begin(service, assistant, text)
    await finish(service, assistant, workflow_id)
    read = await service.snapshot(USER, workflow_id, 0, PART)
    assert read.part_end == (await service.snapshot(USER, workflow_id)).messages[-1].seq
    assert not read.running
    client = Client()
    await client.read(open_stream(service, workflow_id, follow=False))
    await assert_exact(client, service, workflow_id)


async def test_a_large_message_is_encoded_once_for_all_who_read_it(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await begin(service, assistant, "word " * 40_000)
    await finish(service, assistant, workflow_id)
    large = []
    streams = [open_stream(service, workflow_id) for _ in range(3)]
    for stream in streams:
        while len(chunk := await anext(stream)) < 200_000:
            pass
        large.append(chunk)
    assert all(chunk is large[0] for chunk in large)
    for stream in streams:
        await stream.aclose()
    del large, chunk
    gc.collect()
    assert not position._large


async def test_changes_of_the_list_come_in_parts(
    service: ChatService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_changes, "CHANGES_AT_ONCE", 2)
    workflow_ids = [(await service.start(Ask(USER, f"{n}"))).workflow_id for n in range(5)]
    client, stream = Client(), stream_user(service, USER, None, "0-0")
    client.feed(await anext(stream))
    assert client.ids == ["1-0", "2-0"]
    await service.change(USER, workflow_ids[0], title="renamed")
    await read_until(client, stream, lambda: client.last_id == "6-0")
    assert client.ids == [f"{n}-0" for n in range(1, 7)]
    assert client.items[workflow_ids[0]]["title"] == "renamed"
    await stream.aclose()
