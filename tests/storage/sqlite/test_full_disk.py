"""A database that can't be written while rounds run: full or locked; and how long one waits.

``PRAGMA max_page_count`` makes SQLite itself refuse to grow the file, with the SQLITE_FULL that a
full disk gives, on any machine and without mounting anything.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from quart_chat.assistants.protocol import Step, Text
from quart_chat.availability.patience import Patience, grant, granted, outlive_request
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Workflow
from quart_chat.chat.rounds.context import RoundTimeouts
from quart_chat.chat.service import ChatService
from quart_chat.errors import DatabaseUnavailable
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.file.database import Database
from quart_chat.storage.statements import Statements
from quart_chat.texts import set_language
from tests.chat.client import Client, state_of
from tests.chat.parts import USER, ask, make_service
from tests.chat.rounds.test_runner import Watcher, deltas, kinds
from tests.chat.scripted import END, ScriptedAssistant
from tests.storage.contract.chats import begin_workflow
from tests.waiting import until

LONG = "All of it. " * 20_000
ASK = "Hello"

Task = asyncio.Future[Workflow]


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = await Database.open(path, busy_timeout=0.01, patience=0.05)
    yield database
    await database.close()


@pytest.fixture
async def service(database: Database, assistant: ScriptedAssistant) -> AsyncIterator[ChatService]:
    service = make_service(ChatRepository(database), StreamingEventManager(), assistant)
    yield service
    await set_full(database, full=False)
    await service.close()


@pytest.fixture
async def impatient(database: Database, assistant: ScriptedAssistant) -> AsyncIterator[ChatService]:
    """A service that lets nobody wait for the end of a round to be stored."""
    timeouts = RoundTimeouts(
        checkpoint=0.0, stop=0.02, close=0.02, known=0.0, retry=0.001, max_retry=0.004
    )
    service = make_service(
        ChatRepository(database), StreamingEventManager(), assistant, timeouts=timeouts
    )
    yield service
    await set_full(database, full=False)
    await service.close()


@pytest.fixture(autouse=True)
def request_ends() -> Iterator[None]:
    yield
    outlive_request()


async def trouble(database: Database) -> DatabaseUnavailable | None:
    return database.health.trouble


async def set_full(database: Database, *, full: bool) -> None:
    await database._writer.fetch(f"PRAGMA max_page_count = {1 if full else 1_000_000}")


@pytest.fixture
def transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that each transaction has to begin."""
    waits: list[float] = []
    transact = database._transact

    async def noted(work: Callable[[Statements], object], wait: float) -> object:
        waits.append(wait)
        return await transact(work, wait)

    monkeypatch.setattr(database._queue, "_transact", noted)
    return waits


@pytest.fixture
def lock(path: Path, database: Database) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


async def begin(service: ChatService) -> tuple[str, Watcher]:
    started = await service.start(Ask(USER, ASK))
    return started.workflow_id, Watcher(service, started.workflow_id)


async def refused(service: ChatService, workflow_id: str) -> None:
    await until(lambda: service.rounds.running[workflow_id].refusal)


async def test_a_complete_answer_stays_complete_however_often_it_is_stopped(
    service: ChatService, database: Database, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("begun "))
    await set_full(database, full=True)
    assistant.tell(ASK, Text(LONG), Step("last", "Last", "completed"), END)
    await refused(service, workflow_id)
    for _ in range(3):
        stopped = await service.stop(USER, workflow_id)
        assert stopped is not None
        assert stopped.status == "complete"
    await set_full(database, full=False)
    events = await watcher.until_terminal()
    assert events[-1].type == "complete"
    snapshot = await service.snapshot(USER, workflow_id)
    message = snapshot.messages[-1]
    assert (message.content, message.status) == (f"begun {LONG}", "complete")
    assert [log.status for log in snapshot.logs] == ["completed"]
    assert [e.seq for e in events if e.seq is not None] == list(range(1, snapshot.seq + 1))


async def test_a_stop_is_answered_although_nothing_can_be_stored(
    service: ChatService, database: Database, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("begun "))
    await set_full(database, full=True)
    await assistant.say(ASK, Text(LONG))
    stopped = await service.stop(USER, workflow_id)
    assert stopped is not None
    assert stopped.status == "stopped"
    assert assistant.closed == [ASK]
    await refused(service, workflow_id)
    await set_full(database, full=False)
    assert (await watcher.until_terminal())[-1].type == "stopped"
    assert (await service.snapshot(USER, workflow_id)).messages[-1].content == f"begun {LONG}"


async def test_a_failure_stays_that_failure(
    service: ChatService, database: Database, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(service)
    await assistant.say(ASK, Text("begun "))
    await set_full(database, full=True)
    assistant.tell(ASK, Text(LONG), ValueError("broken"))
    await refused(service, workflow_id)
    await service.stop(USER, workflow_id)
    await set_full(database, full=False)
    assert (await watcher.until_terminal())[-1].data["code"] == "internal"


async def test_an_assistant_never_waits_for_room(
    service: ChatService, lock: sqlite3.Connection, assistant: ScriptedAssistant
) -> None:
    """What can't be stored is shown later, with no hole and in its order."""
    workflow_id, watcher = await begin(service)
    lock.execute("BEGIN IMMEDIATE")
    await assistant.say(
        ASK, Step("a", "A"), Text("one "), Step("b", "B", "completed"), Text("two ")
    )
    assert service.rounds.running[workflow_id].answer.text == "one two "
    lock.execute("ROLLBACK")
    recorder = service.rounds.running[workflow_id]._recorder
    await until(lambda: recorder._later is None)
    await assistant.say(ASK, Text("three"), Step("a", "A", "completed"))
    assistant.tell(ASK, END)
    events = await watcher.until_terminal()
    assert kinds(events) == [
        "workflow", "message", "log", "message", "log", "delta", "delta", "log", "message",
        "workflow", "complete",
    ]  # fmt: skip
    assert deltas(events) == [(0, "one two "), (8, "three")]
    client = Client()
    for event in events:
        data = event.data if "type" in event.data else None
        client.apply(data or {"type": event.type, "createdAt": 0.0, "item": event.data})
    items, _ = state_of(await service.snapshot(USER, workflow_id))
    assert {key: item for key, item in client.items.items() if key != workflow_id} == {
        key: item for key, item in items.items() if key != workflow_id
    }


async def test_deleting_a_chat_whose_end_can_not_be_stored_is_refused(
    impatient: ChatService, database: Database, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(impatient)
    await assistant.say(ASK, Text("begun "), Text(LONG))
    await set_full(database, full=True)
    await impatient.stop(USER, workflow_id)
    await refused(impatient, workflow_id)
    with pytest.raises(DatabaseUnavailable, match="disk is full"):
        await impatient.delete(USER, workflow_id)
    await set_full(database, full=False)
    assert (await watcher.until_terminal())[-1].type == "stopped"
    await impatient.delete(USER, workflow_id)


async def test_a_new_question_is_refused_and_another_chat_goes_on_after(
    service: ChatService, database: Database, assistant: ScriptedAssistant
) -> None:
    await set_full(database, full=True)
    with pytest.raises(DatabaseUnavailable, match="disk is full") as error:
        await service.start(Ask(USER, LONG[:30_000]))
    assert error.value.reason == "full"
    assert database.health.trouble == error.value
    assert service.rounds.running == {}
    await set_full(database, full=False)
    await database.look()
    assert await trouble(database) is None
    await ask(service, assistant, ASK)


async def test_trying_whether_there_is_room_changes_nothing(database: Database) -> None:
    await set_full(database, full=True)
    with pytest.raises(DatabaseUnavailable):
        await database.write(
            lambda statements: statements.fetch("CREATE TABLE big AS SELECT zeroblob(100000)")
        )
    before = await database._writer.fetch("SELECT * FROM sqlite_schema")
    await database.look()
    assert database.health.trouble is not None
    await set_full(database, full=False)
    await database.look()
    assert await database._writer.fetch("SELECT * FROM sqlite_schema") == before


async def test_what_a_closing_service_can_not_store_is_in_the_log(
    service: ChatService,
    database: Database,
    assistant: ScriptedAssistant,
    repository: ChatRepository,
    caplog: pytest.LogCaptureFixture,
) -> None:
    workflow_id, _ = await begin(service)
    await assistant.say(ASK, Text("begun "))
    checkpointer = service._context.checkpointer
    await until(lambda: checkpointer._task and checkpointer._task.done())
    await set_full(database, full=True)
    assistant.tell(ASK, Text(LONG), END)
    await refused(service, workflow_id)
    await service.close()
    assert f"The end (complete) of round 1 of chat {workflow_id} is lost" in caplog.text
    await set_full(database, full=False)
    successor = make_service(repository, StreamingEventManager(), assistant)
    await successor.recover()
    snapshot = await successor.snapshot(USER, workflow_id)
    assert snapshot.rounds[0].code == "interrupted"
    assert snapshot.messages[-1].content == "begun "
    await successor.close()


async def test_a_failure_is_logged_once_and_so_is_its_end(
    service: ChatService,
    database: Database,
    lock: sqlite3.Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lock.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable):
            await service.start(Ask(USER, ASK))
    lock.execute("ROLLBACK")
    await service.start(Ask(USER, ASK))
    assert [line.partition(":")[0] for line in caplog.messages] == [
        "Nothing can be stored",
        "The database can be written again.",
    ]


# A lock that another program holds


async def test_a_stop_is_answered_although_another_program_writes(
    impatient: ChatService, lock: sqlite3.Connection, assistant: ScriptedAssistant
) -> None:
    workflow_id, watcher = await begin(impatient)
    await assistant.say(ASK, Text("kept"))
    lock.execute("BEGIN IMMEDIATE")
    stopped = await impatient.stop(USER, workflow_id)
    assert stopped is not None
    assert stopped.status == "stopped"
    with pytest.raises(DatabaseUnavailable):
        await impatient.delete(USER, workflow_id)
    lock.execute("ROLLBACK")
    assert (await watcher.until_terminal())[-1].type == "stopped"


async def test_what_is_too_large_is_refused_alone(database: Database) -> None:
    """Those that waited with it are stored, and say nothing of a full disk."""
    chats = ChatRepository(database)
    (pages,) = await database.read(lambda statements: statements.fetch("PRAGMA page_count"))
    await database._writer.fetch(f"PRAGMA max_page_count = {pages[0] + 20}")
    async with database.turn():
        changes = [
            asyncio.ensure_future(chats.write(partial(begin_workflow, title=title)))
            for title in ("a", LONG, "b")
        ]
        await asyncio.sleep(0)
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert [getattr(result, "title", None) for result in results] == ["a", None, "b"]
    assert getattr(results[1], "reason", None) == "full"
    assert database.health.trouble is None
    await set_full(database, full=False)


# Waiting


async def test_writers_that_wait_together_wait_no_longer_than_one(
    service: ChatService, database: Database, lock: sqlite3.Connection
) -> None:
    """Those behind the first don't try in their turn: their time has passed by then."""
    database._busy_timeout = database._patience = 0.2
    lock.execute("BEGIN IMMEDIATE")
    before = database.queries
    starts = [service.start(Ask(USER, f"{ASK} {number}")) for number in range(10)]
    results = await asyncio.gather(*starts, return_exceptions=True)
    assert {getattr(result, "reason", None) for result in results} == {"locked"}
    assert database.queries - before <= 2


async def wait_together(*changes: Awaitable[Workflow], at: Database) -> list[Task]:
    """Begin changes that wait for the same turn."""
    async with at.turn():
        tasks: list[Task] = [asyncio.ensure_future(change) for change in changes]
        await asyncio.sleep(0)
    return tasks


async def test_one_that_can_wait_no_longer_for_a_lock_leaves_the_others_together(
    database: Database, lock: sqlite3.Connection, transactions: list[float]
) -> None:
    chats = ChatRepository(database)
    database._busy_timeout = 30.0

    async def write(title: str, seconds: float) -> Workflow:
        grant(seconds)
        return await chats.write(partial(begin_workflow, title=title))

    lock.execute("BEGIN IMMEDIATE")
    first, hasty, last = await wait_together(
        write("a", 30.0), write("b", 0.05), write("c", 30.0), at=database
    )
    async with asyncio.timeout(20):
        with pytest.raises(DatabaseUnavailable, match="another program"):
            await hasty
    assert not first.done()
    lock.execute("ROLLBACK")
    assert [(await first).title, (await last).title] == ["a", "c"]
    assert len(transactions) == 2


async def test_where_no_transaction_can_begin_none_is_tried_alone(
    database: Database, path: Path, transactions: list[float]
) -> None:
    await asyncio.to_thread(path.unlink)
    changes = (ChatRepository(database).write(begin_workflow) for _ in range(3))
    results = await asyncio.gather(
        *await wait_together(*changes, at=database), return_exceptions=True
    )
    assert [getattr(result, "reason", None) for result in results] == ["gone"] * 3
    assert len(transactions) == 1


async def test_those_that_wait_together_for_a_lock_are_told_of_it_in_their_language(
    database: Database, lock: sqlite3.Connection
) -> None:
    chats = ChatRepository(database)
    database._busy_timeout = 30.0

    async def write(language: str) -> Workflow:
        set_language(language)
        return await chats.write(begin_workflow)

    lock.execute("BEGIN IMMEDIATE")
    english, german = await wait_together(write("en"), write("de"), at=database)
    with pytest.raises(DatabaseUnavailable, match="another program"):
        await english
    with pytest.raises(DatabaseUnavailable, match="von einem anderen Programm"):
        await german
    assert database.health.trouble is not None
    assert database.health.trouble.reason == "locked"


async def test_one_that_follows_another_is_told_in_its_own_language(
    database: Database, lock: sqlite3.Connection
) -> None:
    chats, later = ChatRepository(database), list[Task]()

    async def write_in_german() -> Workflow:
        set_language("de")
        return await chats.write(begin_workflow)

    async def committed(_: Workflow) -> None:
        later.append(asyncio.create_task(write_in_german()))
        lock.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(0)

    await chats.write(begin_workflow, committed)
    with pytest.raises(DatabaseUnavailable, match="von einem anderen Programm"):
        await later[0]


async def test_the_waits_of_a_request_are_one(
    service: ChatService, database: Database, lock: sqlite3.Connection
) -> None:
    grant(0.05)
    patience = granted()
    assert patience is not None
    lock.execute("BEGIN IMMEDIATE")
    database._busy_timeout = 30.0
    while patience.left:
        with pytest.raises(DatabaseUnavailable):
            await service.start(Ask(USER, ASK))
    before = database.queries
    with pytest.raises(DatabaseUnavailable):
        await service.start(Ask(USER, ASK))
    assert database.queries == before
    assert not database._queue.is_at_work


async def test_a_round_outlives_the_patience_of_its_request(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    grant(30.0)
    _, watcher = await begin(service)
    patience = granted()
    assert patience is not None
    patience._left = 0.0  # all of it is spent
    assistant.tell(ASK, Step("s", "Step"), Text("text"), END)
    assert (await watcher.until_terminal())[-1].type == "complete"
    outlive_request()
    assert granted() is None


def test_waits_at_the_same_time_are_spent_once() -> None:
    patience = Patience(30.0)
    with patience:
        with patience:
            inner = patience.left
        assert patience.left <= inner <= 30.0
    assert 0.0 < patience.left <= inner


async def test_readers_that_are_all_taken_are_not_waited_for_without_end(
    database: Database,
) -> None:
    database._patience = 0.0
    async with database.reading(), database.reading():
        with pytest.raises(DatabaseUnavailable, match="too much"):
            await database.read(lambda reading: reading.fetch("SELECT 1"))
    database._patience = 30.0
    assert await database.read(lambda reading: reading.fetch_one("SELECT 1")) == (1,)
