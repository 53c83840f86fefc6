"""Two whole nodes whose chats and events are in one PostgreSQL, to which something happens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator

import orjson
import pytest

from tests.chaos.client import following
from tests.cluster.nodes import Client, asked
from tests.cluster.test_nodes import LONG, check_all, stop
from tests.server import Server
from tests.services.postgres import EventsDatabase, PostgresServer, find_binaries
from tests.waiting import until


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL that the tests may stop and start."""
    found = find_binaries()
    with PostgresServer(found or pytest.skip("Needs PostgreSQL: 'apt install postgresql'")) as one:
        yield one


@pytest.fixture
def database(postgresql: PostgresServer) -> EventsDatabase:
    """A database for this test."""
    return EventsDatabase(postgresql)


@pytest.fixture
def nodes(database: EventsDatabase, start_server: Callable[..., Server]) -> tuple[Server, Server]:
    """Two nodes, each in a folder of its own."""
    env = {
        "QUART_CHAT_DATABASE": database.url,
        "QUART_CHAT_BROKER": database.url,
        "QUART_CHAT_NODE_LEASE": "8",  # longer than PostgreSQL takes to start again
    }
    return start_server(env=env), start_server(env=env)


class PatientClient(Client):
    """Goes on while the store is away, as the pages do, which say so."""

    waits_for_the_store = True

    def take(self, data: str, last_event_id: str) -> None:
        if orjson.loads(data)["type"] != "status":
            super().take(data, last_event_id)


def empty(database: EventsDatabase) -> None:
    database.run("TRUNCATE qc_head, qc_log")


def drop(database: EventsDatabase) -> None:
    database.empty()


def cut(database: EventsDatabase) -> None:
    database.cut()


def crash(database: EventsDatabase) -> None:
    database.server.stop(signal.SIGQUIT)
    database.server.start()


@pytest.mark.parametrize("happen", [empty, drop, cut, crash])
async def test_every_tab_goes_on_and_has_all_in_the_end(
    database: EventsDatabase,
    nodes: tuple[Server, Server],
    happen: Callable[[EventsDatabase], None],
) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        clients = [PatientClient(chat, here), PatientClient(chat, there)]
        async with following(*clients):
            await asyncio.gather(*(client.written(1, 200) for client in clients))
            await asyncio.to_thread(happen, database)
            await asyncio.gather(*(client.written(1, 800) for client in clients))
            assert await stop(there, chat) == "stopped"
    assert await check_all(nodes, chat, *clients) == ["stopped"]


async def test_while_it_is_away_the_answer_goes_on_and_all_is_told_later(
    database: EventsDatabase, nodes: tuple[Server, Server]
) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        client = PatientClient(chat, there)
        async with following(client):
            await client.written(1, 100)
            await asyncio.to_thread(database.server.stop)
            await until(lambda: all(_says(node, "can't be read") for node in nodes))
            await asyncio.to_thread(database.server.start)
            await client.written(1, 800)
            assert await stop(there, chat) == "stopped"
    assert await check_all(nodes, chat, client) == ["stopped"]
    assert all(_says(node, "are read again") for node in nodes)


def _says(node: Server, text: str) -> bool:
    return any(text in line for line in node.output)
