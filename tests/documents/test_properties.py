"""Whatever becomes of documents and connections, every page ends with what the database has."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.chat.emitted import DELTAS, ENVELOPED
from quart_chat.chat.rounds.factories import new_workflow
from quart_chat.chat.streams.writer import stream_user
from quart_chat.chat.unit_of_work import Committer, UnitOfWork
from quart_chat.documents.messages import Advanced, Finished, Message, Piece
from quart_chat.documents.reading import queue
from quart_chat.documents.reading.queue import IngestionTimeouts
from quart_chat.documents.service import DocumentService
from quart_chat.errors import EmptyFile, NotFound
from quart_chat.events import Bounds, EventSettings, StreamingEventManager
from quart_chat.storage.sqlite.chats import list_changes
from quart_chat.wire import Item, list_context
from tests.chat.client import Client
from tests.chat.parts import USER, make_service
from tests.chat.scripted import ScriptedAssistant
from tests.chat.visits import Visit, pause, read_and_cut, turns, visits
from tests.documents.conftest import in_chunks
from tests.examples import examples
from tests.stores import Store, open_store
from tests.waiting import until

LIST = list_context(USER)


@dataclass(frozen=True)
class Plan:
    """How a document is read: the turns before each report, and whether it fails after them."""

    waits: list[int]
    fails: bool


@dataclass(frozen=True)
class Act:
    """What happens after so many turns of the event loop; ``place`` chooses a document."""

    after: int
    name: str
    place: int
    plan: Plan


plans = st.builds(Plan, st.lists(st.integers(0, 30), max_size=3), st.booleans())
acts = st.builds(
    Act,
    turns,
    st.sampled_from(
        ["upload", "upload", "delete", "delete", "rename", "chat", "lose", "crash", "restart"]
    ),
    st.integers(0, 5),
    plans,
)


@asynccontextmanager
async def read_as_planned(path: Path, *_: object) -> AsyncIterator[AsyncIterator[Message]]:
    """Stands for the process that reads a document: the file has the plan of its reading."""

    async def messages() -> AsyncIterator[Message]:
        plan = json.loads(await asyncio.to_thread(path.read_text))
        for number, wait in enumerate(plan["waits"], 1):
            await pause(wait)
            fraction = number / len(plan["waits"])
            yield Advanced(fraction, "Reading", [Piece((), None, "plain", "text")])
        if plan["fails"]:
            raise EmptyFile("There is no text in it.")
        yield Finished(None)

    yield messages()


class LossyManager(StreamingEventManager):
    """An event manager that loses changes of the list when it is told to."""

    def __init__(self, settings: EventSettings, slowness: int) -> None:
        super().__init__(settings, coalescer=DELTAS, enveloped=ENVELOPED)
        self.to_lose = 0
        self.seqs: list[int] = []
        self._slowness = slowness

    async def emit_event(self, context_id: str, *args: Any, **kwargs: Any) -> None:
        await pause(self._slowness)
        seq = kwargs.get("seq")
        if context_id == LIST and seq is not None:
            self.seqs.append(seq)
            if self.to_lose:
                self.to_lose -= 1
                return
        await super().emit_event(context_id, *args, **kwargs)


class World:
    """Documents and chats of one user, in use."""

    def __init__(self, store: Store, folder: Path, manager: LossyManager) -> None:
        self.manager = manager
        self._folder = folder
        self._storage = store.documents
        chats = store.chats
        self.chat = make_service(chats, manager, ScriptedAssistant())
        self._committer = Committer(chats, manager, partial(UnitOfWork, node_id="one"))
        self._restarting = asyncio.Lock()
        self._requests = 0
        self.documents = self._make_service()

    def _make_service(self) -> DocumentService:
        timeouts = IngestionTimeouts(progress=0.0, retry=0.0)
        return DocumentService(self._storage, self.manager, self._folder, timeouts=timeouts)

    async def act(self, act: Act) -> None:
        await pause(act.after)
        match act.name:
            case "upload":
                async with self._request():
                    content = json.dumps(vars(act.plan)).encode()
                    await self.documents.add(USER, "plan.txt", in_chunks(content))
            case "delete":
                async with self._request():
                    await self._delete(act.place)
            case "rename":
                async with self._request():
                    await self._rename(act.place)
            case "chat":
                await self.change_chat()
            case "lose":
                self.manager.to_lose += 1
            case "crash":
                # Of what was emitted nothing is left.
                await self.manager.close()
                await self.manager.open()
            case "restart":
                await self._restart()

    @asynccontextmanager
    async def _request(self) -> AsyncIterator[None]:
        """A request, which a server that is being restarted does not take."""
        async with self._restarting:
            self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    async def _delete(self, place: int) -> None:
        if found := await self.documents.documents(USER):
            with suppress(NotFound):  # another request was quicker
                await self.documents.delete(USER, found[place % len(found)].id)

    async def _rename(self, place: int) -> None:
        if found := await self.documents.documents(USER):
            document = found[place % len(found)]
            with suppress(NotFound):  # it was deleted
                name = f"renamed after {document.list_seq}"
                renamed = await self.documents.rename(USER, document.id, name)
                assert renamed.name == name

    async def change_chat(self) -> None:
        now = time.time()
        workflow = new_workflow(USER, "A chat", now)
        await self._committer.commit(lambda unit: unit.put_workflow(workflow, now))

    async def _restart(self) -> None:
        async with self._restarting:
            await until(lambda: not self._requests)
            await self.documents.close()
            await self.manager.close()
            await self.manager.open()
            self.documents = self._make_service()
            await self.documents.recover()

    async def settle(self) -> None:
        """Wait until every document is read or deleted to its end."""
        while await self._storage.read(lambda reader: reader.select_unsettled()):
            await pause(10)

    async def items(self) -> dict[str, Item]:
        """What the database has of the documents, as clients are sent it."""
        found = await self.documents.documents(USER)
        return {d.id: orjson.loads(orjson.dumps(self.documents.item(d))) for d in found}


class Page(Client):
    """A page that shows documents. It fetches their list when it is loaded and after a reset.

    Attributes:
        documents: What it shows, by id.
        changes: The seqs of the list's changes that it was sent, in order.
        fetches: How often it has fetched the list after a reset.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.documents: dict[str, Item] = {}
        self.changes: list[int] = []
        self.fetches = 0
        self.fetching: asyncio.Task[None] | None = None
        self._known: dict[str, Item] = {}

    async def load(self) -> None:
        """Begin as a page that has just been rendered: its cursor is read before the documents."""
        await self.fetched()
        self.__init__(self.world)  # type: ignore[misc]  # anew
        page = await self.world.chat.lists.page(USER)
        self.last_id = f"{page.list_seq}-0"
        await pause(3)
        self.documents = await self.world.items()

    def feed(self, chunk: bytes) -> None:
        ids = len(self.ids)
        super().feed(chunk)
        self.changes += [int(id_.split("-")[0]) for id_ in self.ids[ids:]]

    def apply(self, data: Item) -> None:
        super().apply(data)
        if data["type"] == "reset":
            self.fetching = asyncio.create_task(self._fetch(self.fetching))
        elif data["type"] == "document":
            self._check(data["item"])
            self._show(self._newest(data["item"]))

    def _check(self, item: Item) -> None:
        """Progress is told only of a reading that the page has been told of."""
        if item.get("progress") is not None and self.fetching is None:
            shown = self.documents[item["id"]]
            assert (shown["status"], shown["seq"]) == ("reading", item["seq"])

    async def _fetch(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        self.fetches += 1
        self._known.clear()
        await pause(5)
        listed = await self.world.items()
        await pause(5)
        told = [item for item in self._known.values() if item["id"] not in listed]
        self.documents.clear()
        for item in [*map(self._newest, listed.values()), *told]:
            self._show(item)

    async def fetched(self) -> None:
        if self.fetching is not None:
            await self.fetching

    def _newest(self, item: Item) -> Item:
        known = self._known.get(item["id"])
        if known is None or not known.get("deleted"):
            newer = known is None or item.get("deleted") or item["seq"] >= known["seq"]
            self._known[item["id"]] = item if newer else known  # type: ignore[assignment]  # known
        return self._known[item["id"]]

    def _show(self, item: Item) -> None:
        self.documents.pop(item["id"], None)
        if not item.get("deleted"):
            self.documents[item["id"]] = item

    def open_stream(self) -> AsyncGenerator[bytes, None]:
        return stream_user(self.world.chat, USER, None, self.last_id or None)

    async def visit(self, visits: list[Visit]) -> None:
        """Come and go, then stay until all has been said."""
        for visit in visits:
            await pause(visit.after)
            if visit.forgetful:
                await self.load()
            await read_and_cut(self, self.open_stream(), visit)
        while LIST not in self.farewells:
            self.connect()
            async with aclosing(self.open_stream()) as stream:
                async for chunk in stream:
                    self.feed(chunk)
                    if LIST in self.farewells:
                        break


async def run(
    folder: Path, acts: list[Act], readers: list[list[Visit]], held: int, slowness: int
) -> None:
    store = await open_store(folder / "chat.sqlite")
    manager = LossyManager(EventSettings(bounds=Bounds(max_events=held, pacing=0.0)), slowness)
    world = World(store, folder / "documents", manager)
    try:
        async with asyncio.timeout(30):
            await world.documents.recover()
            pages = [Page(world) for _ in readers]
            async with asyncio.TaskGroup() as group:
                visitors = [
                    group.create_task(page.visit(visits))
                    for page, visits in zip(pages, readers, strict=True)
                ]
                async with asyncio.TaskGroup() as producers:
                    for act in acts:
                        producers.create_task(world.act(act))
                await world.settle()
                # A change that is lost shows by the next one.
                manager.to_lose = 0
                await world.change_chat()
                while not all(visitor.done() for visitor in visitors):
                    await manager.emit_event(LIST, "status", {"farewell": LIST})
                    await asyncio.sleep(0.001)
            await check(world, pages)
    finally:
        await world.documents.close()
        await world.chat.close()
        await manager.close()
        await store.database.close()


async def check(world: World, pages: list[Page]) -> None:
    items = await world.items()
    seqs = world.manager.seqs
    assert seqs == list(range(1, len(seqs) + 1))
    for page in pages:
        await page.fetched()
        assert page.documents == items
        assert page.last_id == f"{len(seqs)}-0"
        assert page.changes == sorted(set(page.changes))
        assert page.fetches == page.resets


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(
    acts=st.lists(acts, min_size=1, max_size=10),
    readers=st.lists(st.lists(visits, max_size=3), min_size=1, max_size=3),
    held=st.sampled_from([2, 5, 2048]),
    slowness=st.sampled_from([0, 0, 20]),
    at_once=st.sampled_from([1, 2, 25]),
    most=st.sampled_from([3, 200]),
)
def test_every_page_ends_with_the_documents_that_the_database_has(
    acts: list[Act],
    readers: list[list[Visit]],
    held: int,
    slowness: int,
    at_once: int,
    most: int,
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(queue, "read", read_as_planned),
        patch.object(list_changes, "CHANGES_AT_ONCE", at_once),
        patch.object(list_changes, "MAX_LIST_CHANGES", most),
    ):
        asyncio.run(run(Path(folder), acts, readers, held, slowness))
