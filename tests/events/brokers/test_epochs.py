"""A log that is emptied, or put back by two seconds, under load: no reader is silently short."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path

import pytest

from tests.conftest import FIGURES
from tests.events.brokers.cluster import Cluster, publishing
from tests.events.brokers.engines import LogEngine, on_engines, start_bus
from tests.events.brokers.faults import PostgresStorage, RedisStorage, Storage
from tests.services.postgres import EventsDatabase, PostgresServer, find_binaries
from tests.services.redis import RedisServer
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

TIMES = 20
AGE = 2.0
"""Seconds that a copy is old when it is put back."""


class RestartedRedis(RedisStorage):
    """A Redis that loses what it holds by a restart, half of the time, as most do in earnest."""

    def __init__(self, server: RedisServer) -> None:
        super().__init__(server.url, server.admin)
        self._server = server
        self._saved: Path | None = None
        self._ways: cycle[Callable[[], None]] = cycle([server.empty, server.restart])

    async def copy(self) -> None:
        self._saved = await asyncio.to_thread(self._server.save)

    async def roll_back(self) -> None:
        await asyncio.to_thread(self._server.restart, self._saved)

    async def empty(self) -> None:
        await asyncio.to_thread(next(self._ways))


@asynccontextmanager
async def start_redis(server: RedisServer) -> AsyncGenerator[Storage, None]:
    yield RestartedRedis(server)


class RestartedPostgres(PostgresStorage):
    """A PostgreSQL that crashes, or whose files are put back, half of the time."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(EventsDatabase(server))
        self._server = server
        self._saved: Path | None = None
        self._by_file = cycle([True, False])
        self._empties = cycle([super().empty, self._crash])

    async def _crash(self) -> None:
        await asyncio.to_thread(self._server.stop, signal.SIGQUIT)
        await asyncio.to_thread(self._server.start)

    async def copy(self) -> None:
        self._saved = None
        if next(self._by_file):
            self._saved = await asyncio.to_thread(self._server.save)
        else:
            await super().copy()

    async def roll_back(self) -> None:
        if self._saved is not None:
            await asyncio.to_thread(self._server.put_back, self._saved)
        else:
            await super().roll_back()

    async def empty(self) -> None:
        await next(self._empties)()


@asynccontextmanager
async def start_postgres(_: EventsDatabase) -> AsyncGenerator[Storage, None]:
    binaries = find_binaries()
    assert binaries is not None
    with PostgresServer(binaries) as server:
        yield RestartedPostgres(server)


on_every_log = on_engines(
    LogEngine("bus", start_bus),
    LogEngine("redis", start_redis, "redis_server"),
    LogEngine("postgres", start_postgres, "postgres_events"),
)


async def empty(nodes: Cluster) -> None:
    await nodes.storage.empty()


async def put_back(nodes: Cluster) -> None:
    await nodes.storage.copy()
    # The load goes on meanwhile: what is lost is what was published in that time.
    await asyncio.sleep(AGE)
    await nodes.roll_back()


@on_every_log
@pytest.mark.parametrize("happen", [empty, put_back])
async def test_no_reader_is_silently_short(
    engine: LogEngine,
    happen: Callable[[Cluster], object],
    record_property: Callable[[str, object], None],
) -> None:
    async with engine.start() as storage, publishing(storage) as nodes:
        for _ in range(TIMES):
            before = [node.gaps for node in nodes.nodes]
            await happen(nodes)  # type: ignore[misc]
            await until(lambda: all(n.gaps > g for n, g in zip(nodes.nodes, before, strict=True)))  # noqa: B023
            await nodes.more()
    published = sum(len(node.published) for node in nodes.nodes)
    told = [(published - len(node.events), node.gaps) for node in nodes.nodes]
    record_property(
        FIGURES,
        f"{TIMES} times, {published} events, {count_epochs(nodes)} epochs; of each node, events"
        f" lost and gaps told: {told}; lost or doubled untold: 0",
    )


def count_epochs(nodes: Cluster) -> int:
    return len(Counter(event.epoch for node in nodes.nodes for event in node.events))
