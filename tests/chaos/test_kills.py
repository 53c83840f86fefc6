"""A server that is killed in the middle of it all, and its clients, who are cut off as well."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chaos.client import ChatCopy, FollowingClient, following, plain_client
from tests.chaos.proxy import ChaosProxy
from tests.chaos.test_cuts import ask, check, produce, settled, wait_for
from tests.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

CASES = 30


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(instance=tmp_path_factory.mktemp("kills") / "instance") as server:
        yield server


@settings(
    max_examples=CASES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    kill_at=st.lists(st.integers(0, 150), min_size=1, max_size=2),
    cuts=st.lists(st.integers(1, 4000), max_size=8),
    renames=st.integers(0, 3),
)
def test_no_client_loses_or_doubles_anything_when_the_server_is_killed(
    killed: Server, kill_at: list[int], cuts: list[int], renames: int
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(case(killed, kill_at, cuts, renames), 60))


async def case(server: Server, kill_at: list[int], cuts: list[int], renames: int) -> None:
    """Kill the server each time that a client has read so many characters of an answer."""
    port = int(server.url.rpartition(":")[2])
    async with ChaosProxy(port) as proxy:
        async with plain_client(base_url=server.url, timeout=30) as http:
            chat = await ask(http, None, words=3)
        clients = [FollowingClient(f"http://127.0.0.1:{proxy.port}", chat) for _ in range(2)]
        async with following(*clients) as tasks:
            for length in kill_at:
                proxy.cuts = iter(cuts)
                await kill_in_mid_answer(server, chat, clients[0], length, renames)
            async with plain_client(base_url=server.url, timeout=30) as http:
                final = await settled(http, chat)
            await wait_for(clients, tasks, final["seq"])
    for client in clients:
        check(client, final)
    assert list(clients[0].ends.values()) == ["complete", *["error"] * len(kill_at)]


async def kill_in_mid_answer(
    server: Server, chat: str, client: ChatCopy, length: int, renames: int
) -> None:
    async with plain_client(base_url=server.url, timeout=30) as http:
        # The client has to know of the round before, to tell which is the next.
        await client.reached((await settled(http, chat))["seq"])
        number = 1 + max(client.ends, default=1)
        prompt = {"prompt": "count 1000 2ms", "assistant": "slow", "workflowId": chat}
        async with http.stream("POST", "/api/chatbot/start/stream", json=prompt) as response:
            assert response.status_code == 200, await response.aread()
            await produce(http, chat, 0, [("rename", turns) for turns in range(renames)])
            await client.written(number, length)
            server.process.kill()
    await asyncio.to_thread(server.restart)
