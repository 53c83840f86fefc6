"""Two nodes to which anything happens, and tabs that go from one to the other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial

import httpx2
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chaos.client import following, plain_client
from tests.chaos.test_cuts import check, wait_for
from tests.cluster.nodes import SHARED, Client, asked, freeze, query, settled, thaw
from tests.examples import examples
from tests.server import Server
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

ACTIONS = ["rename", "pin", "stop", "kill", "freeze", "join"]
PROMPT = "count 300 4ms"
LONGEST = 10.0
"""Seconds after which the rounds of a node that was killed or frozen have ended."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    instance = tmp_path_factory.mktemp("random") / "instance"
    with Server(instance=instance, env=SHARED) as here, Server(instance=instance, env=SHARED) as it:
        yield here, it


def has_one_fault(steps: list[tuple[str, int, int]]) -> bool:
    """Whether no second node fails before the first one's work is taken over.

    Half a second of text is on the nodes alone, and may go where both of two fail.
    """
    return sum(action in {"kill", "freeze"} for action, _, _ in steps) <= 1


@settings(
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    asked_on=st.integers(0, 1),
    steps=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.integers(0, 1), st.integers(0, 400)), max_size=6
    ).filter(has_one_fault),
)
def test_every_tab_ends_with_what_every_node_says_is_stored(
    shared: tuple[Server, Server], asked_on: int, steps: list[tuple[str, int, int]]
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(case(shared, asked_on, steps), 120))


async def case(
    nodes: tuple[Server, Server], asked_on: int, steps: list[tuple[str, int, int]]
) -> None:
    await until(lambda: len(query(nodes[0], "SELECT id FROM nodes")) == len(nodes))
    async with AsyncExitStack() as stack:
        chat = await stack.enter_async_context(asked(nodes[asked_on], PROMPT))
        clients = [Client(chat, *nodes), Client(chat, *reversed(nodes))]
        tasks = await stack.enter_async_context(following(*clients))
        for action, index, length in steps:
            await until(partial(has_written, clients[0], length))
            await act(stack, nodes, chat, action, index)
            if action == "join":
                clients.append(Client(chat, nodes[index], nodes[1 - index]))
                tasks += await stack.enter_async_context(following(clients[-1]))
        await until(lambda: clients[0].ends, LONGEST)
        final = await settled(nodes, chat)
        async with asyncio.timeout(30):
            await wait_for(clients, tasks, final["seq"])
        for client in clients:
            check(client, final)
            client.check_shown(final)
        assert len(clients[0].ends) == 1


def has_written(client: Client, length: int) -> bool:
    return bool(client.ends) or client._length(1) >= length


async def act(
    stack: AsyncExitStack, nodes: tuple[Server, Server], chat: str, action: str, index: int
) -> None:
    node = nodes[index]
    match action:
        case "kill":
            node.process.kill()
            await asyncio.to_thread(node.restart)
        case "freeze":
            await asyncio.to_thread(freeze, node)
            stack.callback(thaw, node)
            asyncio.get_running_loop().call_later(random.choice([0.2, 2.0]), thaw, node)
        case "rename" | "pin" | "stop":
            await command(node, chat, action)


async def command(node: Server, chat: str, action: str) -> None:
    """What a user does; a node that is frozen or has just been killed may not answer."""
    async with plain_client(base_url=node.url, timeout=5) as http:
        try:
            if action == "stop":
                await http.post(f"/api/chatbot/{chat}/stop")
            elif action == "pin":
                await http.patch(f"/api/chatbot/workflows/{chat}", json={"pinned": True})
            else:
                title = f"Title {random.random()}"
                await http.patch(f"/api/chatbot/workflows/{chat}", json={"title": title})
        except httpx2.TransportError:
            return


async def test_a_thousand_tabs_join_at_any_moment(shared: tuple[Server, Server]) -> None:
    chance = random.Random(7)
    total = examples(1000)
    behind: list[int] = []
    async with asked(shared[0], "count 20000 2ms") as chat:
        leader = Client(chat, shared[0])
        async with following(leader):
            joined = 0
            while joined < total:
                batch = [Client(chat, shared[chance.randint(0, 1)]) for _ in range(20)]
                async with following(*batch):
                    for client in batch:
                        await client.written(1, 1)
                        behind.append(leader._length(1) - client._length(1))
                    await asyncio.gather(
                        *(client.written(1, leader._length(1)) for client in batch)
                    )
                for client in batch:
                    text = max(client.shown.values(), key=len)
                    assert max(leader.shown.values(), key=len).startswith(text[:100])
                joined += len(batch)
            async with plain_client(base_url=shared[1].url, timeout=30) as http:
                await http.post(f"/api/chatbot/{chat}/stop")
            final = await settled(shared, chat)
            await leader.reached(final["seq"])
        check(leader, final)
    behind.sort()
    print(f"behind the leader: median {behind[len(behind) // 2]}, most {behind[-1]} characters")  # noqa: T201
