"""A stop on one node closes the connection that the other one has to a model's endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.assistants.openai.endpoint import Exchange, fake_endpoint, say
from tests.chaos.client import beside
from tests.cluster.conftest import on_every_broker
from tests.cluster.nodes import SHARED, asked, rounds_of
from tests.cluster.test_nodes import stop
from tests.conftest import FIGURES
from tests.examples import examples
from tests.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(600), on_every_broker]


async def test_the_endpoint_is_left_as_soon_as_a_stop_comes_from_anywhere(
    start_server: Callable[..., Server],
    tmp_path: Path,
    broker: str,
    record_property: Callable[[str, Any], None],
) -> None:
    closed: asyncio.Queue[float] = asyncio.Queue()

    async def talk_on(exchange: Exchange) -> None:
        async def words() -> None:
            while True:
                await exchange.send(say("word "))
                await asyncio.sleep(0.005)

        exchange.begin()
        async with beside([words()]):
            await exchange.hang()
            closed.put_nowait(monotonic())

    async with fake_endpoint() as endpoint:
        endpoint.script(talk_on)
        env = {**SHARED, "QUART_CHAT_BROKER": broker, "OPENAI_BASE_URL": endpoint.url}
        here, there = [
            await asyncio.to_thread(start_server, instance=tmp_path / "instance", env=env)
            for _ in range(2)
        ]
        times = []
        for _ in range(examples(100)):
            async with asked(here, "Go on", assistant="model") as chat:
                begun = monotonic()
                assert await stop(there, chat) == "stopped"
                times.append(await closed.get() - begun)
            assert [row[1] for row in rounds_of(here, chat)] == ["stopped"]
    times.sort()
    record_property(
        FIGURES,
        f"{len(times)} stops from the other node: the endpoint's connection is closed after"
        f" {times[len(times) // 2] * 1000:.0f} ms in the median,"
        f" {times[len(times) * 99 // 100] * 1000:.0f} ms p99",
    )
