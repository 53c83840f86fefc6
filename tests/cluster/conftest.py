"""Two servers on one folder, as processes of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.cluster.nodes import SHARED
from tests.server import Server

on_every_broker = pytest.mark.parametrize(
    "broker",
    ["bus", "redis", "postgres", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)],
    indirect=True,
)

StartNode = Callable[[], Server]


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> str:
    """What carries events between the nodes; with ``on_every_broker``, one after the other."""
    engine = getattr(request, "param", "bus")
    if engine == "bus":
        return "bus"
    name = "postgres_events" if engine == "postgres" else f"{engine}_server"
    service = request.getfixturevalue(name)
    service.empty()
    return str(service.url)


@pytest.fixture
def start_node(start_server: Callable[..., Server], tmp_path: Path, broker: str) -> StartNode:
    """Starts another server on the folder."""
    env = {**SHARED, "QUART_CHAT_BROKER": broker}
    return lambda: start_server(instance=tmp_path / "instance", env=env)


@pytest.fixture
def nodes(start_node: StartNode) -> tuple[Server, Server]:
    return start_node(), start_node()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack
