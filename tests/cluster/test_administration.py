"""The live page of one node shows all nodes, and stops what runs on another."""

from __future__ import annotations

from typing import Any

import orjson

from quart_chat.events.sse import StreamParser
from tests.chaos.client import plain_client
from tests.cluster.nodes import asked, rounds_of
from tests.server import Server


async def test_the_figures_are_those_of_all_nodes_and_a_stop_reaches_each(
    nodes: tuple[Server, Server],
) -> None:
    here, there = nodes
    async with (
        asked(there, "count 2000 20ms") as chat,
        plain_client(base_url=here.url, timeout=30) as http,
    ):
        seen: dict[str, dict[str, Any]] = {}
        async with http.stream("GET", "/api/admin/live") as response:
            parser = StreamParser()
            async for chunk in response.aiter_bytes():
                for frame in parser.feed(chunk):
                    data = orjson.loads(frame.data)
                    if data["type"] == "figures":
                        seen[data["item"]["node"]] = data["item"]
                running = [round_ for item in seen.values() for round_ in item["rounds"]]
                if len(seen) == 2 and running:
                    break
        (round_,) = running
        assert (round_["workflowId"], round_["roundNumber"]) == (chat, 1)
        stopped = await http.post(f"/api/admin/rounds/{chat}/stop?round=1")
        assert stopped.json()["status"] == "stopped"
    assert [row[:2] for row in rounds_of(here, chat)] == [(1, "stopped")]
