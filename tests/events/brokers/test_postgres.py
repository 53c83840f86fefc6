"""What a PostgreSQL does to the log on it: faults are told, and the nodes go on by themselves."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from quart_chat.events import BrokerUnavailable
from quart_chat.events.brokers import log as log_module
from quart_chat.events.brokers.log import LogBroker
from quart_chat.events.brokers.postgres import PostgreSQLLog, tables
from quart_chat.events.brokers.postgres import log as postgres_module
from tests.events.brokers.cluster import Cluster, publishing, running
from tests.events.brokers.contract import Node, check
from tests.events.brokers.faults import PostgresStorage
from tests.services.postgres import (
    LOCKED,
    EventsDatabase,
    Pooler,
    PostgresServer,
    find_binaries,
)
from tests.waiting import until


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL that the tests may stop and start."""
    found = find_binaries()
    with PostgresServer(found or pytest.skip("Needs PostgreSQL: 'apt install postgresql'")) as one:
        yield one


@pytest.fixture
def database(server: PostgresServer) -> Iterator[EventsDatabase]:
    database = EventsDatabase(server)
    yield database
    server.drop(database.name)


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(log_module, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(postgres_module, "_IDLE", 0.05)


def under_load(database: EventsDatabase, count: int = 3) -> AbstractAsyncContextManager[Cluster]:
    return publishing(PostgresStorage(database), count)


# What loses a part of the log, or all of it


def empty(database: EventsDatabase) -> None:
    database.run("TRUNCATE qc_head, qc_log")


def empty_the_head(database: EventsDatabase) -> None:
    database.run("TRUNCATE qc_head")


def drop(database: EventsDatabase) -> None:
    database.empty()


def set_the_head_back(database: EventsDatabase) -> None:
    database.run("UPDATE qc_head SET number = number - 5")


def set_the_head_forth(database: EventsDatabase) -> None:
    database.run("UPDATE qc_head SET number = number + 5")


def append_by_another_program(database: EventsDatabase) -> None:
    database.run(
        "INSERT INTO qc_log (epoch, number, mark, bytes, body)"
        " SELECT epoch, number + 3, 'other', 0, 'text of another program' FROM qc_head"
    )


def crash(database: EventsDatabase) -> None:
    database.server.stop(signal.SIGQUIT)
    database.server.start()


@pytest.mark.parametrize(
    "lose",
    [
        empty,
        empty_the_head,
        drop,
        set_the_head_back,
        set_the_head_forth,
        append_by_another_program,
        crash,
    ],
)
async def test_what_is_lost_is_told_to_every_node_and_all_go_on(
    database: EventsDatabase, lose: Callable[[EventsDatabase], None]
) -> None:
    async with under_load(database) as nodes:
        epochs = {event.epoch for node in nodes.nodes for event in node.events}
        await asyncio.to_thread(lose, database)
        await until(lambda: all(node.gaps for node in nodes.nodes))
        await nodes.more()
        assert all(node.events[-1].epoch not in epochs for node in nodes.nodes)


async def test_a_database_that_is_put_back_is_told(database: EventsDatabase) -> None:
    async with under_load(database) as nodes:
        copy = await asyncio.to_thread(database.server.save)
        await nodes.more()
        await asyncio.to_thread(database.server.put_back, copy)
        await until(lambda: all(node.gaps for node in nodes.nodes))
        await nodes.more()


async def test_batches_that_are_deleted_take_nothing_from_readers_at_the_end(
    database: EventsDatabase,
) -> None:
    async with under_load(database) as nodes:
        await asyncio.to_thread(database.run, "TRUNCATE qc_log")
        await nodes.more()


@pytest.mark.parametrize("lose", [empty, drop, empty_the_head])
async def test_an_emptied_log_is_seen_although_no_node_publishes(
    database: EventsDatabase, lose: Callable[[EventsDatabase], None]
) -> None:
    async with running(PostgresStorage(database)) as nodes:
        await nodes.settle()
        await asyncio.to_thread(lose, database)
        await until(lambda: all(node.gaps for node in nodes.nodes))


# What loses nothing


async def test_connections_that_are_cut_lose_nothing(database: EventsDatabase) -> None:
    async with under_load(database) as nodes:
        for _ in range(10):
            await asyncio.to_thread(database.cut)
            await nodes.more()
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_a_frozen_server_is_said_and_loses_nothing(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postgres_module, "_TIMEOUT", 1.0)
    async with under_load(database) as nodes:
        await asyncio.to_thread(database.server.signal_all, signal.SIGSTOP)
        try:
            await until(lambda: "can't be read" in caplog.text and "can't be sent" in caplog.text)
            assert "no answer in time" in caplog.text
        finally:
            await asyncio.to_thread(database.server.signal_all, signal.SIGCONT)
        await nodes.more()
        assert "are read again" in caplog.text
        assert "are sent to other processes again" in caplog.text
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_a_restart_that_keeps_all_is_no_gap(database: EventsDatabase) -> None:
    async with running(PostgresStorage(database)) as nodes:
        await nodes.settle()
        await asyncio.to_thread(database.server.stop)
        await asyncio.to_thread(database.server.start)
        await nodes.settle()
        check(nodes.nodes)
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_waiting_in_vain_is_no_fault(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postgres_module, "_IDLE", 0.001)
    reads = 0
    read = tables.read

    def counted(*arguments: object, **named: object) -> object:
        nonlocal reads
        reads += 1
        return read(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(tables, "read", counted)
    async with running(PostgresStorage(database)) as nodes:
        await until(lambda: reads > 30)
        await nodes.settle()
        check(nodes.nodes)
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]
        assert caplog.records == []


async def test_batches_of_every_size_arrive(database: EventsDatabase) -> None:
    async with running(PostgresStorage(database)) as nodes:
        for size in (0, 1, tables.CARRIED - 100, tables.CARRIED, 8_000, 300_000):
            for node in nodes.nodes:
                node.publish("x" * size)
            await nodes.settle()
        check(nodes.nodes)
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_a_node_that_has_much_to_read_at_its_start_reads_it_once(
    database: EventsDatabase,
) -> None:
    log = PostgreSQLLog(database.url)
    await anext(log.tail(None))
    for _ in range(3 * tables.AT_ONCE + 1):
        await log._send(partial(tables.append, body=b""))
    numbers: list[int] = []
    reader = PostgreSQLLog(database.url)
    batches = reader.tail(None)
    assert (await anext(batches))[1] is None
    async for place, body in batches:
        if body is not None:
            numbers.append(place.number)
            await log._send(partial(tables.append, body=b"x"))
        if len(numbers) == 500:
            break
    await batches.aclose()
    assert numbers == list(range(1, 501))
    await reader.close()
    await log.close()


async def test_a_notification_of_another_program_is_nothing(database: EventsDatabase) -> None:
    async with under_load(database) as nodes:
        (channel,) = database.run("SELECT 'qc_log_' || CAST(CAST('qc_log' AS regclass) AS OID)")[0]
        for payload in ("", "hello", "a b c d e", "1 2 3 x"):
            database.run(f"NOTIFY {channel}, '{payload}'")
        await nodes.more()
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


# What the log takes


async def test_the_log_keeps_a_bounded_number_of_bytes(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "KEPT_BYTES", 100_000)
    monkeypatch.setattr(tables, "_TRIM", 16)
    async with running(PostgresStorage(database), 1) as nodes:
        (node,) = nodes.nodes
        for _ in range(200):
            node.publish("x" * 1000)
            await node.broker.flush()
        (size,) = database.run("SELECT sum(octet_length(body)) FROM qc_log")[0]
        assert 50_000 < size < 150_000


async def test_a_node_appends_no_more_than_200_times_a_second(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    monkeypatch.setattr(postgres_module, "_GATHER", 100.0)
    log = PostgreSQLLog(database.url)
    await anext(log.tail(None))
    await log.append(b"one")
    assert 0 < pauses[-1] <= 100.0
    await log.close()


async def test_a_node_has_one_connection_that_listens_and_one_that_appends(
    database: EventsDatabase,
) -> None:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    async with under_load(database, 2) as nodes:
        await nodes.more()
        assert database.server.run(sql, "postgres", database.name) == [(2 * 2,)]


async def test_logs_in_schemas_of_one_database_are_apart(database: EventsDatabase) -> None:
    database.run("CREATE SCHEMA other")
    nodes = [
        Node(0, LogBroker(PostgreSQLLog(database.url))),
        Node(1, LogBroker(PostgreSQLLog(f"{database.url}?options=-csearch_path%3Dother"))),
    ]
    for node in nodes:
        await node.broker.open()
        node.publish("a")
    await until(lambda: all(node.events for node in nodes))
    for node in nodes:
        await node.broker.close()
        assert [event.data for event in node.events] == node.published


# Addresses


async def refusal(url: str) -> str:
    """Why a broker can't be opened at an address."""
    broker = LogBroker(PostgreSQLLog(url))
    broker.bind(lambda _: None, lambda: None)
    with pytest.raises(BrokerUnavailable) as error:
        await broker.open()
    assert "geheim" not in str(error.value)
    return str(error.value)


@pytest.fixture(scope="module")
def locked(server: PostgresServer) -> str:
    server.run(f"CREATE ROLE {LOCKED} LOGIN PASSWORD 'right'")
    return LOCKED


async def test_an_address_that_can_not_be_used_is_said(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch, locked: str
) -> None:
    """Each for as long as any server is waited for, so all at the same time."""
    monkeypatch.setattr(log_module, "_OPEN", 1.5)
    port = f":{database.server.port}"

    def url(user: str, before: str = "", after: str = "") -> str:
        address = database.server.address(database.name, user) + "?application_name=test"
        assert before in address
        return address.replace(before, after)

    reasons = {
        url(f"{locked}:geheim"): "password authentication failed",
        url(locked): "no password supplied",
        url("stranger:geheim"): 'role "stranger" does not exist',
        url("chat:geheim", "/test", "/nowhere"): '"nowhere_',
        url("chat:geheim", port, ":1"): "127.0.0.1",
        url("chat:geheim", "127.0.0.1", "a..b"): "a..b",
        url("chat:geheim", "?", "?sslmode=require&"): "SSL",
        url(f"{locked}:right"): "permission denied for schema public",
    }
    said = await asyncio.gather(*map(refusal, reasons))
    for (address, reason), why in zip(reasons.items(), said, strict=True):
        assert reason in why, address


async def test_a_schema_that_is_not_there_is_said(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 1.5)
    url = f"{database.url}?options=-csearch_path%3Dnowhere"
    assert "no schema has been selected" in await refusal(url)


async def test_tables_of_another_program_are_said(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 1.5)
    database.run("CREATE TABLE qc_head (a INTEGER); CREATE TABLE qc_log (a INTEGER)")
    assert 'column "epoch" does not exist' in await refusal(database.url)


async def test_a_server_that_only_reads_is_said(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 1.5)
    with database.server.standby():
        assert "read-only" in await refusal(database.url)
    async with running(PostgresStorage(database)) as nodes:
        await nodes.settle()


async def test_a_pooler_that_brings_no_notifications_is_said(
    database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_module, "_TIMEOUT", 1.0)
    with Pooler(database.server) as pooler:
        said = await refusal(pooler.address(database.name))
    assert "not to a pooler in the mode 'transaction'" in said


async def test_what_is_no_postgresql_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 1.5)

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    other = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    async with other:
        url = f"postgresql://chat:geheim@127.0.0.1:{port}/chat"
        assert f"postgresql://127.0.0.1:{port}/chat" in await refusal(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://host/chat?tls=1", 'invalid URI query parameter: "tls"'),
        ("postgresql://host:port/chat", "its port is not a number from 1 to 65535"),
        ("postgresql://host:99999/chat", "its port is not a number from 1 to 65535"),
        ("postgresql://chat:ge%zzheim@host/chat", "encode special characters"),
        ("postgresql://chat:geheim@[host/chat", "encode special characters"),
    ],
)
def test_an_address_that_is_none_is_said_before_anything_is_begun(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        PostgreSQLLog(url)
    assert "heim" not in str(error.value)
