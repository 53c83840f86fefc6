"""Whatever two people do to the branches of a chat, both end with the one that the database has."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.assistants.protocol import AssistantError, Output, Question, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Round
from quart_chat.chat.service import ChatService
from quart_chat.chat.streams.writer import stream_workflow
from quart_chat.errors import NotFound, RoundRunning
from quart_chat.events import Bounds, EventSettings
from tests.chat.client import Client, state_of
from tests.chat.parts import USER, make_service
from tests.chat.test_properties import RecordingManager, check_emitted
from tests.examples import examples
from tests.stores import open_chats
from tests.waiting import until


@dataclass(frozen=True)
class Act:
    """What one of two people does after so many turns of the event loop.

    Attributes:
        about: The round it is about, counted from the first one on and round again.
    """

    name: str
    about: int
    after: int


acts = st.builds(
    Act,
    st.sampled_from(["ask", "ask", "edit", "regenerate", "show", "show", "stop", "nowhere"]),
    st.integers(0, 8),
    st.integers(0, 12),
)
answers = st.lists(st.sampled_from(["short", "long", "failing", "stuck"]), max_size=12)
cuts = st.lists(st.integers(1, 6), max_size=6)


class Moody:
    """An assistant that answers as it is told to, then shortly."""

    name = "moody"
    title = "Moody"

    def __init__(self, answers: list[str]) -> None:
        self._answers = iter(answers)

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        mood = next(self._answers, "short")
        for number in range(20 if mood == "long" else 2):
            yield Text(f"{number} ")
            await asyncio.sleep(0)
        if mood == "failing":
            raise AssistantError("gone", "It is gone.")
        if mood == "stuck":
            await asyncio.Event().wait()


class Person:
    """Acts on the chat, and watches it through a connection that is cut now and then."""

    def __init__(self, service: ChatService, chat: str) -> None:
        self.client = Client()
        self._service = service
        self._chat = chat

    async def act(self, act: Act) -> None:
        for _ in range(act.after):
            await asyncio.sleep(0)
        about = 1 + act.about % max(self.known)
        with suppress(RoundRunning):
            match act.name:
                case "ask":
                    await self._start("a prompt")
                case "edit":
                    await self._start("another prompt", about)
                case "regenerate":
                    await self._start(None, about)
                case "show":
                    await self._service.change(USER, self._chat, head=about)
                case "stop":
                    await self._service.stop(USER, self._chat)
                case _:
                    with suppress(NotFound):
                        await self._start(None, 1000)

    async def _start(self, prompt: str | None, replaces: int | None = None) -> None:
        await self._service.start(Ask(USER, prompt, workflow_id=self._chat, replaces=replaces))

    async def watch(self, cuts: list[int]) -> None:
        for chunks in cuts:
            await self.client.read(self._stream(), chunks)
        await self.client.read(self._stream())

    def _stream(self) -> AsyncGenerator[bytes, None]:
        since = self.client.since
        return stream_workflow(self._service, USER, self._chat, since=since, follow=True)

    @property
    def known(self) -> dict[int, int | None]:
        """The parents of the rounds that it has heard of; the first one is there in any case."""
        items = self.client.items.values()
        prompts = [item for item in items if item.get("role") == "user"]
        return {1: None} | {item["roundNumber"]: item["parentRound"] for item in prompts}

    @property
    def branch(self) -> list[int]:
        """The rounds that it would show."""
        (workflow,) = (item for item in self.client.items.values() if "headRound" in item)
        branch: list[int] = []
        number: int | None = workflow["headRound"]
        while number is not None:
            branch.insert(0, number)
            number = self.known[number]
        return branch


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.too_slow])
@given(
    first=st.lists(acts, max_size=10),
    second=st.lists(acts, max_size=10),
    answers=answers,
    cuts=st.tuples(cuts, cuts),
    held=st.sampled_from([3, 2048]),
)
def test_both_end_with_the_branch_that_the_database_has(
    first: list[Act],
    second: list[Act],
    answers: list[str],
    cuts: tuple[list[int], list[int]],
    held: int,
) -> None:
    async def live(person: Person, acts: list[Act]) -> None:
        for act in acts:
            await person.act(act)

    async def run(folder: Path) -> None:
        repository = await open_chats(folder / "chat.sqlite")
        manager = RecordingManager(EventSettings(bounds=Bounds(max_events=held, pacing=0.0)), 0)
        service = make_service(repository, manager, Moody(answers))
        chat = (await service.start(Ask(USER, "the first prompt"))).workflow_id
        people = [Person(service, chat), Person(service, chat)]
        try:
            watching = [
                asyncio.create_task(person.watch(list(each)))
                for person, each in zip(people, cuts, strict=True)
            ]
            await asyncio.gather(*map(live, people, (first, second)))
            await service.stop(USER, chat)
            snapshot = await service.snapshot(USER, chat)
            await until(lambda: all(p.client.last_id == str(snapshot.seq) for p in people))
            for watcher in watching:
                watcher.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await check(service, chat, people)
            check_emitted(manager.emitted[chat], len(snapshot.rounds))
        finally:
            await service.close()
            await repository.close()
            await manager.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


async def check(service: ChatService, chat: str, people: list[Person]) -> None:
    snapshot = await service.snapshot(USER, chat)
    page = await service.tree.branch(USER, chat, limit=1000)
    shown = [round_.number for round_ in page.snapshot.rounds]
    for person in people:
        assert person.branch == shown
        assert (person.client.items, person.client.terminals) == state_of(snapshot)
        assert all(len(ends) == 1 for ends in person.client.terminals.values())
        seqs = [int(id_) for id_ in person.client.ids]
        assert seqs == sorted(seqs)
    check_tree(snapshot.rounds, page.workflow.head)
    for number, versions in page.versions.items():
        parent = next(r.parent for r in snapshot.rounds if r.number == number)
        assert versions == tuple(sorted(r.number for r in snapshot.rounds if r.parent == parent))


def check_tree(rounds: tuple[Round, ...], head: int | None) -> None:
    """Numbers without a hole, each above its parent's; the head is a leaf; none runs."""
    assert sorted(round_.number for round_ in rounds) == list(range(1, len(rounds) + 1))
    assert all((round_.parent or 0) < round_.number for round_ in rounds)
    assert head not in {round_.parent for round_ in rounds}
    assert not any(round_.status == "running" for round_ in rounds)
