"""Clients by others, cut off at random bytes, while the server is killed and started again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import async_playwright

from tests.browser.tab import ARGUMENTS
from tests.chaos.client import ChatCopy, plain_client, stream_url
from tests.chaos.others import Other, all_others, are_installed
from tests.chaos.proxy import ChaosProxy
from tests.chaos.test_cuts import ask, check, produce, settled, wait_for
from tests.chaos.test_kills import kill_in_mid_answer
from tests.conftest import FIGURES
from tests.server import Server

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not are_installed(),
        reason="Needs Node: on Debian 'apt install nodejs npm', then 'make test'",
    ),
]

LONGEST = 5000
"""Bytes that a connection lets through before it is cut off, at most."""


async def test_clients_by_others_have_exactly_what_the_database_holds(
    server: Server, chromium: str
) -> None:
    await chaos(server, chromium, eager=5, patient=2, kills=1)


@pytest.mark.timeout(1500)
async def test_clients_by_others_lose_nothing_in_a_thousand_cuts(
    server: Server, chromium: str, record_property: Callable[[str, object], None]
) -> None:
    made = await chaos(server, chromium, eager=215, patient=70, kills=5)
    assert sum(made.values()) >= 1000
    record_property(FIGURES, made)


async def chaos(
    server: Server, chromium: str, *, eager: int, patient: int, kills: int
) -> dict[str, int]:
    """Follow a chat with every client; the cuts that were made, by client.

    Args:
        eager: Cuts for each client that comes back at once.
        patient: Cuts for each of the others, which wait for seconds before.
        kills: Times that the server is killed in the midst of an answer.
    """
    async with plain_client(base_url=server.url, timeout=30) as http:
        chat = await ask(http, None, words=3)
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        clients: dict[str, Client] = {}
        for seed, (name, other) in enumerate(all_others(browser).items()):
            proxy = await stack.enter_async_context(ChaosProxy(int(server.url.rpartition(":")[2])))
            cuts = eager if other.eager else patient
            clients[name] = Client(other, proxy, chat, seed, cuts)
            stack.push_async_callback(clients[name].end)
        copies = [client.copy for client in clients.values()]
        tasks = [client.task for client in clients.values()]
        while kills or any(client.is_cut for client in clients.values()):
            await first_to_end(write(server, chat, copies[0], kill=kills > 0), tasks)
            kills -= kills > 0
        async with plain_client(base_url=server.url, timeout=30) as http:
            final = await settled(http, chat)
        await wait_for(copies, tasks, final["seq"])
    for name, client in clients.items():
        assert client.copy.resets == 0, name
        check(client.copy, final)
    return {name: client.proxy.made for name, client in clients.items()}


async def write(server: Server, chat: str, copy: ChatCopy, *, kill: bool) -> None:
    """Have an answer written, or the server killed in the midst of it."""
    if kill:
        await kill_in_mid_answer(server, chat, copy, length=500, renames=1)
        return
    async with plain_client(base_url=server.url, timeout=30) as http:
        await ask(http, chat, words=400, pause=3)
        await produce(http, chat, 0, [("rename", 0), ("pin", 0)])
        await settled(http, chat)


async def first_to_end(
    work: Coroutine[Any, Any, None], following: list[asyncio.Task[None]]
) -> None:
    """Do some work; a client that fails meanwhile fails the test."""
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait([task, *following], return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            await ended
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Client:
    """A client by others behind a proxy of its own, with what it has of the chat."""

    def __init__(self, other: Other, proxy: ChaosProxy, chat: str, seed: int, cuts: int) -> None:
        self.copy = ChatCopy()
        self.proxy = proxy
        self._cuts = cuts
        proxy.spared = other.spared
        proxy.cuts = self._choose_cuts(random.Random(seed))
        url = stream_url(f"http://127.0.0.1:{proxy.port}", chat)
        self.task = asyncio.ensure_future(other.follow(url, self._take))

    @property
    def is_cut(self) -> bool:
        """Whether more cuts are to come."""
        return self.proxy.made < self._cuts

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def _choose_cuts(self, source: random.Random) -> Iterator[int]:
        while self.is_cut:
            yield source.randint(1, LONGEST)

    def _take(self, line: str) -> None:
        last_event_id, _, data = line.partition("\t")
        self.copy.take(data, last_event_id)
