"""Prompts that wait: queued, edited, removed, sent at once, and sent one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from quart_chat.assistants.protocol import AssistantError, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.models import RoundStatus
from quart_chat.chat.queue.prompts import Placed, PromptStatus, QueuedPrompt
from quart_chat.chat.service import ChatService
from quart_chat.errors import (
    ChatError,
    InvalidInput,
    NotFound,
    PromptSent,
    PromptTooLong,
    QueueFull,
    RoundRunning,
    TooManyRequests,
    Unavailable,
)
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.managers import make_manager
from tests.chat.parts import USER, make_service
from tests.chat.scripted import END, ScriptedAssistant
from tests.stores import open_chats


@pytest.fixture
async def chat(service: ChatService) -> str:
    """A chat whose first round runs."""
    return (await service.start(Ask(USER, "first"))).workflow_id


async def queue(service: ChatService, chat: str, prompt: str, **options: str) -> QueuedPrompt:
    """Queue a prompt that waits."""
    placed = await service.queue.add(Ask(USER, prompt, workflow_id=chat, **options))  # type: ignore[arg-type]  # texts
    assert placed.queued is not None
    return placed.queued


async def waiting(service: ChatService, chat: str) -> list[str]:
    return [prompt.content for prompt in await service.queue.read(USER, chat)]


async def asked(service: ChatService, chat: str) -> list[tuple[str, str]]:
    """The prompts of all rounds, with how each has ended."""
    snapshot = await service.snapshot(USER, chat)
    prompts = {m.round_number: m.content for m in snapshot.messages if m.role == "user"}
    rounds = sorted(snapshot.rounds, key=lambda r: r.number)
    return [(prompts[r.number], str(r.status)) for r in rounds]


async def reach(service: ChatService, chat: str, *rounds: tuple[str, str]) -> None:
    """Wait until the rounds are these."""
    async with service.events.subscribe(chat, after=0) as subscription:
        while await asked(service, chat) != list(rounds):
            await subscription.read()


async def reach_due(service: ChatService, chat: str, *due: str) -> None:
    """Wait until these prompts are to be sent at once."""
    async with service.events.subscribe(chat, after=0) as subscription:
        while [p.content for p in await service.queue.read(USER, chat) if p.due] != list(due):
            await subscription.read()


async def test_a_queued_prompt_starts_when_the_answer_is_complete(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    await queue(service, chat, "second")
    assert await waiting(service, chat) == ["second"]
    assert list(assistant.questions) == ["first"]
    assistant.tell("first", Text("One."), END)
    await reach(service, chat, ("first", "complete"), ("second", "running"))
    assert await waiting(service, chat) == []
    await assistant.say("second", Text("Two."))
    question = assistant.questions["second"]
    assert [turn.content for turn in question.history] == ["first", "One."]


async def test_queued_prompts_start_in_their_order(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    for prompt in ("second", "third", "fourth"):
        await queue(service, chat, prompt)
    for prompt in ("first", "second", "third", "fourth"):
        assistant.tell(prompt, Text("Yes."), END)
    done = [(prompt, "complete") for prompt in ("first", "second", "third", "fourth")]
    await reach(service, chat, *done)
    assert (await service.workflow(USER, chat)).status == "idle"


@pytest.mark.parametrize("way", ["stop", "error", "empty answer"])
async def test_the_queue_waits_after_an_end_that_is_not_complete(
    service: ChatService, assistant: ScriptedAssistant, chat: str, way: str
) -> None:
    await queue(service, chat, "second")
    if way == "stop":
        await service.stop(USER, chat)
    else:
        assistant.tell("first", *([] if way != "error" else [AssistantError("gone", "Gone.")]), END)
    status = "stopped" if way == "stop" else "error"
    await reach(service, chat, ("first", status))
    await service._context.committer.settle()
    assert await waiting(service, chat) == ["second"]
    assert "second" not in assistant.questions


async def test_after_a_stop_a_new_question_is_asked_first_and_the_queue_follows(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    await queue(service, chat, "second")
    await service.stop(USER, chat)
    await service.start(Ask(USER, "between", workflow_id=chat))
    assistant.tell("between", Text("Yes."), END)
    await reach(service, chat, ("first", "stopped"), ("between", "complete"), ("second", "running"))


async def test_what_is_queued_behind_prompts_that_wait_for_a_person_waits_with_them(
    service: ChatService, chat: str
) -> None:
    await queue(service, chat, "second")
    await service.stop(USER, chat)
    await queue(service, chat, "third")
    assert await waiting(service, chat) == ["second", "third"]


async def test_queuing_starts_at_once_where_nothing_runs_and_nothing_waits(
    service: ChatService, chat: str
) -> None:
    await service.stop(USER, chat)
    placed = await service.queue.add(Ask(USER, "second", workflow_id=chat))
    assert placed == Placed(chat, 2, None)
    assert await asked(service, chat) == [("first", "stopped"), ("second", "running")]


async def test_a_prompt_is_edited_in_its_place(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    second = await queue(service, chat, "second")
    await queue(service, chat, "third")
    edited = await service.queue.edit(USER, chat, second.id, "second, better")
    assert edited.place == second.place
    assert await waiting(service, chat) == ["second, better", "third"]
    assistant.tell("first", Text("One."), END)
    await reach(service, chat, ("first", "complete"), ("second, better", "running"))
    snapshot = await service.snapshot(USER, chat)
    assert "<p>second, better</p>" in [m.html for m in snapshot.messages]


async def test_a_removed_prompt_gives_its_text_back_and_is_never_sent(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    second = await queue(service, chat, "second")
    await service.queue.edit(USER, chat, second.id, "edited elsewhere")
    removed = await service.queue.remove(USER, chat, second.id)
    assert (removed.content, removed.status) == ("edited elsewhere", PromptStatus.REMOVED)
    assistant.tell("first", Text("One."), END)
    await reach(service, chat, ("first", "complete"))
    assert (await service.workflow(USER, chat)).status != "running"


async def test_of_two_that_remove_a_prompt_one_gets_its_text(
    service: ChatService, chat: str
) -> None:
    second = await queue(service, chat, "second")
    results = await asyncio.gather(
        *(service.queue.remove(USER, chat, second.id) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["NotFound", "QueuedPrompt"]


async def test_sending_at_once_stops_the_answer_and_goes_on_with_the_prompt(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    await queue(service, chat, "second")
    third = await queue(service, chat, "third")
    await assistant.say("first", Text("half "))
    placed = await service.queue.send(USER, chat, third.id)
    assert placed.round_number == 2
    await reach(service, chat, ("first", "stopped"), ("third", "running"))
    assert await waiting(service, chat) == ["second"]
    assistant.tell("third", Text("Three."), END)
    await reach(service, chat, ("first", "stopped"), ("third", "complete"), ("second", "running"))


async def test_sending_at_once_starts_what_waits_for_a_person(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    second = await queue(service, chat, "second")
    await service.stop(USER, chat)
    placed = await service.queue.send(USER, chat, second.id)
    assert placed.round_number == 2
    assert await service.queue.send(USER, chat, second.id) == Placed.of(
        await stored(service, second)
    ), "a request that comes again sends it no second time"
    assert await asked(service, chat) == [("first", "stopped"), ("second", "running")]


async def stored(service: ChatService, prompt: QueuedPrompt) -> QueuedPrompt:
    found = await service._storage.read(
        lambda reader: reader.select_queued_prompt(prompt.workflow_id, prompt.id)
    )
    assert found is not None
    return found


async def test_a_stop_after_sending_two_at_once_stops_both(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    """The first of the two is no longer urgent once the other has begun: a stop is a stop."""
    second = await queue(service, chat, "second")
    third = await queue(service, chat, "third")
    assistant.release = asyncio.Event()
    sends = [asyncio.create_task(service.queue.send(USER, chat, p.id)) for p in (second, third)]
    await reach_due(service, chat, "third", "second")
    assistant.release.set()
    await asyncio.gather(*sends)
    await reach(service, chat, ("first", "stopped"), ("third", "running"))
    await service.stop(USER, chat)
    await reach(service, chat, ("first", "stopped"), ("third", "stopped"))
    assert await waiting(service, chat) == ["second"]


async def test_what_was_sent_can_be_neither_edited_nor_removed(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    second = await queue(service, chat, "second")
    assistant.tell("first", Text("One."), END)
    await reach(service, chat, ("first", "complete"), ("second", "running"))
    with pytest.raises(PromptSent):
        await service.queue.edit(USER, chat, second.id, "too late")
    with pytest.raises(PromptSent):
        await service.queue.remove(USER, chat, second.id)


@pytest.mark.parametrize("id_", ["0" * 32, "", "x", "\0"])
async def test_an_unknown_prompt_is_not_found(service: ChatService, chat: str, id_: str) -> None:
    for act in (service.queue.remove, service.queue.send):
        with pytest.raises(NotFound):
            await act(USER, chat, id_)
    with pytest.raises(NotFound):
        await service.queue.edit(USER, chat, id_, "text")


async def test_the_queue_of_another_user_is_not_found(service: ChatService, chat: str) -> None:
    second = await queue(service, chat, "second")
    for attempt in (
        service.queue.read("mallory", chat),
        service.queue.add(Ask("mallory", "mine", workflow_id=chat)),
        service.queue.edit("mallory", chat, second.id, "mine"),
        service.queue.remove("mallory", chat, second.id),
        service.queue.send("mallory", chat, second.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await waiting(service, chat) == ["second"]


async def test_what_can_not_be_asked_is_not_queued(service: ChatService, chat: str) -> None:
    for error, ask in (
        (InvalidInput, Ask(USER, "  ", workflow_id=chat)),
        (PromptTooLong, Ask(USER, "x" * 32_001, workflow_id=chat)),
        (InvalidInput, Ask(USER, "again", workflow_id=chat, replaces=1)),
        (InvalidInput, Ask(USER, "to no one", workflow_id=chat, assistant="unknown")),
        (InvalidInput, Ask(USER, "to no model", workflow_id=chat, model="unknown")),
        (NotFound, Ask(USER, "elsewhere", workflow_id="0" * 32)),
        (NotFound, Ask(USER, "nowhere")),
    ):
        with pytest.raises(error):
            await service.queue.add(ask)
    assert await waiting(service, chat) == []


async def test_as_many_prompts_wait_as_may(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(queued_prompts=2))
    chat = (await service.start(Ask(USER, "first"))).workflow_id
    second = await queue(service, chat, "second")
    await queue(service, chat, "third")
    with pytest.raises(QueueFull, match="2 questions wait"):
        await queue(service, chat, "fourth")
    await service.queue.remove(USER, chat, second.id)
    await queue(service, chat, "fourth")
    assert await waiting(service, chat) == ["third", "fourth"]
    await service.close()


async def test_a_request_that_comes_again_queues_no_second_prompt(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    ask = Ask(USER, "second", workflow_id=chat, request_id="request-2")
    first, again = await asyncio.gather(service.queue.add(ask), service.queue.add(ask))
    assert first == again
    assert await waiting(service, chat) == ["second"]
    assistant.tell("first", Text("One."), END)
    await reach(service, chat, ("first", "complete"), ("second", "running"))
    assert (await service.queue.add(ask)).round_number == 2
    assert (await service.start(ask)).round_number == 2
    assert await waiting(service, chat) == []


async def test_a_request_that_began_a_round_is_not_queued_again(
    service: ChatService, chat: str
) -> None:
    await service.stop(USER, chat)
    ask = Ask(USER, "second", workflow_id=chat, request_id="request-2")
    await service.start(ask)
    assert await service.queue.add(ask) == Placed(chat, 2, None)
    assert await waiting(service, chat) == []


async def test_a_request_that_was_queued_starts_no_second_round(
    service: ChatService, chat: str
) -> None:
    """A client whose response was lost may ask again once the answer before was stopped."""
    ask = Ask(USER, "second", workflow_id=chat, request_id="request-2")
    await service.queue.add(ask)
    with pytest.raises(RoundRunning):
        await service.start(ask)
    await service.stop(USER, chat)
    assert (await service.start(ask)).round_number == 2
    assert await waiting(service, chat) == []


async def test_a_request_whose_prompt_was_removed_sends_nothing(
    service: ChatService, chat: str
) -> None:
    ask = Ask(USER, "second", workflow_id=chat, request_id="request-2")
    second = await queue(service, chat, "second", request_id="request-2")
    await service.queue.remove(USER, chat, second.id)
    placed = await service.queue.add(ask)
    assert placed.queued is not None
    assert placed.queued.status is PromptStatus.REMOVED
    await service.stop(USER, chat)
    with pytest.raises(NotFound):
        await service.start(ask)


async def test_a_request_of_another_chat_is_refused(service: ChatService, chat: str) -> None:
    other = (await service.start(Ask(USER, "other"))).workflow_id
    await queue(service, chat, "second", request_id="request-2")
    with pytest.raises(InvalidInput, match="requestId"):
        await queue(service, other, "second", request_id="request-2")


async def test_what_is_queued_follows_the_branch_that_is_shown(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    await queue(service, chat, "second")
    await service.stop(USER, chat)
    started = await service.start(Ask(USER, "first, better", workflow_id=chat, replaces=1))
    assistant.tell("first, better", Text("Better."), END)
    done = ("first", "stopped"), ("first, better", "complete"), ("second", "running")
    await reach(service, chat, *done)
    assert (await service.tree.round(USER, chat, 3)).parent == started.round_number
    await assistant.say("second", Text("Two."))
    history = [turn.content for turn in assistant.questions["second"].history]
    assert history == ["first, better", "Better."]


async def test_an_answer_that_a_queued_prompt_follows_stays_unread(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    await queue(service, chat, "second")
    assistant.tell("first", Text("One."), END)
    await reach(service, chat, ("first", "complete"), ("second", "running"))
    assert (await service.workflow(USER, chat)).unread


async def test_deleting_a_chat_sends_nothing_of_its_queue(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    await queue(service, chat, "second")
    await service.delete(USER, chat)
    with pytest.raises(NotFound):
        await service.queue.read(USER, chat)
    assert "second" not in assistant.questions
    await service.restore(USER, chat)
    assert await waiting(service, chat) == ["second"]


async def test_a_running_chat_is_closed_without_sending_what_waits(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    second = await queue(service, chat, "second")
    await service.close()
    with pytest.raises(Unavailable):
        await service.queue.add(Ask(USER, "too late", workflow_id=chat))
    with pytest.raises(Unavailable):
        await service.queue.send(USER, chat, second.id)
    assert [status for _, status in await asked(service, chat)] == ["error"]
    assert await waiting(service, chat) == ["second"]


async def test_a_round_of_a_queued_prompt_counts_as_running(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(running_rounds=1))
    chat = (await service.start(Ask(USER, "first"))).workflow_id
    second = await queue(service, chat, "second")
    await service.stop(USER, chat)
    other = (await service.start(Ask(USER, "other"))).workflow_id
    with pytest.raises(TooManyRequests):
        await service.queue.send(USER, chat, second.id)
    assert await waiting(service, chat) == ["second"]
    await service.stop(USER, other)
    assert (await service.queue.send(USER, chat, second.id)).round_number == 2
    await service.close()


class Restart:
    """A service on a store, and others that come after it."""

    def __init__(self, path: Path) -> None:
        self.assistant = ScriptedAssistant()
        self._path = path

    async def begin(self, *assistants: ScriptedAssistant) -> ChatService:
        self.repository = await open_chats(self._path)
        self.manager = make_manager()
        self.service = make_service(
            self.repository, self.manager, *(assistants or (self.assistant,))
        )
        await self.service.recover()
        return self.service

    async def end(self) -> None:
        await self.service.close()
        await self.crash()

    async def crash(self) -> None:
        """Leave everything as it is, as a process does that is killed."""
        for running in list(self.service.rounds.running.values()):
            running._consumer.cancel()
            running._task.cancel()
            await asyncio.wait({running._consumer, running._task})
        await self.service._purge_job.close()
        await self.service._context.checkpointer.close()
        await self.repository.close()
        await self.manager.close()


@pytest.fixture
async def restart(path: Path) -> AsyncIterator[Restart]:
    restart = Restart(path)
    yield restart
    await restart.end()


@pytest.mark.parametrize("way", ["end", "crash"])
async def test_a_queue_survives_a_restart_and_waits_after_it(restart: Restart, way: str) -> None:
    service = await restart.begin()
    chat = (await service.start(Ask(USER, "first"))).workflow_id
    await queue(service, chat, "second")
    third = await queue(service, chat, "third")
    await getattr(restart, way)()
    service = await restart.begin()
    assert await asked(service, chat) == [("first", "error")]
    assert await waiting(service, chat) == ["second", "third"]
    await service.queue.send(USER, chat, third.id)
    assert await asked(service, chat) == [("first", "error"), ("third", "running")]


async def test_a_prompt_that_was_to_be_sent_at_once_is_sent_after_a_crash(restart: Restart) -> None:
    service = await restart.begin()
    chat = (await service.start(Ask(USER, "first"))).workflow_id
    await queue(service, chat, "second")
    third = await queue(service, chat, "third")
    due = replace(third, due=True, place=0)
    await service._committer.commit(lambda unit: unit.put_queued_prompt(due))
    await restart.crash()
    service = await restart.begin()
    assert await asked(service, chat) == [("first", "error"), ("third", "running")]
    assert await waiting(service, chat) == ["second"]


async def test_a_prompt_whose_turn_came_as_the_server_closed_is_sent_after_the_start(
    restart: Restart,
) -> None:
    service = await restart.begin()
    chat = (await service.start(Ask(USER, "first"))).workflow_id
    await queue(service, chat, "second")
    consumer = service.rounds.running[chat]._consumer
    # At once: the next round begins within a turn of the loop or two.
    consumer.add_done_callback(lambda _: service._context.closing.set())
    restart.assistant.tell("first", Text("One."), END)
    await asyncio.wait({consumer})
    await restart.end()
    service = await restart.begin()
    assert await asked(service, chat) == [("first", "complete"), ("second", "running")]


async def test_a_prompt_whose_assistant_is_gone_waits_for_a_person(restart: Restart) -> None:
    other = ScriptedAssistant()
    other.name = "other"
    service = await restart.begin(restart.assistant, other)
    chat = (await service.start(Ask(USER, "first"))).workflow_id
    second = await queue(service, chat, "second", assistant="other")
    await restart.end()
    service = await restart.begin()
    await service.start(Ask(USER, "again", workflow_id=chat))
    restart.assistant.tell("again", Text("Yes."), END)
    await reach(service, chat, ("first", "error"), ("again", "complete"))
    assert await waiting(service, chat) == ["second"]
    with pytest.raises(ChatError, match="assistant"):
        await service.queue.send(USER, chat, second.id)
    assert await waiting(service, chat) == ["second"]


async def test_the_end_of_a_round_and_the_next_beginning_are_one_transaction(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    """No reader ever sees a chat that is idle between an answer and the prompt that follows."""
    await queue(service, chat, "second")
    seen: list[tuple[bool, int]] = []

    async def watch() -> None:
        while True:
            snapshot = await service.snapshot(USER, chat)
            seen.append((snapshot.running, len(snapshot.rounds)))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    assistant.tell("first", Text("One."), END)
    await reach(service, chat, ("first", "complete"), ("second", "running"))
    watching.cancel()
    assert set(seen) <= {(True, 1), (True, 2)}


async def test_events_end_one_round_before_the_next_begins(
    service: ChatService, assistant: ScriptedAssistant, chat: str
) -> None:
    await queue(service, chat, "second")
    told: list[str] = []
    async with service.events.subscribe(chat) as subscription:
        assistant.tell("first", Text("One."), END)
        while "queued" not in told:
            batch = await subscription.read()
            assert batch is not None
            told += [e.data["type"] if e.type == "chatdata" else e.type for e in batch.events]
    end = told.index(RoundStatus.COMPLETE)
    assert told[end + 1 :] == ["workflow", "message", "queued"]
