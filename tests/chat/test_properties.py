"""Whatever people, assistants and connections do, every client ends with what the database has."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.assistants.protocol import AssistantError, Rewrite, Step, Text
from quart_chat.chat import storage
from quart_chat.chat.ask import Ask
from quart_chat.chat.emitted import DELTAS, ENVELOPED
from quart_chat.chat.streams import position as following
from quart_chat.chat.streams.writer import ChatFrames, stream_user, stream_workflow
from quart_chat.errors import NotFound, PromptSent, RoundRunning
from quart_chat.events import Bounds, EventSettings, StreamingEventManager
from quart_chat.storage.sqlite.chats import list_changes
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.client import TERMINAL, Client, DirectClient, EagerClient, identity, state_of
from tests.chat.parts import USER, make_service
from tests.chat.scripted import END, Line, ScriptedAssistant
from tests.chat.visits import Visit, pause, read_and_cut, turns, visits
from tests.examples import examples
from tests.stores import open_chats

Open = Callable[[Client], ChatFrames]
Rounds = list[tuple[list[tuple[int, Line]], Line]]
Script = tuple[Rounds, list["Act"]]

lines = st.one_of(
    st.builds(Text, st.text(max_size=4)),
    st.builds(Text, st.sampled_from(["a", "😀", "a\ud800\0", "word "])),
    st.builds(Rewrite, st.sampled_from(["", "a", "anew 😀", "\ud800"])),
    st.builds(
        Step,
        st.sampled_from("ab"),
        st.sampled_from(["Working", "Still working"]),
        st.sampled_from(["running", "running", "completed", "failed"]),
        progress=st.sampled_from([None, 0.25, 0.5]),
    ),
)
ends = st.sampled_from([END, AssistantError("gone", "It is gone."), ValueError("a bug")])


@dataclass(frozen=True)
class Act:
    """What somebody does to a workflow after so many turns of the event loop."""

    after: int
    name: str


acts = st.builds(
    Act,
    turns,
    st.sampled_from(
        ["stop", "rename", "pin", "prompt", "snapshot", "restart", "queue", "remove", "send"]
    ),
)
rounds = st.tuples(st.lists(st.tuples(st.integers(0, 6), lines), max_size=8), ends)
workflows = st.tuples(st.lists(rounds, min_size=1, max_size=3), st.lists(acts, max_size=5))


class RecordingManager(StreamingEventManager):
    """An event manager that remembers what was emitted, and takes some turns to emit it."""

    def __init__(self, settings: EventSettings, slowness: int) -> None:
        super().__init__(settings, coalescer=DELTAS, enveloped=ENVELOPED)
        self.slowness = slowness
        self.emitted: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)

    async def emit_event(self, context_id: str, event_type: str, *args: Any, **kwargs: Any) -> None:
        await pause(self.slowness)
        self.emitted[context_id].append((event_type, kwargs.get("seq")))
        await super().emit_event(context_id, event_type, *args, **kwargs)


class World:
    """A service in use."""

    def __init__(
        self, repository: ChatRepository, bounds: Bounds, slowness: int, scenes: int
    ) -> None:
        self.assistant = ScriptedAssistant()
        self.manager = RecordingManager(EventSettings(bounds=bounds), slowness)
        self.service = make_service(repository, self.manager, self.assistant)
        self.quiet = asyncio.Barrier(scenes)
        self._prompts = 0

    async def produce(self, workflow_id: str, script: Rounds, first: str) -> None:
        """Have a workflow's rounds answered, one after the other."""
        prompt = first
        for number, (said, end) in enumerate(script):
            if number:
                prompt = await self.prompt(workflow_id)
            for waited, line in said:
                await pause(waited)
                self.assistant.tell(prompt, line)
            self.assistant.tell(prompt, end)
            await self.idle(workflow_id)

    async def prompt(self, workflow_id: str) -> str:
        """Start the next round as soon as there is none."""
        self._prompts += 1
        prompt = f"{workflow_id} {self._prompts}"
        while True:
            try:
                await self.service.start(Ask(USER, prompt, workflow_id=workflow_id))
            except RoundRunning:
                await self.idle(workflow_id)
            else:
                return prompt

    async def queue(self, workflow_id: str) -> None:
        self._prompts += 1
        prompt = f"{workflow_id} {self._prompts}"
        self.assistant.tell(prompt, Text("in its turn"), END)
        await self.service.queue.add(Ask(USER, prompt, workflow_id=workflow_id))
        await self.idle(workflow_id)

    async def change_queue(self, workflow_id: str, name: str) -> None:
        """Do something to the last prompt that waits."""
        queue = await self.service.queue.read(USER, workflow_id)
        with suppress(NotFound, PromptSent):
            for prompt in queue[-1:]:
                await getattr(self.service.queue, name)(USER, workflow_id, prompt.id)
        await self.idle(workflow_id)

    async def idle(self, workflow_id: str) -> None:
        while running := self.service.rounds.running.get(workflow_id):
            await asyncio.wait({running._task})

    async def act(self, workflow_id: str, act: Act) -> None:
        await pause(act.after)
        match act.name:
            case "stop":
                await self.service.stop(USER, workflow_id)
            case "rename":
                await self.service.change(USER, workflow_id, title=f"after {act.after}")
            case "pin":
                await self.service.change(USER, workflow_id, pinned=act.after % 2 == 0)
            case "prompt":
                prompt = await self.prompt(workflow_id)
                self.assistant.tell(prompt, Text("an extra"), Text(" answer"), END)
                await self.idle(workflow_id)
            case "queue":
                await self.queue(workflow_id)
            case "remove" | "send":
                await self.change_queue(workflow_id, act.name)
            case "restart":
                # Of what was emitted nothing is left, as after a crash.
                await self.manager.close()
                await self.manager.open()
            case _:
                await self.service.snapshot(USER, workflow_id, act.after)

    async def visit(
        self, client: Client, visits: list[Visit], open_stream: Open, contexts: set[str]
    ) -> None:
        """Come and go, then stay until all has been said."""
        for visit in visits:
            await pause(visit.after)
            if visit.forgetful:
                client.forget()
            await read_and_cut(client, open_stream(client), visit)
        while client.farewells < contexts:
            client.connect()
            async with aclosing(open_stream(client)) as stream:
                async for chunk in stream:
                    client.feed(chunk)
                    if client.farewells >= contexts:
                        break

    async def bid_farewell(self, contexts: set[str], visitors: list[asyncio.Task[None]]) -> None:
        """Tell all streams that nothing more will happen, until nobody is left to hear it."""
        while not all(visitor.done() for visitor in visitors):
            for context_id in contexts:
                await self.manager.emit_event(context_id, "status", {"farewell": context_id})
            await asyncio.sleep(0.001)


def check_emitted(emitted: list[tuple[str, int | None]], round_count: int) -> None:
    """Seqs without a hole, one terminal event a round, and nothing of a round after its own."""
    seqs = [seq for _, seq in emitted if seq is not None]
    assert seqs == list(range(1, len(seqs) + 1))
    assert sum(type_ in TERMINAL for type_, _ in emitted) == round_count


async def check_clients(world: World, workflow_id: str, clients: list[Client]) -> None:
    snapshot = await world.service.snapshot(USER, workflow_id)
    assert not snapshot.running
    assert len({seq for seq, _ in snapshot.items}) == len(snapshot.items)
    check_emitted(world.manager.emitted[workflow_id], len(snapshot.rounds))
    for client in clients:
        assert (client.items, client.terminals) == state_of(snapshot)
        assert client.last_id == str(snapshot.seq)
        assert client.order == [identity(data) for _, data in snapshot.items]


async def check_pages(world: World, workflow_id: str, pages: list[Client]) -> None:
    snapshot = await world.service.snapshot(USER, workflow_id)
    items, terminals = state_of(snapshot)
    listed = await world.service.lists.page(USER)
    items |= {workflow.id: workflow.to_item() for workflow in listed.workflows}
    for client in pages:
        assert (client.items, client.terminals) == (items, terminals)
        assert client.last_id == f"{listed.list_seq}-{snapshot.seq}"


@settings(max_examples=examples(120), suppress_health_check=[HealthCheck.too_slow])
@given(
    scripts=st.lists(workflows, min_size=1, max_size=2),
    readers=st.lists(st.lists(visits, max_size=3), min_size=1, max_size=3),
    pages=st.lists(st.lists(visits, max_size=2), max_size=2),
    held=st.sampled_from([2, 5, 2048]),
    pacing=st.sampled_from([0.0, 0.001]),
    slowness=st.sampled_from([0, 0, 50]),
    rows=st.sampled_from([1, 2, 3, 500]),
    kind=st.sampled_from([Client, EagerClient]),
    room=st.sampled_from([[], [True, False], [True, True, True, False], [False]]),
)
def test_every_client_ends_with_exactly_what_the_database_has(
    scripts: list[Script],
    readers: list[list[Visit]],
    pages: list[list[Visit]],
    held: int,
    pacing: float,
    slowness: int,
    rows: int,
    kind: type[Client],
    room: list[bool],
) -> None:
    async def scene(world: World, script: Script, number: int) -> None:
        """One workflow: who answers, who meddles and who watches."""
        service, prompt = world.service, f"prompt {number}"
        workflow_id = (await service.start(Ask(USER, prompt))).workflow_id

        def open_workflow(client: Client) -> ChatFrames:
            since = int(client.last_id or 0)
            stream = stream_workflow(service, USER, workflow_id, since=since, follow=True)
            return connect(client, stream)

        def open_page(client: Client) -> ChatFrames:
            return connect(client, stream_user(service, USER, workflow_id, client.last_id or "0-0"))

        def connect(client: Client, stream: ChatFrames) -> ChatFrames:
            if room:
                stream.write_to(DirectClient(client, room))
            return stream

        watching, paging = [kind() for _ in readers], [kind() for _ in pages]
        async with asyncio.TaskGroup() as group:
            visitors = [
                group.create_task(world.visit(client, visits, open_workflow, {workflow_id}))
                for client, visits in zip(watching, readers, strict=True)
            ]
            everything = {workflow_id, f"user:{USER}"}
            visitors += [
                group.create_task(world.visit(client, visits, open_page, everything))
                for client, visits in zip(paging, pages, strict=True)
            ]
            rounds, acts = script
            async with asyncio.TaskGroup() as producers:
                producers.create_task(world.produce(workflow_id, rounds, prompt))
                for act in acts:
                    producers.create_task(world.act(workflow_id, act))
            await world.quiet.wait()
            await world.bid_farewell(everything, visitors)
        await check_clients(world, workflow_id, watching)
        await check_pages(world, workflow_id, paging)

    async def run(folder: Path) -> None:
        repository = await open_chats(folder / "chat.sqlite")
        world = World(repository, Bounds(max_events=held, pacing=pacing), slowness, len(scripts))
        try:
            async with asyncio.timeout(30), asyncio.TaskGroup() as group:
                for number, script in enumerate(scripts):
                    group.create_task(scene(world, script, number))
        finally:
            await world.service.close()
            await repository.close()
            await world.manager.close()

    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(following, "PART", storage.PartBounds(rows, 256 * 1024)),
        patch.object(list_changes, "CHANGES_AT_ONCE", rows),
    ):
        asyncio.run(run(Path(folder)))
