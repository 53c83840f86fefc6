"""Several tabs queue, edit, remove, send and stop, while connections are cut and the server killed.

Whatever happens, each prompt is asked once, in order, none is lost, and all clients end with the
same items.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chaos.client import FollowingClient, Item, following, plain_client
from tests.chaos.proxy import ChaosProxy
from tests.chaos.test_cuts import check, wait_for
from tests.server import Server

SHORT, LONG = 4, 60
"""Cases; each takes a second or two, most of it for the server's start."""

_names = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(instance=tmp_path_factory.mktemp("queue") / "instance") as server:
        yield server


actions = st.sampled_from(["add", "add", "add", "edit", "remove", "send", "stop"])
tabs = st.lists(st.lists(actions, min_size=1, max_size=6), min_size=2, max_size=3)
kills = st.lists(st.integers(1, 12), max_size=2)
cuts = st.lists(st.integers(1, 4000), max_size=8)


@dataclass
class Tab:
    """A tab of a person, which sends a request again until the server has answered it.

    Attributes:
        prompts: The number in each prompt that it has added.
        removed: The prompts whose text it got back, and those of which it does not know.
        hurried: The ids of prompts that were to be sent at once.
    """

    server: Server
    chat: str
    numbers: Iterator[int]
    answered: Callable[[], None]
    prompts: list[int] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    hurried: set[str] = field(default_factory=set)

    async def act(self, action: str) -> None:
        if action == "add":
            await self._add()
        elif action == "stop":
            await self._request("POST", "stop")
        else:
            queue = (await self._request("GET", "queue")).json()["prompts"]
            if queue:
                await getattr(self, f"_{action}")(queue[-1])

    async def _add(self) -> None:
        number = next(self.numbers)
        self.prompts.append(number)
        body = {
            "prompt": f"count {number} 1ms",
            "assistant": "slow",
            "requestId": f"request-{next(_names)}",
        }
        placed = (await self._request("POST", "queue", body)).json()
        began = placed["roundNumber"] is not None
        assert began == (placed["queued"] is None or placed["queued"]["status"] == "sent")

    async def _edit(self, prompt: Item) -> None:
        body = {"prompt": prompt["content"].replace(" 1ms", " 2ms")}
        response = await self._request("PATCH", f"queue/{prompt['id']}", body)
        assert response.status_code in {200, 404, 409}

    async def _remove(self, prompt: Item) -> None:
        self.removed.add(prompt["id"])
        response = await self._request("DELETE", f"queue/{prompt['id']}")
        assert response.status_code in {200, 404, 409}

    async def _send(self, prompt: Item) -> None:
        self.hurried.add(prompt["id"])
        response = await self._request("POST", f"queue/{prompt['id']}/send")
        assert response.status_code in {200, 404}

    async def _request(self, method: str, path: str, body: Item | None = None) -> Any:
        """Send a request until it is answered: the same one, as after a lost response."""
        url = f"/api/chatbot/{self.chat}/{path}"
        while True:
            async with plain_client(base_url=self.server.url, timeout=30) as http:
                try:
                    response = await http.request(method, url, json=body)
                except httpx2.TransportError:
                    await asyncio.sleep(0.01)
                    continue
            if response.status_code != 503:
                self.answered()
                return response


class Killer:
    """Kills the server after so many answered requests, and starts it again."""

    def __init__(self, server: Server, after: list[int]) -> None:
        self._server = server
        self._after = sorted(set(after))
        self._answered = 0
        self._restarts: list[asyncio.Task[None]] = []
        self._turn = asyncio.Lock()

    def count(self) -> None:
        self._answered += 1
        if self._after and self._answered >= self._after[0]:
            self._after.pop(0)
            self._restarts.append(asyncio.create_task(self._restart()))

    async def _restart(self) -> None:
        async with self._turn:
            self._server.process.kill()
            await asyncio.to_thread(self._server.restart)

    async def settle(self) -> None:
        """Wait until the server runs for good."""
        await asyncio.gather(*self._restarts)


async def case(
    server: Server, scripts: list[list[str]], kill_after: list[int], cut_at: list[int]
) -> None:
    killer, numbers = Killer(server, kill_after), count(20)
    async with plain_client(base_url=server.url, timeout=30) as http:
        start = {"prompt": "count 19 5ms", "assistant": "slow"}
        async with http.stream("POST", "/api/chatbot/start/stream", json=start) as response:
            await anext(response.aiter_bytes())
        chat = (await http.get("/api/chatbot/workflows?limit=1")).json()["workflows"][0]["id"]
    async with ChaosProxy(int(server.url.rpartition(":")[2])) as proxy:
        proxy.cuts = iter(cut_at)
        clients = [FollowingClient(f"http://127.0.0.1:{proxy.port}", chat) for _ in scripts]
        tabs = [Tab(server, chat, numbers, killer.count) for _ in scripts]
        async with following(*clients) as tasks:
            await asyncio.gather(*map(play, tabs, scripts))
            await killer.settle()
            final = await drain(server, chat)
            await wait_for(clients, tasks, final["seq"])
    for client in clients:
        check(client, final)
        assert client.queue == {i["id"]: i for i in items(final, "queued")}
    check_prompts(final, tabs)


async def play(tab: Tab, script: list[str]) -> None:
    for action in script:
        await tab.act(action)


async def drain(server: Server, chat: str) -> Item:
    """Send what waits, as a person does after a stop, until nothing waits and nothing runs."""
    async with plain_client(base_url=server.url, timeout=30) as http:
        while True:
            async with http.stream("GET", f"/api/chatbot/{chat}/stream") as response:
                async for _ in response.aiter_bytes():
                    pass
            final: Item = (await http.get(f"/api/chatbot/{chat}/chatdata")).json()
            queue = (await http.get(f"/api/chatbot/{chat}/queue")).json()["prompts"]
            if not queue and not final["running"]:
                return final
            if queue and not final["running"]:
                await http.post(f"/api/chatbot/{chat}/queue/{queue[0]['id']}/send")


def items(final: Item, kind: str) -> list[Item]:
    return [payload["item"] for payload in final["items"] if payload["type"] == kind]


def number_of(content: str) -> int:
    return int(content.split()[1])


def check_prompts(final: Item, tabs: list[Tab]) -> None:
    """Each prompt has one round, but those that were removed; those left alone are in order."""
    asked = [m for m in items(final, "message") if m["role"] == "user"]
    rounds = {number_of(message["content"]): message["roundNumber"] for message in asked}
    assert len(rounds) == len(asked), "a prompt was asked twice"
    queued = items(final, "queued")
    assert {prompt["status"] for prompt in queued} <= {"sent", "removed"}
    removed = [prompt for prompt in queued if prompt["status"] == "removed"]
    tried = set[str]().union(*(tab.removed for tab in tabs))
    assert {prompt["id"] for prompt in removed} <= tried, "a prompt was removed by itself"
    added = {number for tab in tabs for number in tab.prompts}
    assert len(added) + 1 - len(removed) == len(rounds), "a prompt was lost"
    assert rounds.keys() <= added | {19}
    sent = {p["roundNumber"]: p for p in queued if p["status"] == "sent"}
    hurried = set[str]().union(*(tab.hurried for tab in tabs))
    # Each began to wait at one moment, or to be answered where nothing waited.
    began = {m["roundNumber"]: m["createdAt"] for m in asked}
    began |= {number: prompt["createdAt"] for number, prompt in sent.items()}
    calm = [n for n in sorted(began) if n not in sent or sent[n]["id"] not in hurried]
    moments = [began[number] for number in calm]
    assert moments == sorted(moments), "prompts were asked out of order"


def run(server: Server, *arguments: Any) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(case(server, *arguments), 100))


quiet = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=SHORT,
)


@pytest.mark.timeout(240)
@quiet
@given(scripts=tabs, kill_after=kills, cut_at=cuts)
def test_each_prompt_is_asked_once_and_in_order(
    server: Server, scripts: list[list[str]], kill_after: list[int], cut_at: list[int]
) -> None:
    run(server, scripts, kill_after, cut_at)


@pytest.mark.long
@pytest.mark.timeout(1200)
@settings(quiet, max_examples=LONG)
@given(scripts=tabs, kill_after=kills, cut_at=cuts)
def test_each_prompt_is_asked_once_and_in_order_however_often(
    server: Server, scripts: list[list[str]], kill_after: list[int], cut_at: list[int]
) -> None:
    run(server, scripts, kill_after, cut_at)
