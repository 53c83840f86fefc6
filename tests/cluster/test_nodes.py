"""Two processes on one folder: any tab on any of them, and nothing lost when one dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.chaos.client import following, plain_client
from tests.chaos.test_cuts import check, wait_for
from tests.cluster.conftest import StartNode, on_every_broker
from tests.cluster.nodes import (
    Client,
    Place,
    asked,
    freeze,
    query,
    rounds_of,
    settled,
    thaw,
)
from tests.server import Server
from tests.waiting import until

pytestmark = on_every_broker

Nodes = tuple[Server, Server]
LONG = "count 2000 5ms"


@asynccontextmanager
async def asked_and_read(
    here: Server, there: Server, characters: int
) -> AsyncGenerator[tuple[str, Client], None]:
    """A chat that one node answers, and its client at the other that has read so much of it."""
    async with asked(here, LONG) as chat:
        client = Client(chat, there)
        async with following(client):
            await client.written(1, characters)
            yield chat, client


async def check_all(nodes: Sequence[Place], chat: str, *clients: Client) -> list[str]:
    """Check that every client has what every node says is stored; how the rounds have ended."""
    async with following(*clients) as tasks:
        final = await settled(nodes, chat)
        await wait_for(clients, tasks, final["seq"])
    for client in clients:
        check(client, final)
        client.check_shown(final)
    return [client_end for _, client_end in sorted(clients[0].ends.items())]


async def stop(node: Place, chat: str) -> str:
    async with plain_client(base_url=node.url, timeout=30) as http:
        response = await http.post(f"/api/chatbot/{chat}/stop")
    assert response.status_code == 200, response.text
    return str(response.json()["status"])


async def test_a_tab_on_the_other_node_sees_the_answer_grow(nodes: Nodes) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        early, late = Client(chat, there), Client(chat, there)
        async with following(early):
            await early.written(1, 200)
            async with following(late):
                # What is stored is half a second old: the rest came from the log.
                await late.written(1, max(map(len, early.shown.values())))
                assert await stop(here, chat) == "stopped"
    assert await check_all(nodes, chat, early, late) == ["stopped"]


async def test_a_round_is_stopped_from_the_other_node(nodes: Nodes) -> None:
    here, there = nodes
    async with asked_and_read(here, here, 20) as (chat, client):
        assert await stop(there, chat) == "stopped"
    assert await check_all(nodes, chat, client, Client(chat, there)) == ["stopped"]
    assert await stop(there, chat) == "idle"


async def test_a_chat_that_runs_elsewhere_is_changed_and_deleted_from_here(nodes: Nodes) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        client = Client(chat, here)
        async with following(client), plain_client(base_url=there.url, timeout=30) as http:
            path = f"/api/chatbot/workflows/{chat}"
            assert (await http.patch(path, json={"title": "Renamed"})).status_code == 200
            await until(lambda: client.workflow.get("title") == "Renamed")
            more = {"prompt": "more", "workflowId": chat}
            again = await http.post("/api/chatbot/start/stream", json=more)
            assert again.status_code == 409
            assert (await http.delete(path)).status_code < 300
            await until(lambda: client.workflow.get("deleted"))
    assert [row[1] for row in rounds_of(here, chat)] == ["stopped"]


async def test_the_rounds_of_a_killed_node_end_once_with_all_that_was_shown(nodes: Nodes) -> None:
    here, there = nodes
    async with asked_and_read(here, there, 400) as (chat, client):
        here.process.kill()
        await until(lambda: client.ends, limit=10)
    assert await check_all([there], chat, client, Client(chat, there)) == ["error"]
    assert [row[1:3] for row in rounds_of(there, chat)] == [("error", "interrupted")]
    await until(lambda: len(query(there, "SELECT id FROM nodes")) == 1)


async def test_what_a_frozen_node_does_late_is_refused(nodes: Nodes) -> None:
    here, there = nodes
    async with asked_and_read(here, there, 100) as (chat, client):
        freeze(here)
        await until(lambda: client.ends, limit=10)
        thaw(here)
        await until(lambda: any("was taken over" in line for line in here.output))
    assert await check_all(nodes, chat, client, Client(chat, here)) == ["error"]
    await until(lambda: len(query(there, "SELECT id FROM nodes")) == 2)
    # It goes on as a node like any other.
    async with asked(here, "count 3 0ms", chat):
        pass
    assert await check_all(nodes, chat, Client(chat, there)) == ["error", "complete"]


async def test_a_round_whose_node_is_frozen_is_stopped_all_the_same(nodes: Nodes) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        freeze(here)
        assert await stop(there, chat) == "stopped"
        thaw(here)
    assert await check_all(nodes, chat, Client(chat, there)) == ["stopped"]


async def test_a_node_that_starts_ends_nothing(
    start_node: StartNode, stack: AsyncExitStack
) -> None:
    here = start_node()
    chat = await stack.enter_async_context(asked(here, LONG))
    there = await asyncio.to_thread(start_node)
    client = Client(chat, there)
    async with following(client):
        await client.written(1, 100)
        assert [row[1] for row in rounds_of(here, chat)] == ["running"]
        assert await stop(there, chat) == "stopped"
    assert not [line for line in here.output + there.output if "gone" in line]


async def test_a_node_that_is_stopped_ends_its_rounds_and_leaves(nodes: Nodes) -> None:
    here, there = nodes
    async with asked_and_read(here, there, 50) as (chat, client):
        assert await asyncio.to_thread(here.terminate) == 0
        await until(lambda: client.ends)
        (remaining,) = query(there, "SELECT id FROM nodes")
        assert (await asyncio.to_thread(rounds_of, there, chat))[0][3] != remaining[0]
    assert await check_all([there], chat, client) == ["error"]


@pytest.mark.sqlite
async def test_all_nodes_dead_the_first_that_starts_ends_their_rounds_at_once(
    nodes: Nodes, start_node: StartNode
) -> None:
    async with asked(nodes[0], LONG) as chat:
        for node in nodes:
            node.process.kill()
    for node in nodes:
        node.wait()
    third = await asyncio.to_thread(start_node)
    assert [row[1] for row in rounds_of(third, chat)] == ["error"]


async def test_a_round_is_begun_once_whichever_node_is_asked(nodes: Nodes) -> None:
    here, there = nodes
    request = {"requestId": "1" * 32}
    async with asked(here, LONG, **request) as chat, asked(there, LONG, **request) as same:
        assert same == chat
        assert await stop(there, chat) == "stopped"
    assert len(rounds_of(here, chat)) == 1
