"""A node is killed in mid-answer, again and again: tabs are whole soon, and rounds end once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.tab import ARGUMENTS
from tests.chaos.client import following, plain_client
from tests.cluster.conftest import on_every_broker
from tests.cluster.front import NODE, Front, in_front_of
from tests.cluster.nodes import SHARED, asked, query, rounds_of
from tests.cluster.pages import WatchedPage
from tests.cluster.test_nginx import Tab, unless_failed, written
from tests.cluster.test_nodes import LONG, Nodes, check_all
from tests.conftest import FIGURES
from tests.server import Server
from tests.waiting import until

pytestmark = on_every_broker

CLIENTS, PAGES = 10, 2
PARTS, KILLS = 10, 10
"""All parts together are a hundred kills; a run of five minutes would be ended."""

LONGEST = 10.0
"""Seconds after which the rounds of a node that was killed have ended."""


@pytest.fixture
def lease() -> float:
    return 2.0


@pytest.fixture
def nodes(start_server: Callable[..., Server], tmp_path: Path, broker: str, lease: float) -> Nodes:
    env = {**SHARED, "QUART_CHAT_BROKER": broker, "QUART_CHAT_NODE_LEASE": str(lease)}
    instance = tmp_path / "instance"
    return start_server(instance=instance, env=env), start_server(instance=instance, env=env)


@pytest.fixture
def front(nodes: Nodes, tmp_path: Path) -> Iterator[Front]:
    with in_front_of(nodes, tmp_path) as front:
        yield front


async def test_every_tab_is_whole_and_every_round_ends_once(nodes: Nodes, front: Front) -> None:
    for here, there in (nodes, nodes[::-1]):
        await kill(here, there, front, None, 200)
        await back(here, there, front)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("lease", [8.0])
@pytest.mark.parametrize("part", range(PARTS))
async def test_a_hundred_kills_with_pages_in_chromium(
    part: int,
    nodes: Nodes,
    front: Front,
    chromium: str,
    record_property: Callable[[str, Any], None],
) -> None:
    chance = random.Random(part)
    times: list[tuple[float, float]] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for number in range(KILLS):
            here, there = nodes[:: 1 if number % 2 else -1]
            times.append(await kill(here, there, front, browser, chance.randrange(20, 1500)))
            await back(here, there, front)
        await browser.close()
    whole, ended = (sorted(column) for column in zip(*times, strict=True))
    record_property(
        FIGURES,
        f"{len(times)} kills; whole after {whole[len(whole) // 2]:.2f} s in the median,"
        f" {whole[-1]:.2f} s at most; ended after {ended[-1]:.2f} s at most",
    )
    assert ended[-1] < LONGEST


async def kill(
    here: Server, there: Server, front: Front, browser: Browser | None, characters: int
) -> tuple[float, float]:
    """Kill a node in mid-answer, and check all that follows.

    Returns:
        The seconds until every tab was whole, and until every tab knew the end of the round.
    """
    async with AsyncExitStack() as stack:
        chat = await stack.enter_async_context(asked(here, LONG))
        tabs = [Tab(chat, front) for _ in range(CLIENTS)]
        tasks = await stack.enter_async_context(following(*tabs))
        pages = await stack.enter_async_context(opened(browser, front, chat))
        await unless_failed(tasks, written(tabs, characters))
        await eventually(partial(all_show, pages, characters))

        here.process.kill()
        begun = monotonic()
        shown = max(tab._length(1) for tab in tabs)
        followers: list[Tab | WatchedPage] = [*tabs, *pages]
        place = there.url.removeprefix("http://")
        moved = until(lambda: {follower.node for follower in followers} == {place})
        await unless_failed(tasks, moved)
        await unless_failed(tasks, written(tabs, shown))
        await eventually(partial(all_show, pages, shown))
        whole = monotonic() - begun

        await unless_failed(tasks, until(lambda: all(tab.ends for tab in tabs)))
        await eventually(partial(all_ended, pages))
        ended = monotonic() - begun
        await check_pages(pages, tabs[0])
    assert await check_all([front], chat, *tabs) == ["error"]
    assert [row[1:3] for row in rounds_of(there, chat)] == [("error", "interrupted")]
    return whole, ended


async def back(here: Server, there: Server, front: Front) -> None:
    """Start a node again that was killed, and wait until nginx sends requests to both."""
    await asyncio.to_thread(here.restart)
    await until(lambda: len(query(there, "SELECT id FROM nodes")) == 2)
    async with plain_client(base_url=front.url, timeout=30) as http:

        async def asks_both() -> bool:
            answers = [await http.get("/api/doctor/clock") for _ in range(4)]
            return len({answer.headers[NODE] for answer in answers}) == 2

        await eventually(asks_both)


@asynccontextmanager
async def opened(
    browser: Browser | None, front: Front, chat: str
) -> AsyncGenerator[list[WatchedPage]]:
    pages: list[WatchedPage] = []
    if browser is not None:
        pages = [await WatchedPage.open(browser, front, chat) for _ in range(PAGES)]
    yield pages
    for page in pages:
        await page.close()


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return once a page says so, for which it has to be asked."""
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110 - a page has no event of its own
            await asyncio.sleep(0.01)


async def all_show(pages: Sequence[WatchedPage], characters: int) -> bool:
    # The page shows no space at the end of a text.
    return all([len(await page.shown()) >= characters - 1 for page in pages])


async def all_ended(pages: Sequence[WatchedPage]) -> bool:
    return all([await page.end() == "error" for page in pages])


async def check_pages(pages: Sequence[WatchedPage], tab: Tab) -> None:
    """Check that each shows what is stored, and that this has all that was ever shown."""
    stored = max((p["item"].get("content", "") for p in tab.items.values()), key=len)
    for page in pages:
        assert (await page.text()).split() == stored.split()
        assert stored.startswith((await page.shown()).strip())
