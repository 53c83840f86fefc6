"""Two nodes behind nginx, which sends any request to any of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.chaos.client import Following, following, plain_client
from tests.cluster.conftest import on_every_broker
from tests.cluster.front import NODE, Front, in_front_of
from tests.cluster.nodes import Client, asked, query, rounds_of
from tests.cluster.test_documents import LINE, SECONDS, status
from tests.cluster.test_nodes import LONG, Nodes, check_all, stop
from tests.waiting import until

pytestmark = on_every_broker

PATIENCE = 50.0
TABS = 12
REQUESTS = 20


class Tab(Client):
    """A client behind nginx.

    Attributes:
        node: The address of the node that it is connected to.
    """

    node = ""

    async def _read(self, http: httpx2.AsyncClient) -> None:
        http.event_hooks = {"response": [self._note]}
        try:
            await super()._read(http)
        finally:
            self.node = ""

    async def _note(self, response: httpx2.Response) -> None:
        # nginx names all that it has tried; the last one has answered.
        self.node = response.headers[NODE].rpartition(", ")[2]


@pytest.fixture
def front(nodes: Nodes, tmp_path: Path) -> Iterator[Front]:
    with in_front_of(nodes, tmp_path) as front:
        yield front


@asynccontextmanager
async def tabs_on(
    front: Front, node: Any, characters: int
) -> AsyncGenerator[tuple[str, list[Tab], list[Following]]]:
    """A chat that a node answers, and tabs behind nginx that have read so much of it."""
    async with asked(node, LONG) as chat:
        tabs = [Tab(chat, front) for _ in range(TABS)]
        async with following(*tabs) as tasks:
            await unless_failed(tasks, written(tabs, characters))
            yield chat, tabs, tasks


async def unless_failed(tasks: Sequence[Following], work: Coroutine[Any, Any, None]) -> None:
    """Do work, as long as none of the tabs has failed."""
    working = asyncio.create_task(work)
    done, _ = await asyncio.wait(
        [working, *tasks], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
    )
    working.cancel()
    assert done, f"This was not so within {PATIENCE} seconds."
    for task in done:
        await task


async def written(tabs: list[Tab], characters: int) -> None:
    """Wait until all tabs have so many characters."""
    for tab in tabs:
        await tab.written(1, characters)


async def test_tabs_are_on_both_nodes_and_see_the_same(nodes: Nodes, front: Front) -> None:
    async with tabs_on(front, nodes[0], 200) as (chat, tabs, tasks):
        assert len({tab.node for tab in tabs}) == len(nodes)
        await unless_failed(tasks, written(tabs, max(tab._length(1) for tab in tabs)))
        assert await stop(front, chat) == "stopped"
    assert await check_all([front], chat, *tabs) == ["stopped"]


async def test_a_round_is_stopped_whichever_node_gets_the_request(
    nodes: Nodes, front: Front
) -> None:
    for _ in range(4):
        async with asked(front, LONG) as chat:
            assert await stop(front, chat) == "stopped"
        assert [row[1] for row in rounds_of(nodes[0], chat)] == ["stopped"]


async def test_uploads_go_through_and_are_read(nodes: Nodes, front: Front) -> None:
    async with plain_client(base_url=front.url, timeout=60) as http:
        answers = [
            await http.post("/api/documents", files={"files": (f"{n}.txt", LINE * 1000)})
            for n in range(4)
        ]
        ids = [answer.json()["documents"][0]["id"] for answer in answers]
        await until(lambda: {status(nodes[1], id_) for id_ in ids} == {"ready"}, SECONDS)
        assert {answer.headers[NODE] for answer in answers} <= {
            node.url.removeprefix("http://") for node in nodes
        }


async def test_a_node_is_killed_and_no_request_fails(nodes: Nodes, front: Front) -> None:
    here, there = nodes
    async with tabs_on(front, here, 200) as (chat, tabs, tasks):
        lost = {tab for tab in tabs if tab.node == here.url.removeprefix("http://")}
        assert 0 < len(lost) < TABS
        here.process.kill()
        statuses = [await ask(front.url) for _ in range(REQUESTS // 2)]
        async with plain_client(base_url=front.url, timeout=30) as http:
            path = f"/api/chatbot/{chat}/chatdata"
            statuses += [(await http.get(path)).status_code for _ in range(REQUESTS // 2)]
        assert statuses == [200] * REQUESTS
        moved = until(lambda: {tab.node for tab in tabs} == {there.url.removeprefix("http://")})
        await unless_failed(tasks, moved)
        await unless_failed(tasks, until(lambda: all(tab.ends for tab in tabs), limit=10))
    assert await check_all([front], chat, *tabs) == ["error"]
    # No prompt has started a round twice.
    rounds = query(there, "SELECT workflow_id, count(*) FROM rounds GROUP BY workflow_id")
    assert [count for _, count in rounds] == [1] * (1 + REQUESTS // 2)


async def ask(url: str) -> int:
    """Ask as the page does, with an id that makes it safe to send the request again."""
    body = {"prompt": "count 3 0ms", "assistant": "slow", "requestId": uuid4().hex}
    async with plain_client(base_url=url, timeout=30) as http:
        response = await http.post("/api/chatbot/start/stream", json=body)
    assert '"type":"complete"' in response.text
    return response.status_code
