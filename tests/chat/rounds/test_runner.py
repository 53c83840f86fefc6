"""A round as it runs: what is stored, what is emitted, and its one end."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest

from quart_chat.assistants.protocol import (
    AssistantError,
    Output,
    Question,
    Rewrite,
    Source,
    Sources,
    Step,
    Text,
    Usage,
)
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Round
from quart_chat.chat.rounds.context import RoundTimeouts
from quart_chat.chat.service import ChatService
from quart_chat.errors import DatabaseUnavailable
from quart_chat.events import Event, StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.managers import make_manager
from tests.chat.parts import TIMEOUTS, USER, make_service
from tests.chat.scripted import END, OutOfTurn, ScriptedAssistant
from tests.databases import Lock
from tests.stores import open_chats, writing
from tests.waiting import until

ASK = "Hello"


class Watcher:
    """All events of a workflow, from the moment it begins to watch."""

    def __init__(self, service: ChatService, workflow_id: str) -> None:
        self._subscription = service.events.subscribe(workflow_id, after=0)
        self.events: list[Event] = []

    async def until_terminal(self) -> list[Event]:
        async with self._subscription as subscription:
            while not (self.events and self.events[-1].terminal):
                batch = await subscription.read()
                assert batch is not None
                self.events += batch.events
        return self.events


async def begin(service: ChatService) -> tuple[str, Watcher]:
    started = await service.start(Ask(USER, ASK))
    return started.workflow_id, Watcher(service, started.workflow_id)


def kinds(events: list[Event]) -> list[str]:
    return [event.data["type"] if event.type == "chatdata" else event.type for event in events]


def deltas(events: list[Event]) -> list[tuple[int, str]]:
    return [(e.data["offset"], e.data["text"]) for e in events if e.type == "delta"]


async def test_an_answer_may_be_begun_anew(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, "Let me think.", Rewrite("S"), "o.", Rewrite(""), Text("Hi"), "!")
    assistant.tell(ASK, END)
    events = await watcher.until_terminal()
    messages = [e.data["item"] for e in events if kinds([e]) == ["message"]]
    texts = [(item["content"], item.get("revision", 0)) for item in messages[1:]]
    assert texts == [("", 0), ("S", 1), ("", 2), ("Hi!", 0)]
    assert len({item["id"] for item in messages[1:]}) == 1
    revisions = [event.data.get("revision", 0) for event in events if event.type == "delta"]
    assert deltas(events) == [(0, "Let me think."), (1, "o."), (0, "Hi"), (2, "!")]
    assert revisions == [0, 1, 2, 2]
    stored = (await service.snapshot(USER, workflow_id)).messages[-1]
    assert (stored.content, stored.status) == ("Hi!", "complete")


async def test_what_comes_at_once_is_stored_together(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    """And in its order: a step that has ended meanwhile is shown as ended."""
    _, watcher = await begin(service)
    assistant.tell(
        ASK, Step("s", "A"), Text("a "), Step("s", "B", "completed"), "b", Step("t", "T")
    )
    assistant.tell(ASK, END)
    events = await watcher.until_terminal()
    assert kinds(events) == [
        "workflow", "message", "log", "message", "log", "delta",
        "log", "message", "workflow", "complete",
    ]  # fmt: skip
    logs = [event.data["item"] for event in events if kinds([event]) == ["log"]]
    assert [(log["message"], log["status"]) for log in logs] == [
        ("B", "completed"), ("T", "running"), ("T", "completed"),
    ]  # fmt: skip
    assert deltas(events) == [(0, "a b")]


async def test_an_answer_may_begin_with_what_would_begin_it_anew(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    assistant.tell(ASK, Rewrite(""), Rewrite("Hi"), END)
    await watcher.until_terminal()
    assert (await service.snapshot(USER, workflow_id)).messages[-1].content == "Hi"


async def test_an_answer_is_emitted_as_it_is_stored(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    source = Source(1, "Streams", "Resume", "/handbook/streams", "Send the id.\ud800")
    await assistant.say(
        ASK,
        Step("search", "Searching"),
        Step("search", "Found 1", "completed"),
        Sources((source,)),
        Text("An 😀 "),
        Text(""),
        Text("answer"),
    )
    assistant.tell(ASK, END)
    events = await watcher.until_terminal()
    assert kinds(events) == [
        "workflow", "message", "log", "log", "message", "delta", "delta",
        "message", "workflow", "complete",
    ]  # fmt: skip
    assert deltas(events) == [(0, "An 😀 "), (5, "answer")]
    assert [e.seq for e in events if e.seq is not None] == list(range(1, 9))
    snapshot = await service.snapshot(USER, workflow_id)
    last = {event.seq: event.data for event in events}
    for seq, data in snapshot.items:
        emitted = last[seq]
        assert emitted == (data if "type" in emitted else data["item"])
    message = snapshot.messages[-1]
    assert (message.content, message.html) == ("An 😀 answer", "<p>An 😀 answer</p>")
    assert message.sources[0].quote == "Send the id.\ufffd"
    assert (message.status, message.assistant) == ("complete", "scripted")
    assert snapshot.workflow.status == "idle"
    assert not snapshot.running


async def test_terminal_events_are_of_the_category_workflow(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    _, watcher = await begin(service)
    assistant.tell(ASK, Text("a"), END)
    events = await watcher.until_terminal()
    assert {e.category for e in events[:-1]} == {"chat"}
    assert events[-1].category == "workflow"


async def test_the_list_hears_of_a_round_twice(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    async with service.events.subscribe(f"user:{USER}") as subscription:
        workflow_id, watcher = await begin(service)
        assistant.tell(ASK, Text("a"), END)
        await watcher.until_terminal()
        seen: list[Event] = []
        while len(seen) < 2:
            batch = await subscription.read()
            assert batch is not None
            seen += batch.events
    assert [(e.seq, e.data["item"]["status"]) for e in seen] == [(1, "running"), (2, "idle")]
    assert seen[-1].data["item"]["id"] == workflow_id


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (
            AssistantError("no_key", "The key was\0 refused."),
            "no_key",
            "The key was\ufffd refused.",
        ),
        (ValueError("/secret/path"), "internal", "Something went wrong"),
        (DatabaseUnavailable("Busy."), "database_unavailable", "Busy."),
        (asyncio.CancelledError(), "internal", "Something went wrong"),
        (AssistantError(401, "No key."), "internal", "Something went wrong"),  # type: ignore[arg-type]  # as a plugin may
    ],
)
async def test_a_failure_ends_the_round_and_keeps_what_was_written(
    service: ChatService,
    assistant: ScriptedAssistant,
    failure: BaseException,
    code: str,
    message: str,
) -> None:
    workflow_id, watcher = await begin(service)
    assistant.tell(ASK, Step("s", "Working"), Text("half"), failure)
    events = await watcher.until_terminal()
    assert kinds(events)[-4:] == ["log", "message", "workflow", "error"]
    assert events[-1].data["code"] == code
    assert events[-1].data["message"].startswith(message)
    assert "secret" not in events[-1].body.decode()
    snapshot = await service.snapshot(USER, workflow_id)
    assert (snapshot.messages[-1].content, snapshot.messages[-1].status) == ("half", "error")
    assert snapshot.logs[0].status == "failed"
    assert snapshot.workflow.status == "error"


async def test_an_unexpected_failure_is_logged_with_its_traceback(
    service: ChatService, assistant: ScriptedAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    _, watcher = await begin(service)
    assistant.tell(ASK, ValueError("what it was"))
    await watcher.until_terminal()
    assert "ValueError: what it was" in caplog.text


async def test_an_answer_without_text_is_an_error(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    assistant.tell(ASK, Step("s", "Thinking", "completed"), Text(""), END)
    events = await watcher.until_terminal()
    assert kinds(events)[-2:] == ["workflow", "error"]
    assert events[-1].data["code"] == "empty_answer"
    assert len((await service.snapshot(USER, workflow_id)).messages) == 1


async def test_an_answer_that_can_not_be_rendered_is_stored_as_text(
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(text: str) -> str:
        raise ValueError(text)

    service = ChatService(
        repository, events, {"scripted": assistant}, "scripted", render=fail, timeouts=TIMEOUTS
    )
    workflow_id, watcher = await begin(service)
    assistant.tell(ASK, Text("text"), END)
    await watcher.until_terminal()
    message = (await service.snapshot(USER, workflow_id)).messages[-1]
    assert (message.content, message.html, message.status) == ("text", None, "complete")
    assert "could not be rendered" in caplog.text
    await service.close()


# Steps


async def test_progress_alone_is_emitted_without_a_seq_and_saved_now_and_then(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    steps = [Step("read", "Reading", type="progress", progress=p) for p in (0, 0.5, math.nan, 7)]
    await assistant.say(ASK, *steps)
    checkpointer = service._context.checkpointer
    await until(
        lambda: not checkpointer._timer and checkpointer._task and checkpointer._task.done()
    )
    snapshot = await service.snapshot(USER, workflow_id)
    assert (snapshot.seq, snapshot.logs[0].progress) == (3, 1.0)
    stored = await service._storage.read(
        lambda reader: reader.select_snapshot(USER, workflow_id, 0)
    )
    assert stored is not None
    assert stored.logs[0].progress == 1.0
    assistant.tell(ASK, Step("read", "Read", "completed", progress=1), Text("a"), END)
    logs = [e for e in await watcher.until_terminal() if e.data.get("type") == "log"]
    assert [(e.seq, e.data["item"]["progress"]) for e in logs] == [
        (3, 0.0), (None, 0.5), (None, None), (None, 1.0), (4, 1.0),
    ]  # fmt: skip
    assert logs[0].data["item"]["durationMs"] is None
    assert logs[-1].data["item"]["durationMs"] > 0
    assert len({e.data["item"]["id"] for e in logs}) == 1


async def test_progress_that_comes_while_its_step_is_stored_is_emitted_behind_it(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    taken: list[float] = []

    def emitted(workflow_id: str) -> list[Event]:
        log = events.log(workflow_id)
        assert log is not None
        found = [log[position] for position in range(log.first, log.end)]
        return [event for event in found if kinds([event]) == ["log"]]

    async def answer(question: Question) -> AsyncGenerator[Output, None]:
        while not emitted(question.workflow_id):
            taken.append(len(taken) / 2**20)
            yield Step("read", "Reading", progress=taken[-1])
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    service = make_service(repository, events, OutOfTurn(answer))
    workflow_id, _ = await begin(service)
    await until(lambda: emitted(workflow_id))
    await until(lambda: emitted(workflow_id)[-1].data["item"]["progress"] == taken[-1])
    assert [event.seq for event in emitted(workflow_id)] == [3, None]
    await service.close()


async def test_a_plain_text_is_a_piece_of_the_answer(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    _, watcher = await begin(service)
    await assistant.say(ASK, "a", Text("b"), "")
    assistant.tell(ASK, END)
    assert deltas(await watcher.until_terminal()) == [(0, "a"), (1, "b")]


@pytest.mark.parametrize(("end", "status"), [(END, "completed"), (ValueError(), "failed")])
async def test_steps_that_nobody_ended_end_with_the_round(
    service: ChatService, assistant: ScriptedAssistant, end: Any, status: str
) -> None:
    workflow_id, watcher = await begin(service)
    assistant.tell(ASK, Step("a", "A"), Step("b", "B", "completed"), Text("x"), end)
    await watcher.until_terminal()
    logs = {log.message: log for log in (await service.snapshot(USER, workflow_id)).logs}
    assert (logs["A"].status, logs["B"].status) == (status, "completed")
    assert logs["A"].duration_ms is not None


# Stop


async def stopped_round(service: ChatService, workflow_id: str) -> Round:
    round_ = await service.stop(USER, workflow_id)
    assert round_ is not None
    return round_


async def test_a_stop_before_the_first_text_leaves_no_answer(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    round_ = await stopped_round(service, workflow_id)
    assert (round_.status, round_.number) == ("stopped", 1)
    events = await watcher.until_terminal()
    assert kinds(events) == ["workflow", "message", "workflow", "stopped"]


async def test_a_stop_in_the_middle_keeps_what_was_written(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Step("s", "Working"), Text("half an "), Text("answer"))
    round_ = await stopped_round(service, workflow_id)
    assert assistant.closed == [ASK]
    snapshot = await service.snapshot(USER, workflow_id)
    assert snapshot.rounds == (round_,)
    message = snapshot.messages[-1]
    assert (message.content, message.status) == ("half an answer", "stopped")
    assert message.html == "<p>half an answer</p>"
    assert kinds(await watcher.until_terminal())[-4:] == ["log", "message", "workflow", "stopped"]


async def test_a_second_stop_gets_the_same_end(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("a"))
    first, second = await asyncio.gather(
        service.rounds.stop(workflow_id), service.rounds.stop(workflow_id)
    )
    assert first == second
    assert await service.stop(USER, workflow_id) is None
    assert kinds(await watcher.until_terminal()).count("stopped") == 1


@pytest.mark.parametrize("turns", range(24))
async def test_a_stop_at_the_moment_of_completion_makes_one_end(
    service: ChatService, assistant: ScriptedAssistant, turns: int
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("a"))
    assistant.tell(ASK, END)
    for _ in range(turns):
        await asyncio.sleep(0)
    round_ = await service.stop(USER, workflow_id)
    events = await watcher.until_terminal()
    snapshot = await service.snapshot(USER, workflow_id)
    assert [event.terminal for event in events].count(True) == 1
    assert events[-1].type == snapshot.rounds[0].status
    assert round_ is None or round_ == snapshot.rounds[0]
    assert snapshot.seq == events[-1].seq


async def test_a_stop_that_nobody_waits_for_is_brought_to_its_end(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    task = asyncio.create_task(stopped_round(service, workflow_id))
    await until(lambda: service.rounds.running[workflow_id]._ending)
    task.cancel()
    assert (await watcher.until_terminal())[-1].type == "stopped"
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_assistant_that_ignores_the_stop_is_cut_off_at_its_next_output(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    assistant.stubborn = True
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("a"))
    stop = asyncio.create_task(stopped_round(service, workflow_id))
    await until(lambda: service.rounds.running[workflow_id]._ending)
    assistant.tell(ASK, Text("more"))
    assert (await stop).status == "stopped"
    assert deltas(await watcher.until_terminal()) == [(0, "a")]


async def test_an_assistant_that_hangs_in_its_clean_up_is_left_alone(
    service: ChatService, assistant: ScriptedAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    assistant.release = asyncio.Event()
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("a"))
    assert (await stopped_round(service, workflow_id)).status == "stopped"
    assert "did not stop" in caplog.text
    assert len(service.rounds._context.abandoned) == 1
    assistant.release.set()
    await until(lambda: not service.rounds._context.abandoned)
    assert kinds(await watcher.until_terminal())[-1] == "stopped"


async def test_a_failure_in_the_clean_up_is_logged(
    repository: ChatRepository, events: StreamingEventManager, caplog: pytest.LogCaptureFixture
) -> None:
    asked = asyncio.Event()

    async def answer(question: Question) -> AsyncGenerator[Output, None]:
        try:
            asked.set()
            yield Step("s", "Working")
            await asyncio.Event().wait()
        finally:
            raise ValueError("spilled")

    service = make_service(repository, events, OutOfTurn(answer))
    workflow_id, _ = await begin(service)
    await asked.wait()
    await until(lambda: service.rounds.running[workflow_id].answer.log("s"))
    assert (await stopped_round(service, workflow_id)).status == "stopped"
    assert "spilled" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR
    await service.close()


async def test_an_assistant_that_never_waits_can_be_stopped(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    async def answer(question: Question) -> AsyncGenerator[Output, None]:
        while True:
            yield Text("on and ")

    service = make_service(repository, events, OutOfTurn(answer))
    workflow_id, _ = await begin(service)
    await until(lambda: service.rounds.running[workflow_id].answer.length > 100)
    assert (await stopped_round(service, workflow_id)).status == "stopped"
    await service.close()


# A process that dies


async def test_the_text_in_flight_is_kept_when_the_process_dies(
    service: ChatService, assistant: ScriptedAssistant, path: Path
) -> None:
    workflow_id, _ = await begin(service)
    await assistant.say(ASK, Step("s", "Working"), Text("half an "), Text("answer"))
    checkpointer = service._context.checkpointer
    await until(
        lambda: checkpointer._timer is None and checkpointer._task and checkpointer._task.done()
    )

    # As another process finds it, when this one is gone without a word.
    async with asyncio.timeout(30):
        repository = await open_chats(path)
        successor = make_service(repository, make_manager(), assistant)
        before = (await successor.snapshot(USER, workflow_id)).seq
        await successor.recover()
        await successor.recover()
        snapshot = await successor.snapshot(USER, workflow_id)
        await repository.close()
    assert snapshot.seq == before + 4
    assert [(r.status, r.code) for r in snapshot.rounds] == [("error", "interrupted")]
    message = snapshot.messages[-1]
    assert (message.content, message.status) == ("half an answer", "error")
    assert message.html == "<p>half an answer</p>"
    assert [log.status for log in snapshot.logs] == ["failed"]
    assert snapshot.workflow.status == "error"


# A database that can't be written for a while


@pytest.fixture
def lock(path: Path, repository: ChatRepository) -> Iterator[Lock]:
    with Lock(path.parent) as lock:
        yield lock


async def test_an_end_that_can_not_be_stored_is_stored_later(
    service: ChatService, assistant: ScriptedAssistant, lock: Lock
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("kept "))
    lock.take()
    assistant.tell(ASK, Text("in memory"), Step("s", "Working", "completed"))
    await until(lambda: service.rounds.running[workflow_id].answer.log("s"))
    assert (await service.snapshot(USER, workflow_id)).messages[-1].content == "kept in memory"
    stop = asyncio.create_task(stopped_round(service, workflow_id))
    await until(service.rounds.running[workflow_id]._over.done)
    lock.release()
    assert (await stop).status == "stopped"
    events = await watcher.until_terminal()
    assert [e.seq for e in events if e.seq is not None] == list(range(1, events[-1].seq + 1))  # type: ignore[operator]  # the last has one
    snapshot = await service.snapshot(USER, workflow_id)
    assert snapshot.messages[-1].content == "kept in memory"
    assert [log.status for log in snapshot.logs] == ["completed"]


async def test_a_round_goes_on_once_the_database_is_free(
    service: ChatService,
    assistant: ScriptedAssistant,
    repository: ChatRepository,
    lock: Lock,
) -> None:
    _, watcher = await begin(service)
    lock.take()
    assistant.tell(ASK, Text("an answer"), END)
    statements = repository.queries
    await until(lambda: repository.queries > statements + 2)
    lock.release()
    assert (await watcher.until_terminal())[-1].type == "complete"


async def test_an_end_waits_for_its_turn_beside_what_is_being_stored(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    """Else a service that closes would wait for a busy database twice as long."""
    timeouts = RoundTimeouts(checkpoint=0.0, known=0.01)
    service = make_service(repository, events, assistant, timeouts=timeouts)
    workflow_id, watcher = await begin(service)
    recorder = service.rounds.running[workflow_id]._recorder
    async with writing(repository):
        assistant.tell(ASK, Text("an answer"), END)
        await until(lambda: recorder._storing is not None and recorder._storing.cancelled())
    assert (await watcher.until_terminal())[-1].type == "complete"
    assert (await service.snapshot(USER, workflow_id)).messages[-1].content == "an answer"
    await service.close()


async def test_a_prompt_is_refused_while_the_database_is_locked(
    service: ChatService, lock: Lock
) -> None:
    lock.take()
    with pytest.raises(DatabaseUnavailable, match="in use by another program"):
        await service.start(Ask(USER, ASK))
    lock.release()
    assert (await service.start(Ask(USER, ASK))).since == 0


async def test_what_can_not_be_stored_before_the_service_closes_is_left_to_recovery(
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    lock: Lock,
) -> None:
    service = make_service(
        repository, events, assistant, timeouts=RoundTimeouts(checkpoint=0.0, retry=60)
    )
    workflow_id, _ = await begin(service)
    await assistant.say(ASK, Text("kept"))
    checkpointer = service._context.checkpointer
    await until(lambda: checkpointer._task and checkpointer._task.done())
    lock.take()
    assistant.tell(ASK, END)
    await until(service.rounds.running[workflow_id]._over.done)
    await service.close()
    lock.release()
    assert not service.rounds.running
    await make_service(repository, events, assistant).recover()
    snapshot = await repository.read(lambda reader: reader.select_snapshot(USER, workflow_id, 0))
    assert snapshot is not None
    assert snapshot.rounds[0].code == "interrupted"
    assert snapshot.messages[-1].content == "kept"


async def steps_of(service: ChatService, workflow_id: str) -> dict[str, Any]:
    snapshot = await service.snapshot(USER, workflow_id)
    return {log.message: log for log in snapshot.logs}


async def test_steps_are_part_of_steps_and_an_update_need_not_say_so(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    whole, part = Step("whole", "Whole"), Step("part", "Part", parent="whole")
    assistant.tell(ASK, whole, part, Step("part", "Parted", "completed"), whole.done(), "x", END)
    await watcher.until_terminal()
    steps = await steps_of(service, workflow_id)
    assert steps["Whole"].parent_id is None
    assert steps["Parted"].parent_id == steps["Whole"].id


async def test_steps_nest_to_a_bound_and_stand_beside_each_other_below_it(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    parents = [None, *map(str, range(9))]
    steps = [Step(str(n), str(n), "completed", parent=p) for n, p in enumerate(parents[:9])]
    assistant.tell(ASK, *steps, "x", END)
    await watcher.until_terminal()
    stored = await steps_of(service, workflow_id)
    ids = {log.id: name for name, log in stored.items()}
    found = [ids.get(stored[str(n)].parent_id or "") for n in range(9)]
    assert found == [None, "0", "1", "2", "2", "2", "2", "2", "2"]


@pytest.mark.parametrize(
    "output",
    [
        7,
        None,
        b"bytes",
        Text(7),  # type: ignore[arg-type]  # as a plugin may
        Step("x", "X", status="gone"),
        Step("x", "X", type="gone"),
        Step(7, "X"),  # type: ignore[arg-type]  # as a plugin may
        Step("x", None),  # type: ignore[arg-type]  # as a plugin may
        Step("x", "X", progress="half"),  # type: ignore[arg-type]  # as a plugin may
        Step("x", "X", parent="unknown"),
        Sources(7),  # type: ignore[arg-type]  # as a plugin may
        Sources(("x",)),  # type: ignore[arg-type]  # as a plugin may
        Sources((Source(1, None, "", "", ""),)),  # type: ignore[arg-type]  # as a plugin may
        Sources((Source(None, "", "", "", ""),)),  # type: ignore[arg-type]  # as a plugin may
    ],
)
async def test_what_is_no_output_ends_the_round_and_is_in_the_log_with_its_line(
    repository: ChatRepository, events: StreamingEventManager, caplog: Any, output: Any
) -> None:
    async def answer(question: Question) -> AsyncGenerator[Output, None]:
        yield "Well "
        yield output

    service = make_service(repository, events, OutOfTurn(answer))
    workflow_id, watcher = await begin(service)
    end = (await watcher.until_terminal())[-1]
    await service.close()
    assert (end.type, end.data["code"]) == ("error", "invalid_output")
    (message,) = [m for m in (await service.snapshot(USER, workflow_id)).messages if m.assistant]
    assert (message.content, message.status) == ("Well ", "error")
    (record,) = caplog.records
    assert "The assistant 'plain' is wrong: " in record.message
    assert re.search(r"test_runner\.py:\d+\)$", record.message)
    assert record.exc_info is None


@pytest.mark.parametrize(
    "output",
    [
        Usage("tiny", prompt_tokens=10**30),
        Usage("tiny", tokens_per_second=object()),  # type: ignore[arg-type]  # as a plugin may
        Usage("tiny", first_token_ms=10**400),
        Sources((Source(10**30, "Title", "", "/documents/1", "quote"),)),
    ],
)
async def test_a_number_that_can_not_be_stored_does_not_keep_a_round_from_ending(
    service: ChatService, assistant: ScriptedAssistant, output: Output
) -> None:
    _, watcher = await begin(service)
    assistant.tell(ASK, Text("kept"), output, END)
    end = (await watcher.until_terminal())[-1]
    assert (end.type, end.data["code"]) == ("error", "invalid_output")
