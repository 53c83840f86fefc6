"""What a RabbitMQ does to the log on it: each fault is told, and the nodes go on by themselves."""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from aio_pika import Connection

from quart_chat.events import BrokerUnavailable
from quart_chat.events.brokers import log as log_module
from quart_chat.events.brokers import rabbitmq as rabbitmq_module
from quart_chat.events.brokers.log import LogBroker
from quart_chat.events.brokers.rabbitmq import RabbitMQLog
from tests.events.brokers.cluster import publishing, running
from tests.events.brokers.contract import Node, check
from tests.events.brokers.faults import RabbitMQStorage
from tests.services.rabbitmq import TLS, RabbitMQServer
from tests.waiting import until

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(log_module, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(rabbitmq_module, "_IDLE", 0.2)


@pytest.fixture
def server(rabbitmq_server: RabbitMQServer) -> Iterator[RabbitMQServer]:
    """The RabbitMQ of all tests, with an empty log."""
    rabbitmq_server.empty()
    yield rabbitmq_server
    rabbitmq_server.thaw()


async def test_a_queue_that_is_deleted_under_load_is_told(server: RabbitMQServer) -> None:
    async with publishing(RabbitMQStorage(server)) as nodes:
        for count in (1, 2, 3):
            await asyncio.to_thread(server.empty)
            await until(lambda: all(n.gaps >= count for n in nodes.nodes))  # noqa: B023
            await nodes.more()


async def test_a_queue_that_is_deleted_is_seen_although_no_node_publishes(
    server: RabbitMQServer,
) -> None:
    async with running(RabbitMQStorage(server)) as nodes:
        await nodes.settle()
        await asyncio.to_thread(server.empty)
        await until(lambda: all(node.gaps for node in nodes.nodes))


async def test_a_frozen_server_is_said_and_loses_nothing(
    server: RabbitMQServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rabbitmq_module, "_TIMEOUT", 1.0)
    async with publishing(RabbitMQStorage(server)) as nodes:
        server.freeze()
        await until(lambda: "can't be read" in caplog.text and "can't be sent" in caplog.text)
        assert "no answer in time" in caplog.text
        server.thaw()
        await nodes.more()
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_a_server_without_memory_is_said_and_loses_nothing(
    server: RabbitMQServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with publishing(RabbitMQStorage(server)) as nodes:
        await asyncio.to_thread(server.control, "set_vm_memory_high_watermark", "0.00001")
        await until(lambda: "can't be sent" in caplog.text)
        await asyncio.to_thread(server.control, "set_vm_memory_high_watermark", "0.4")
        await nodes.more()
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]


async def test_waiting_in_vain_is_no_fault(
    server: RabbitMQServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rabbitmq_module, "_IDLE", 0.001)
    marks = 0
    publish = rabbitmq_module._publish

    async def counted(*arguments: object) -> None:
        nonlocal marks
        marks += 1
        await publish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rabbitmq_module, "_publish", counted)
    async with running(RabbitMQStorage(server)) as nodes:
        await until(lambda: marks > 30)
        await nodes.settle()
        check(nodes.nodes)
        assert [node.gaps for node in nodes.nodes] == [0, 0, 0]
        assert caplog.records == []


def connections() -> set[Connection]:
    """All that have not been collected."""
    return {each for each in gc.get_objects() if type(each) is Connection}


async def refusal(url: str) -> str:
    """Why a broker can't be opened at an address."""
    others = connections()
    broker = LogBroker(RabbitMQLog(url))
    broker.bind(lambda _: None, lambda: None)
    with pytest.raises(BrokerUnavailable) as error:
        await broker.open()
    assert "geheim" not in str(error.value)
    # aio-pika would close one as it is collected, on whichever loop runs then.
    assert all(connection.is_closed for connection in connections() - others)
    return str(error.value)


async def test_tls(server: RabbitMQServer) -> None:
    nodes = [
        Node(name, LogBroker(RabbitMQLog(f"{server.tls_url}?cafile={TLS}/certificate.pem")))
        for name in range(2)
    ]
    for node in nodes:
        await node.broker.open()
    nodes[0].publish("a")
    await until(lambda: all(node.events for node in nodes))
    for node in nodes:
        await node.broker.close()
    assert "certificate verify failed" in await refusal(server.tls_url)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("guest:guest@", "guest:geheim@"), "ACCESS_REFUSED"),
        (("guest:guest@", "someone:geheim@"), "ACCESS_REFUSED"),
        (("{port}", "1"), "127.0.0.1"),
        (("{port}/", "{port}/nowhere"), "/nowhere"),
        (("amqp:", "amqps:"), "SSL"),
    ],
)
async def test_an_address_that_can_not_be_used_is_said(
    server: RabbitMQServer, change: tuple[str, str], reason: str
) -> None:
    before, after = (text.format(port=server.port) for text in change)
    assert before in server.url
    assert reason in await refusal(server.url.replace(before, after))


@pytest.mark.parametrize("url", ["amqp://", "amqp://a..b", "amqp://host:0", "amqp://host:port"])
def test_an_address_that_is_none_is_said_before_anything_is_begun(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|Port"):
        RabbitMQLog(url)


@pytest.mark.long
async def test_a_server_that_restarts_loses_nothing_and_with_an_older_copy_that_is_told(
    tmp_path: Path,
) -> None:
    with RabbitMQServer(tmp_path) as server:
        copy = tmp_path / "copy"
        async with running(RabbitMQStorage(server)) as nodes:
            await nodes.settle()
            await asyncio.to_thread(server.stop)
            shutil.copytree(server.data, copy)
            await asyncio.to_thread(server.start)
            await nodes.settle()
            check(nodes.nodes)
            assert [node.gaps for node in nodes.nodes] == [0, 0, 0]
            await asyncio.to_thread(server.kill)
            shutil.rmtree(server.data)
            shutil.copytree(copy, server.data)
            await asyncio.to_thread(server.start)
            await until(lambda: all(node.gaps for node in nodes.nodes), 60)
            await nodes.settle()
            nodes.check()
