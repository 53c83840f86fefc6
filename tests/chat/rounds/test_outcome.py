"""A round has one end, whoever tries to end it and when."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_chat.assistants.protocol import Step, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Round
from quart_chat.chat.rounds.ending.outcome import COMPLETE, INTERRUPTED, STOPPED, end_round
from quart_chat.chat.rounds.ending.recovery import recover_rounds
from quart_chat.chat.service import ChatService
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.errors import NotFound, RoundEnded
from quart_chat.events import Event, StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.parts import USER, make_service
from tests.chat.scripted import END, ScriptedAssistant
from tests.examples import examples
from tests.stores import fetch, open_chats
from tests.waiting import until

WAYS = ("stop", "delete", "close", "recover", "recover elsewhere", "say", "finish", "fail")


class Case:
    """A round that runs, and ways to end it."""

    def __init__(
        self,
        service: ChatService,
        repository: ChatRepository,
        path: Path,
        assistant: ScriptedAssistant,
    ) -> None:
        self.service = service
        self.repository = repository
        self.path = path
        self.assistant = assistant
        self.events: list[Event] = []

    async def begin(self) -> None:
        started = await self.service.start(Ask(USER, "Hello"))
        self.workflow_id = started.workflow_id
        self.reading = asyncio.create_task(self._read())
        await self.assistant.say("Hello", Step("s", "Working"), Text("half "))

    async def _read(self) -> None:
        async with self.service.events.subscribe(self.workflow_id, after=0) as subscription:
            while (batch := await subscription.read()) is not None:
                self.events += batch.events

    async def end(self, way: str) -> None:
        """Try to end the round in one of the ways."""
        service = self.service
        match way:
            case "stop":
                await service.stop(USER, self.workflow_id)
            case "delete":
                await service.delete(USER, self.workflow_id)
            case "close":
                await service.close()
            case "recover":
                await recover_rounds(service._context, service.rounds.succession)
            case "recover elsewhere":
                await self._recover_elsewhere()
            case "say":
                self.assistant.tell("Hello", Text("more "), Step("t", "Another"))
            case "finish":
                self.assistant.tell("Hello", END)
            case "fail":
                self.assistant.tell("Hello", ValueError("broken"))

    async def _recover_elsewhere(self) -> None:
        """As a second server would that nothing keeps from starting."""
        repository = await open_chats(self.path)
        try:
            other = make_service(repository, StreamingEventManager(), self.assistant)
            await recover_rounds(other._context, other.rounds.succession)
        finally:
            await repository.close()

    async def check(self, *, elsewhere: bool) -> None:
        """There is one end, which nothing of the round follows.

        Where it may have been made elsewhere, nothing of it may be told here.
        """
        await self.service.close()
        await self.service.events.close()
        await self.reading
        terminal = [event for event in self.events if event.terminal]
        rows = await self.stored()
        (status, seq) = rows[0]
        assert status != "running"
        assert len(terminal) == 1 or (elsewhere and not terminal)
        for event in terminal:
            assert (event.type, event.seq) == (status, seq)
            after = self.events[self.events.index(event) + 1 :]
            assert {e.data.get("type") for e in after} <= {"workflow"}
        assert await self.in_flight() == ([], [])

    async def stored(self) -> list[Any]:
        return await fetch(self.repository._database, "SELECT status, seq FROM rounds")

    async def in_flight(self) -> tuple[list[Any], list[Any]]:
        return await self.repository.read(lambda reader: reader.select_in_flight(self.workflow_id))


async def race(path: Path, ways: list[tuple[str, int]]) -> None:
    repository = await open_chats(path)
    assistant = ScriptedAssistant()
    service = make_service(repository, StreamingEventManager(), assistant)
    case = Case(service, repository, path, assistant)
    await case.begin()

    async def later(way: str, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await case.end(way)

    results = await asyncio.gather(
        *(later(way, turns) for way, turns in ways), return_exceptions=True
    )
    # What was deleted is not found any more; nothing else may go wrong.
    assert [r for r in results if r is not None and not isinstance(r, NotFound)] == []
    await case.check(elsewhere="recover elsewhere" in dict(ways))
    await repository.close()


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 60)), min_size=2, max_size=6))
def test_whoever_ends_a_round_there_is_one_end(ways: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(asyncio.wait_for(race(Path(folder) / "chat.sqlite", ways), 60))


@pytest.fixture
async def running(service: ChatService, assistant: ScriptedAssistant) -> Round:
    started = await service.start(Ask(USER, "Hello"))
    await assistant.say("Hello", Text("half "))
    return await service.tree.round(USER, started.workflow_id, 1)


ENDINGS = [COMPLETE, STOPPED, INTERRUPTED]


@pytest.mark.parametrize("second", ENDINGS)
async def test_a_second_end_is_refused_and_changes_nothing(
    service: ChatService, running: Round, second: Any
) -> None:
    await service.stop(USER, running.workflow_id)
    before = await service.snapshot(USER, running.workflow_id)

    def end(unit: UnitOfWork) -> Round:
        return end_round(unit, second.of(running, 1.0), messages=before.messages, logs=())

    with pytest.raises(RoundEnded):
        await service._committer.commit(end)
    assert await service.snapshot(USER, running.workflow_id) == before


async def test_sql_itself_lets_no_second_end_pass(service: ChatService, running: Round) -> None:
    """Where it is not asked before, either."""
    await service.stop(USER, running.workflow_id)
    before = await service.snapshot(USER, running.workflow_id)
    with pytest.raises(RoundEnded):
        await service._committer.commit(lambda unit: unit.end_round(COMPLETE.of(running, 1.0)))
    assert await service.snapshot(USER, running.workflow_id) == before


@pytest.mark.parametrize("number", [0, 2])
async def test_a_round_that_is_not_there_has_no_end(
    service: ChatService, running: Round, number: int
) -> None:
    ghost = replace(STOPPED.of(running, 1.0), number=number)
    with pytest.raises(RoundEnded):
        await service._committer.commit(lambda unit: end_round(unit, ghost, messages=(), logs=()))


async def end_elsewhere(path: Path, assistant: ScriptedAssistant) -> None:
    """Have the rounds ended as another process does that takes them for orphaned."""
    repository = await open_chats(path)
    other = make_service(repository, StreamingEventManager(), assistant)
    await recover_rounds(other._context, other.rounds.succession)
    await repository.close()


async def test_a_round_that_was_ended_elsewhere_stores_nothing_more(
    service: ChatService, assistant: ScriptedAssistant, running: Round, path: Path
) -> None:
    await end_elsewhere(path, assistant)
    before = await service.snapshot(USER, running.workflow_id)
    assistant.tell("Hello", Step("late", "Too late"), Text("late"), END)
    await until(lambda: not service.rounds.running)
    after = await service.snapshot(USER, running.workflow_id)
    assert after == before
    assert after.rounds[0].code == "interrupted"


async def test_a_stop_of_what_was_ended_elsewhere_says_how_it_has_ended(
    service: ChatService, assistant: ScriptedAssistant, running: Round, path: Path
) -> None:
    await end_elsewhere(path, assistant)
    ended = await service.stop(USER, running.workflow_id)
    assert ended is not None
    assert ended.code == "interrupted"
