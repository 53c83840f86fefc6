"""What a Redis does to the log on it: each fault is told, and the nodes go on by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from quart_chat.events import BrokerUnavailable
from quart_chat.events.brokers import log as log_module
from quart_chat.events.brokers import redis as redis_module
from quart_chat.events.brokers.log import LogBroker
from quart_chat.events.brokers.protocol import LogUnavailable
from quart_chat.events.brokers.redis import HEAD, STREAM, RedisLog
from tests.events.brokers.cluster import Cluster, publishing, running
from tests.events.brokers.contract import Node, check
from tests.events.brokers.faults import RedisStorage
from tests.server import ROOT
from tests.services.redis import RedisServer
from tests.waiting import until

TLS = ROOT / "tests/assistants/openai/tls"
"""A certificate for 127.0.0.1 and its key, good for tests alone."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may stop and start."""
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(log_module, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(redis_module, "_IDLE", 0.05)
    monkeypatch.setattr(redis_module, "_TIMEOUT", 1.0)


def under_load(server: RedisServer, count: int = 3) -> AbstractAsyncContextManager[Cluster]:
    return publishing(RedisStorage(server.url, server.admin), count)


# What loses a part of the log, or all of it


async def empty(server: RedisServer, _: Path) -> None:
    server.admin.flushall()


async def restart_without_anything(server: RedisServer, _: Path) -> None:
    await asyncio.to_thread(server.restart)


async def restart_with_an_older_copy(server: RedisServer, copy: Path) -> None:
    await asyncio.to_thread(server.restart, copy)


async def evict_the_head(server: RedisServer, _: Path) -> None:
    server.admin.delete(HEAD)


async def append_by_another_program(server: RedisServer, _: Path) -> None:
    server.admin.xadd(STREAM, {"text": "of another program"})


@pytest.mark.parametrize(
    "lose",
    [
        empty,
        restart_without_anything,
        restart_with_an_older_copy,
        evict_the_head,
        append_by_another_program,
    ],
)
async def test_what_is_lost_is_told_to_every_node_and_all_go_on(
    server: RedisServer, lose: Callable[[RedisServer, Path], object]
) -> None:
    async with under_load(server) as nodes:
        copy = server.save()
        await nodes.more()
        epochs = {event.epoch for node in nodes.nodes for event in node.events}
        await lose(server, copy)  # type: ignore[misc]
        await until(lambda: all(node.gaps for node in nodes.nodes))
        await nodes.more()
        assert all(node.events[-1].epoch not in epochs for node in nodes.nodes)


async def test_a_stream_that_is_evicted_takes_nothing_from_readers_at_its_end(
    server: RedisServer,
) -> None:
    async with under_load(server) as nodes:
        server.admin.delete(STREAM)
        await nodes.more()


async def test_an_emptied_log_is_seen_although_no_node_publishes(server: RedisServer) -> None:
    async with running(RedisStorage(server.url, server.admin)) as nodes:
        await nodes.settle()
        server.admin.flushall()
        await until(lambda: all(node.gaps for node in nodes.nodes))


# What loses nothing


async def test_connections_that_are_cut_lose_nothing(server: RedisServer) -> None:
    async with under_load(server) as nodes:
        for _ in range(10):
            server.admin.client_kill_filter(_type="normal", skipme=True)
            await nodes.more()
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_a_frozen_server_is_said_and_loses_nothing(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with under_load(server) as nodes:
        server.freeze()
        await until(lambda: "can't be read" in caplog.text and "can't be sent" in caplog.text)
        assert "no answer in time" in caplog.text
        server.thaw()
        await nodes.more()
        assert "are read again" in caplog.text
        assert "are sent to other processes again" in caplog.text
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_a_restart_that_keeps_all_is_no_gap(server: RedisServer) -> None:
    async with running(RedisStorage(server.url, server.admin)) as nodes:
        await nodes.settle()
        await asyncio.to_thread(server.restart, server.save())
        await nodes.settle()
        check(nodes.nodes)
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_waiting_in_vain_is_no_fault(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert redis_module._IDLE < redis_module._TIMEOUT
    async with running(RedisStorage(server.url, server.admin)) as nodes:

        def reads() -> int:
            return int(server.admin.info("commandstats")["cmdstat_xread"]["calls"])

        before = reads()
        await until(lambda: reads() > before + 20)
        await nodes.settle()
        check(nodes.nodes)
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]
        assert caplog.records == []


# A server without memory


async def test_memory_that_others_fill_is_said_and_loses_nothing(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with under_load(server) as nodes:
        server.admin.set("other", b"x" * 10_000_000)
        server.admin.config_set("maxmemory", "5mb")
        await until(lambda: "command not allowed when used memory > 'maxmemory'" in caplog.text)
        server.admin.delete("other")
        await nodes.more()
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_no_room_is_made_where_there_is_some_again(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others append as soon as there is room is not dropped by one that was refused."""
    refused, other = RedisLog(server.url), RedisLog(server.url)
    await other.append(b"first")
    server.admin.set("other", b"x" * 10_000_000)
    server.admin.config_set("maxmemory", "8mb")
    run = RedisLog._run

    async def run_late(log: RedisLog, script: str, *values: str | bytes | int) -> Any:
        if log is refused and script == redis_module._MAKE_ROOM:
            server.admin.delete("other")
            await until(lambda: server.admin.info("memory")["used_memory"] < 5_000_000)
            await other.append(b"second")
        return await run(log, script, *values)

    monkeypatch.setattr(RedisLog, "_run", run_late)
    with pytest.raises(LogUnavailable):
        await refused.append(b"refused")
    assert server.admin.xlen(STREAM) == 2
    for log in (refused, other):
        await log.close()


async def test_a_log_that_fills_the_memory_makes_room_for_itself(server: RedisServer) -> None:
    async with under_load(server) as nodes:
        used = server.admin.info("memory")["used_memory"]
        server.admin.config_set("maxmemory", used + 3_000_000)
        for _ in range(20):
            for node in nodes.nodes:
                node.publish("x" * 200_000)
            await nodes.more()


async def test_the_log_takes_a_bounded_amount_of_memory(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_module, "KEPT_BYTES", 100_000)
    async with running(RedisStorage(server.url, server.admin), 1) as nodes:
        (node,) = nodes.nodes
        for _ in range(600):
            node.publish("x" * 1000)
            await node.broker.flush()
        assert (server.admin.memory_usage(STREAM, samples=0) or 0) < 400_000


# Addresses


async def works(url: str) -> bool:
    nodes = [Node(name, LogBroker(RedisLog(url))) for name in range(2)]
    for node in nodes:
        await node.broker.open()
    nodes[0].publish("a")
    await until(lambda: all(node.events for node in nodes))
    for node in nodes:
        await node.broker.close()
    return True


async def test_users_and_passwords_sockets_and_databases(server: RedisServer) -> None:
    server.admin.config_set("requirepass", "p@ss:word")
    # The handbook names these.
    categories = ["+@read", "+@write", "+@scripting", "+@connection"]
    server.admin.acl_setuser(
        "chat",
        enabled=True,
        passwords=["+secret"],
        categories=categories,
        commands=["+time"],
        keys=["qc:*"],
    )
    address = f"127.0.0.1:{server.port}"
    assert await works(f"redis://:p%40ss%3Aword@{address}")
    assert await works(f"redis://chat:secret@{address}/3")
    assert server.admin.exists(HEAD) == 1
    server.admin.select(3)
    assert server.admin.exists(HEAD) == 1


async def test_a_socket_of_the_file_system(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with RedisServer(tmp_path, "--unixsocket", str(path)):
        assert await works(f"unix://{path}?db=1")


async def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 3.0)
    certificate = TLS / "certificate.pem"
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(TLS / "key.pem"))
    with RedisServer(tmp_path, *files, "--tls-auth-clients", "no") as server:
        url = f"rediss://127.0.0.1:{server.open_tls()}"
        assert await works(f"{url}?ssl_ca_certs={certificate}")
        assert "certificate verify failed" in await refusal(url)


async def refusal(url: str) -> str:
    """Why a broker can't be opened at an address."""
    broker = LogBroker(RedisLog(url))
    broker.bind(lambda _: None, lambda: None)
    with pytest.raises(BrokerUnavailable) as error:
        await broker.open()
    assert "geheim" not in str(error.value)
    return str(error.value)


async def test_an_address_that_can_not_be_used_is_said(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each for as long as any server is waited for, so all at the same time."""
    server.admin.config_set("requirepass", "right")
    monkeypatch.setattr(log_module, "_OPEN", 3.0)
    reasons = {
        f"redis://:geheim@127.0.0.1:{server.port}": "invalid username-password pair",
        f"redis://chat:geheim@127.0.0.1:{server.port}": "invalid username-password pair",
        f"redis://127.0.0.1:{server.port}": "Authentication required",
        f"redis://:right@127.0.0.1:{server.port}/99": "DB index is out of range",
        "redis://:geheim@127.0.0.1:1": "127.0.0.1:1",
        "redis://:geheim@a..b": "label empty or too long",
        "unix:///nowhere/redis.sock?password=geheim": "No such file or directory",
        f"rediss://:geheim@127.0.0.1:{server.port}": "127.0.0.1",
    }
    said = await asyncio.gather(*map(refusal, reasons))
    for (address, reason), why in zip(reasons.items(), said, strict=True):
        assert reason in why, address


async def test_what_is_no_redis_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 3.0)

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    other = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    async with other:
        assert f"redis://127.0.0.1:{port}" in await refusal(f"redis://127.0.0.1:{port}")


async def test_a_server_that_can_not_be_used_is_said(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "_OPEN", 3.0)
    server.admin.set(STREAM, "of another program")
    assert "wrong kind of value" in await refusal(server.url)
    server.admin.flushall()
    server.admin.replicaof("127.0.0.1", 1)
    assert "read only replica" in await refusal(server.url)
    server.freeze()
    assert "no answer in time" in await refusal(server.url)
    server.thaw()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://host/first", "'first' is not the number of a database"),
        ("redis://host?tls=1", "'tls' is not an option of redis-py"),
        ("redis://host:port", "Port could not be cast"),
    ],
)
def test_an_address_that_is_none_is_said_before_anything_is_begun(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RedisLog(url)


async def test_a_node_has_one_connection_that_waits_and_one_that_does_not(
    server: RedisServer,
) -> None:
    async with under_load(server, 2) as nodes:
        await nodes.more()
        assert len(server.admin.client_list()) <= 1 + 2 * 2
