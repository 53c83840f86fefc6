"""The engines that the contract is tried on; a new one is added to a list."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from quart_chat.events import Broker, InProcessBroker
from quart_chat.events.brokers.log import LogBroker
from tests.events.brokers.faults import (
    BusStorage,
    PostgresStorage,
    RabbitMQStorage,
    RedisStorage,
    Storage,
)
from tests.events.brokers.shared import SharedBroker, SharedLog
from tests.services.postgres import EventsDatabase
from tests.services.rabbitmq import RabbitMQServer
from tests.services.redis import RedisServer

MakeBroker = Callable[[], Broker]


@dataclass(frozen=True)
class LogEngine:
    """A log that processes share.

    Attributes:
        service: The fixture of the server that it needs.
        start: Hands out its storage, which is empty; a server is its argument.
        module: Where its limits are, in ``quart_chat.events.brokers``.
        restores: Whether tests may copy it, put the copy back and shorten it while it is in use.
    """

    name: str
    start: Callable[..., AbstractAsyncContextManager[Storage]]
    service: str | None = None
    restores: bool = True
    module: str = ""


@asynccontextmanager
async def start_bus() -> AsyncGenerator[Storage, None]:
    with TemporaryDirectory() as folder:
        yield BusStorage(Path(folder))


@asynccontextmanager
async def start_redis(server: RedisServer) -> AsyncGenerator[Storage, None]:
    yield RedisStorage(server.url, server.admin)


@asynccontextmanager
async def start_postgres(database: EventsDatabase) -> AsyncGenerator[Storage, None]:
    yield PostgresStorage(database)


@asynccontextmanager
async def start_rabbitmq(server: RabbitMQServer) -> AsyncGenerator[Storage, None]:
    storage = RabbitMQStorage(server)
    await storage.empty()
    yield storage


LOGS = [
    LogEngine("bus", start_bus, module="bus"),
    LogEngine("redis", start_redis, "redis_server", module="redis"),
    LogEngine("postgres", start_postgres, "postgres_events", module="postgres.tables"),
    LogEngine("rabbitmq", start_rabbitmq, "rabbitmq_server", restores=False),
]


def on_engines(*engines: LogEngine | Engine) -> pytest.MarkDecorator:
    """Try a test on each of some engines; RabbitMQ has a mark, since it takes long to start."""
    return pytest.mark.parametrize(
        "engine",
        [
            pytest.param(
                engine,
                id=engine.name,
                marks=[pytest.mark.rabbitmq] if engine.name == "rabbitmq" else [],
            )
            for engine in engines
        ],
        indirect=True,
    )


@dataclass(frozen=True)
class Engine:
    """A way to carry events.

    Attributes:
        start: Starts what it needs, with an empty log, and hands out what makes a broker on that
            log: another node with each call. A server is its argument.
        nodes: How many brokers may share a log.
        service: The fixture of the server that it needs.
    """

    name: str
    start: Callable[..., AbstractAsyncContextManager[MakeBroker]]
    nodes: int
    service: str | None = None


@asynccontextmanager
async def start_in_process() -> AsyncGenerator[MakeBroker, None]:
    yield InProcessBroker


@asynccontextmanager
async def start_shared() -> AsyncGenerator[MakeBroker, None]:
    log = SharedLog()
    yield lambda: SharedBroker(log)


def on_log(engine: LogEngine) -> Engine:
    @asynccontextmanager
    async def start(*server: Any) -> AsyncGenerator[MakeBroker, None]:
        async with engine.start(*server) as storage:
            yield lambda: LogBroker(storage.open_log())

    return Engine(engine.name, start, nodes=3, service=engine.service)


ENGINES = [
    Engine("in process", start_in_process, nodes=1),
    Engine("a log in memory", start_shared, nodes=3),
    *map(on_log, LOGS),
]
