"""A server that goes away and comes back, or says nothing, while its database is open."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from quart_chat.availability.database import UNREACHABLE, unavailable
from quart_chat.errors import DatabaseUnavailable
from quart_chat.storage.postgres import connection as connections
from quart_chat.storage.postgres.chats import ChatRepository
from quart_chat.storage.postgres.database import Database
from quart_chat.storage.statements import Statements
from quart_chat.texts import set_language, use
from tests.app import create_test_app
from tests.services.postgres import PostgresServer, find_binaries
from tests.storage.contract.chats import begin_workflow
from tests.stores import make_template
from tests.waiting import until
from tests.web.streams import ask, open_stream, workflow_id


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that these tests may end and freeze."""
    found = find_binaries()
    with PostgresServer(found or pytest.skip("Needs PostgreSQL: 'apt install postgresql'")) as one:
        yield one


@pytest.fixture(scope="module")
def template(server: PostgresServer) -> str:
    return asyncio.run(make_template(server))


@pytest.fixture
def name(server: PostgresServer, template: str) -> str:
    return server.create(template)


@pytest.fixture
async def database(server: PostgresServer, name: str) -> AsyncIterator[Database]:
    database = await Database.open(server.address(name), patience=2.0)
    yield database
    await database.close()


def count(statements: Statements) -> int:
    row = statements.fetch_one("SELECT count(*) FROM workflows")
    assert row is not None
    return int(row[0])


async def add(database: Database) -> None:
    await ChatRepository(database).write(begin_workflow)


async def reason(database: Database) -> str:
    with pytest.raises(DatabaseUnavailable) as refused:
        await add(database)
    return refused.value.reason


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_nothing_is_accepted_until_the_server_is_back(
    server: PostgresServer,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    how: signal.Signals,
) -> None:
    told: list[str | None] = []
    database.health.listen(lambda trouble: told.append(getattr(trouble, "reason", None)))
    await add(database)
    await asyncio.to_thread(server.stop, how)
    try:
        assert [await reason(database) for _ in range(2)] == ["gone", "gone"]
        with pytest.raises(DatabaseUnavailable, match="can't be reached"):
            await database.read(count)
        await database.look()
        assert told == [
            "gone",
            "gone",
        ]  # at once, and with each look
        assert len([line for line in caplog.messages if "Nothing can be stored" in line]) == 1
    finally:
        await asyncio.to_thread(server.start)
    await database.look()
    assert told[-1] is None
    await add(database)
    assert await database.read(count) == 2


async def test_what_may_be_committed_is_not_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that were in the transaction are told that it is not known to be stored."""
    transact = database._transact

    async def cut(work: Callable[[Statements], object], wait: float) -> object:
        await transact(work, wait)
        raise unavailable(UNREACHABLE)

    async def add_in(language: str) -> None:
        set_language(language)
        await add(database)

    async with database.turn():
        changes = [asyncio.ensure_future(add_in(language)) for language in ("en", "de", "en")]
        await asyncio.sleep(0)
        monkeypatch.setattr(database._queue, "_transact", cut)
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert [getattr(result, "reason", None) for result in results] == ["gone"] * 3
    assert [str(result).startswith("Der Datenbankserver") for result in results] == [
        False,
        True,
        False,
    ]
    assert await database.read(count) == 3


async def test_a_reader_hears_that_nothing_can_be_stored_and_that_it_can_again(
    server: PostgresServer, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.storage.turns._BEAT", 0.01)
    folder = tmp_path / "instance"
    app = create_test_app(
        {"QUART_CHAT_INSTANCE": folder, "QUART_CHAT_DATABASE": server.address(name)}
    )
    prompt = {"prompt": "count 100000 5ms", "assistant": "slow"}
    async with app.test_app() as running:
        client = running.test_client()
        chat = workflow_id(await ask(client, "count 1 0ms"))
        async with open_stream(client, "/api/chatbot/start/stream", json=prompt) as stream:
            await stream.until("delta")
            await asyncio.to_thread(server.stop)
            try:
                told = (await stream.until("status"))["item"]
                assert (told["code"], told["reason"]) == ("database_unavailable", "gone")
                response = await client.patch(
                    f"/api/chatbot/workflows/{chat}",
                    json={"title": "New"},
                    headers={"Accept-Language": "de"},
                )
                assert (response.status_code, "Retry-After" in response.headers) == (503, True)
                message = (await response.get_json())["error"]["message"]
                assert message.startswith("Der Datenbankserver ist nicht erreichbar")
                await stream.until("delta")
            finally:
                await asyncio.to_thread(server.start)
            while told["code"] is not None:
                told = (await stream.until("status"))["item"]
            await stream.until("delta")
        await ask(client, "count 1 0ms", workflowId=chat)
    assert not (folder / "chat.sqlite").exists()


async def test_it_is_noticed_where_nothing_is_written(
    server: PostgresServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.storage.turns._BEAT", 0.01)
    database = await Database.open(server.address(name))
    await asyncio.to_thread(server.stop)
    try:
        await until(lambda: database.health.trouble)
    finally:
        await asyncio.to_thread(server.start)
    await until(lambda: database.health.trouble is None)
    await database.close()


def end_connections(server: PostgresServer, name: str) -> None:
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
    server.run(sql.format(name))


async def test_connections_that_the_server_ends_are_made_anew(
    server: PostgresServer, database: Database, name: str
) -> None:
    for number in range(3):
        await add(database)
        await asyncio.to_thread(end_connections, server, name)
        assert await database.read(count) == number + 1


async def test_a_transaction_whose_connection_breaks_is_undone(
    server: PostgresServer, database: Database, name: str
) -> None:
    def change(statements: Statements) -> None:
        statements.fetch("INSERT INTO users (id, created_at) VALUES ('ada', 0)")
        end_connections(server, name)
        statements.fetch("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await database.write(change)
    users = "SELECT count(*) FROM users"
    assert await database.read(lambda statements: statements.fetch(users)) == [(0,)]


@pytest.mark.parametrize(("arrives", "stored"), [(True, 1), (False, 0)])
async def test_a_commit_whose_answer_is_lost_is_asked_for(
    server: PostgresServer, name: str, arrives: bool, stored: int
) -> None:
    proxy = await LossyProxy.start(server.port, arrives=arrives)
    address = server.address(name).replace(f":{server.port}", f":{proxy.port}")
    database = await Database.open(address)
    proxy.armed = True
    if arrives:
        await add(database)
    else:
        assert await reason(database) == "gone"
    assert await database.read(count) == stored
    assert not proxy.armed
    await database.close()
    await proxy.close()


class LossyProxy:
    """Passes everything on, but for one COMMIT: it cuts the connection before or after that."""

    port: int
    _server: asyncio.Server

    def __init__(self, target: int, *, arrives: bool) -> None:
        self.armed = False
        self._target = target
        self._arrives = arrives
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def start(cls, target: int, *, arrives: bool) -> LossyProxy:
        proxy = cls(target, arrives=arrives)
        proxy._server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
        proxy.port = proxy._server.sockets[0].getsockname()[1]
        return proxy

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        answers = asyncio.create_task(self._pass(there, writer))
        while data := await reader.read(65536):
            if self.armed and b"COMMIT" in data:
                self.armed = False
                answers.cancel()
                await asyncio.wait({answers})
                if self._arrives:
                    back.write(data)
                    await there.read(1)
                break
            back.write(data)
        for end in (back, writer):
            end.close()
            await end.wait_closed()
        await asyncio.wait({answers})

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)

    async def close(self) -> None:
        self._server.close()
        await asyncio.wait(self._tasks)


async def test_a_server_that_says_nothing_is_waited_for_so_long_and_no_longer(
    server: PostgresServer, name: str
) -> None:
    database = await Database.open(server.address(name), silence=0.3)
    await asyncio.to_thread(server.signal_all, signal.SIGSTOP)
    try:
        async with asyncio.timeout(30):
            assert await reason(database) == "gone"
            with pytest.raises(DatabaseUnavailable):
                await database.read(count)
    finally:
        await asyncio.to_thread(server.signal_all, signal.SIGCONT)
    await database.look()
    await add(database)
    assert await database.read(count) == 1
    await database.close()


async def test_one_that_is_frozen_in_a_transaction_keeps_others_waiting_only_for_a_while(
    server: PostgresServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = "SET idle_in_transaction_session_timeout = '300ms'"
    monkeypatch.setattr(connections, "_IDLE", idle)
    here = await Database.open(server.address(name))
    there = await Database.open(server.address(name), busy_timeout=0.01)
    go_on, reached = threading.Event(), threading.Event()

    def freeze(statements: Statements) -> None:
        statements.fetch("INSERT INTO users (id, created_at) VALUES ('ada', 0)")
        reached.set()
        go_on.wait(30)

    writing = asyncio.create_task(here.write(freeze))
    await until(reached.is_set)
    assert await reason(there) == "locked"
    async with asyncio.timeout(30):
        while there.health.trouble is not None:
            await there.look()
    go_on.set()
    with pytest.raises(DatabaseUnavailable):
        await writing
    await add(there)
    await add(here)
    assert await here.read(count) == 2
    await here.close()
    await there.close()


async def test_a_failure_is_told_in_the_language_of_who_asks(
    database: Database, name: str, server: PostgresServer
) -> None:
    def change(statements: Statements) -> None:
        end_connections(server, name)
        statements.fetch("SELECT 1")

    with use("de"), pytest.raises(DatabaseUnavailable, match="Der Datenbankserver ist nicht"):
        await database.write(change)


async def test_an_error_in_the_sql_itself_is_no_matter_of_the_server(database: Database) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await database.read(lambda statements: statements.fetch("SELECT a FROM nowhere"))
    assert database.health.trouble is None
    assert await database.read(count) == 0


async def test_no_connection_is_left_open(server: PostgresServer, name: str) -> None:
    files = open_files()
    database = await Database.open(server.address(name))
    await add(database)
    await database.close()
    await database.close()
    assert open_files() == files


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
