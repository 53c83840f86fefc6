"""Two whole nodes, and a Redis between them to which something happens in mid-answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.client import following
from tests.cluster.conftest import StartNode
from tests.cluster.nodes import Client, asked
from tests.cluster.test_nodes import LONG, check_all, stop
from tests.server import Server
from tests.services.redis import RedisServer
from tests.waiting import until


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may stop and start."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with RedisServer(folder) as server:
        yield server


@pytest.fixture
def broker(redis: RedisServer) -> str:
    return redis.url


@pytest.fixture
def nodes(start_node: StartNode) -> tuple[Server, Server]:
    return start_node(), start_node()


def empty(redis: RedisServer, _: Path) -> None:
    redis.empty()


def restart_without_anything(redis: RedisServer, _: Path) -> None:
    redis.restart()


def restart_with_an_older_copy(redis: RedisServer, copy: Path) -> None:
    redis.restart(copy)


def cut(redis: RedisServer, _: Path) -> None:
    redis.admin.client_kill_filter(_type="normal", skipme=True)


@pytest.mark.parametrize(
    "happen", [empty, restart_without_anything, restart_with_an_older_copy, cut]
)
async def test_every_tab_goes_on_and_has_all_in_the_end(
    redis: RedisServer,
    nodes: tuple[Server, Server],
    happen: Callable[[RedisServer, Path], None],
) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        clients = [Client(chat, here), Client(chat, there)]
        async with following(*clients):
            await asyncio.gather(*(client.written(1, 100) for client in clients))
            copy = redis.save()
            await asyncio.gather(*(client.written(1, 200) for client in clients))
            await asyncio.to_thread(happen, redis, copy)
            await asyncio.gather(*(client.written(1, 800) for client in clients))
            assert await stop(there, chat) == "stopped"
    assert await check_all(nodes, chat, *clients) == ["stopped"]


async def test_while_redis_is_away_a_round_is_stopped_and_all_is_told_later(
    redis: RedisServer, nodes: tuple[Server, Server]
) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        client = Client(chat, there)
        async with following(client):
            await client.written(1, 100)
            redis.kill()
            await until(lambda: all(_says(node, "can't be read") for node in nodes))
            assert await stop(there, chat) == "stopped"
            await asyncio.to_thread(redis.start)
            await until(lambda: client.ends)
    assert await check_all(nodes, chat, client) == ["stopped"]
    assert all(_says(node, "are read again") for node in nodes)


def _says(node: Server, text: str) -> bool:
    return any(text in line for line in node.output)
