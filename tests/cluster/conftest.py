"""Two servers on one folder, as processes of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.cluster.nodes import SHARED
from tests.server import Server

StartNode = Callable[[], Server]


@pytest.fixture
def start_node(start_server: Callable[..., Server], tmp_path: Path) -> StartNode:
    """Starts another server on the folder."""
    return lambda: start_server(instance=tmp_path / "instance", env=SHARED)


@pytest.fixture
def nodes(start_node: StartNode) -> tuple[Server, Server]:
    return start_node(), start_node()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack
