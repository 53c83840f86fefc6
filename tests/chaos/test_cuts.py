"""Clients that are cut off at random bytes, over a real socket, while several producers emit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson
import pytest
import uvloop
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.events.sse import StreamParser
from tests.app import create_test_app
from tests.chaos.client import ChatCopy, FollowingClient, Item, beside, in_order, plain_client
from tests.chaos.proxy import ChaosProxy

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

CASES = 500

Steps = list[tuple[str, int]]
"""What a producer does, and how many turns of the loop it waits before."""


@dataclass
class Served:
    """The app on a socket, a proxy before it, and a loop that both live on."""

    runner: asyncio.Runner
    url: str
    proxy: ChaosProxy

    @property
    def proxy_url(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}"


@asynccontextmanager
async def running_app(instance: Path) -> AsyncGenerator[tuple[str, ChaosProxy], None]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "error"
    stop = asyncio.Event()
    app = create_test_app({"QUART_CHAT_INSTANCE": instance})
    serving = asyncio.ensure_future(serve(app, config, shutdown_trigger=stop.wait))
    async with ChaosProxy(port) as proxy:
        yield f"http://127.0.0.1:{port}", proxy
    stop.set()
    await serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        app = running_app(tmp_path_factory.mktemp("cuts"))
        url, proxy = runner.run(app.__aenter__())
        yield Served(runner, url, proxy)
        runner.run(app.__aexit__(None, None, None))


actions = st.lists(
    st.tuples(st.sampled_from(["ask", "stop", "rename", "pin"]), st.integers(0, 30)), max_size=4
)


@settings(
    max_examples=CASES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    words=st.integers(1, 60),
    producers=st.lists(actions, min_size=1, max_size=3),
    joins=st.lists(st.integers(0, 60), min_size=1, max_size=3),
    cuts=st.lists(st.integers(1, 4000), max_size=12),
)
def test_every_client_ends_with_exactly_what_the_database_holds(
    served: Served,
    words: int,
    producers: list[Steps],
    joins: list[int],
    cuts: list[int],
) -> None:
    served.runner.run(case(served, words, producers, joins, cuts))


async def case(
    served: Served,
    words: int,
    producers: list[Steps],
    joins: list[int],
    cuts: list[int],
) -> None:
    served.proxy.cuts = iter(cuts)
    async with plain_client(base_url=served.url, timeout=30) as http:
        chat = await ask(http, None, words)
        clients = [FollowingClient(served.proxy_url, chat) for _ in joins]
        async with beside(map(join, clients, joins)) as tasks, asyncio.timeout(30):
            await asyncio.gather(*(produce(http, chat, words, steps) for steps in producers))
            final = await settled(http, chat)
            await wait_for(clients, tasks, final["seq"])
        for client in clients:
            check(client, final)


async def join(client: FollowingClient, turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    await client.follow()


async def wait_for(
    clients: Sequence[ChatCopy], following: list[asyncio.Task[None]], seq: int
) -> None:
    """Wait until all have that version, or one has failed."""
    reaching = asyncio.create_task(reach(clients, seq))
    done, _ = await asyncio.wait([reaching, *following], return_when=asyncio.FIRST_COMPLETED)
    reaching.cancel()
    for task in done:
        await task


async def reach(clients: Sequence[ChatCopy], seq: int) -> None:
    for client in clients:
        await client.reached(seq)


async def ask(http: httpx2.AsyncClient, chat: str | None, words: int, pause: int = 0) -> str:
    """Begin a round and leave its stream at once; the id of its chat."""
    body: Item = {"prompt": f"count {words} {pause}ms", "assistant": "slow"}
    if chat is not None:
        body["workflowId"] = chat
    async with http.stream("POST", "/api/chatbot/start/stream", json=body) as response:
        assert response.status_code in {200, 409}, await response.aread()
        if chat is not None:
            return chat
        parser = StreamParser()
        async for chunk in response.aiter_bytes():
            for frame in parser.feed(chunk):
                item = orjson.loads(frame.data)["item"]
                return str(item.get("workflowId") or item["id"])
    raise AssertionError("the stream said nothing")


async def produce(http: httpx2.AsyncClient, chat: str, words: int, steps: Steps) -> None:
    for action, turns in steps:
        for _ in range(turns):
            await asyncio.sleep(0)
        if action == "ask":
            await ask(http, chat, words)
        elif action == "stop":
            await http.post(f"/api/chatbot/{chat}/stop")
        elif action == "rename":
            await http.patch(f"/api/chatbot/workflows/{chat}", json={"title": f"After {turns}"})
        else:
            await http.patch(f"/api/chatbot/workflows/{chat}", json={"pinned": turns % 2 == 0})


async def settled(http: httpx2.AsyncClient, chat: str) -> Item:
    """What the database holds once nothing runs any more."""
    async with http.stream("GET", f"/api/chatbot/{chat}/stream") as response:
        async for _ in response.aiter_bytes():
            pass
    snapshot: Item = (await http.get(f"/api/chatbot/{chat}/chatdata")).json()
    assert not snapshot["running"]
    return snapshot


def check(client: ChatCopy, final: Item) -> None:
    kinds = ("message", "log")
    stored = [payload for payload in final["items"] if payload["type"] in kinds]
    assert in_order(list(client.items.values())) == in_order(stored)
    ends = {
        payload["item"]["roundNumber"]: payload["type"]
        for payload in final["items"]
        if payload["type"] in {"complete", "stopped", "error"}
    }
    assert client.ends == ends
    [workflow] = [p["item"] for p in final["items"] if p["type"] == "workflow"]
    assert client.workflow == workflow
    assert client.seq == final["seq"]
    assert client.resets == 0
