"""The queue of a chat on several nodes: one of them sends what waits, whichever was asked."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.chaos.client import Item, following, plain_client
from tests.cluster.nodes import Client, asked, freeze, query, rounds_of, settled, thaw
from tests.cluster.test_nodes import LONG, Nodes, check_all, stop
from tests.server import Server
from tests.waiting import until


async def call(node: Server, method: str, path: str, **body: Any) -> Item:
    """Send a request that succeeds."""
    async with plain_client(base_url=node.url, timeout=30) as http:
        response = await http.request(method, f"/api/chatbot/{path}", json=body or None)
    assert response.status_code == 200, response.text
    answer: Item = response.json()
    return answer


async def queue(node: Server, chat: str, prompt: str) -> str:
    """Queue a prompt; its id."""
    body = {"prompt": prompt, "assistant": "slow"}
    item: Item = (await call(node, "POST", f"{chat}/queue", **body))["queued"]
    return str(item["id"])


async def waiting(node: Server, chat: str) -> list[str]:
    return [p["content"] for p in (await call(node, "GET", f"{chat}/queue"))["prompts"]]


async def check_queues(nodes: tuple[Server, ...], chat: str, *clients: Client) -> list[str]:
    """Check that all clients have the same queue, and all else; how the rounds have ended."""
    ends = await check_all(nodes, chat, *clients)
    final = await settled(nodes, chat)
    stored = {i["item"]["id"]: i["item"] for i in final["items"] if i["type"] == "queued"}
    assert all(client.queue == stored for client in clients)
    return ends


async def test_what_is_queued_at_one_node_follows_the_answer_of_the_other(nodes: Nodes) -> None:
    here, there = nodes
    async with asked(here, "count 400 5ms") as chat:
        client = Client(chat, there)
        async with following(client):
            await queue(there, chat, "count 3 0ms")
            await queue(here, chat, "count 4 0ms")
            await until(lambda: len(client.ends) == 3)
    assert await check_queues(nodes, chat, client, Client(chat, here)) == ["complete"] * 3
    assert await waiting(there, chat) == []


async def test_a_prompt_is_sent_at_once_from_the_other_node(nodes: Nodes) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        await queue(here, chat, "count 4 0ms")
        last = await queue(here, chat, "count 3 0ms")
        assert (await call(there, "POST", f"{chat}/queue/{last}/send"))["roundNumber"] == 2
        client = Client(chat, there)
        async with following(client):
            await until(lambda: len(client.ends) == 3)
    assert await check_queues(nodes, chat, client) == ["stopped", "complete", "complete"]
    prompts = query(here, "SELECT content FROM messages WHERE role = 'user' ORDER BY round_number")
    assert [row[0] for row in prompts] == [LONG, "count 3 0ms", "count 4 0ms"]


async def test_a_queue_waits_once_its_node_is_killed(nodes: Nodes) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        first = await queue(here, chat, "count 3 0ms")
        client = Client(chat, there)
        async with following(client):
            here.process.kill()
            await until(lambda: client.ends, limit=10)
            assert await waiting(there, chat) == ["count 3 0ms"]
            await call(there, "POST", f"{chat}/queue/{first}/send")
            await until(lambda: len(client.ends) == 2)
    assert await check_queues((there,), chat, client) == ["error", "complete"]


async def test_a_prompt_that_is_due_is_sent_by_the_node_that_takes_over(nodes: Nodes) -> None:
    here, there = nodes
    async with asked(here, LONG) as chat:
        await queue(here, chat, "count 4 0ms")
        last = await queue(here, chat, "count 3 0ms")
        client = Client(chat, there)
        async with following(client):
            freeze(here)
            await call(there, "POST", f"{chat}/queue/{last}/send")
            await until(lambda: len(client.ends) == 3, limit=20)
            thaw(here)
            # It has heard of the stop as well, and tells what it notices first.
            late = ("was taken over", "had ended")
            await until(lambda: any(word in line for line in here.output for word in late))
    ends = await check_queues(nodes, chat, client, Client(chat, here))
    assert ends == ["stopped", "complete", "complete"]


async def test_a_node_that_was_frozen_sends_nothing_of_what_it_lost(nodes: Nodes) -> None:
    """Its round was ended by the other node, so the queue waits for a person."""
    here, there = nodes
    async with asked(here, "count 200 5ms") as chat:
        await queue(here, chat, "count 3 0ms")
        client = Client(chat, there)
        async with following(client):
            freeze(here)
            await until(lambda: client.ends, limit=10)
            thaw(here)
            await until(lambda: any("was taken over" in line for line in here.output))
    assert await check_queues(nodes, chat, client) == ["error"]
    assert await waiting(here, chat) == ["count 3 0ms"]
    assert len(rounds_of(there, chat)) == 1


async def test_both_nodes_send_the_same_prompt_once(nodes: Nodes) -> None:
    here = nodes[0]
    async with asked(here, LONG) as chat:
        first = await queue(here, chat, "count 3 0ms")
        await stop(here, chat)
        path = f"{chat}/queue/{first}/send"
        answers = await asyncio.gather(*(call(node, "POST", path) for node in nodes))
        assert [answer["roundNumber"] for answer in answers] == [2, 2]
    assert await check_queues(nodes, chat, Client(chat, here)) == ["stopped", "complete"]
