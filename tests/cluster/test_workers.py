"""Several worker processes behind one port, as they are started in earnest."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.client import following, plain_client
from tests.chaos.test_cuts import ask
from tests.cluster.conftest import on_every_broker
from tests.cluster.nodes import LEASE, SHARED, Client, asked, query, settled
from tests.cluster.test_nodes import check_all, stop
from tests.server import TEST_SERVER, Server
from tests.waiting import until

StartServer = Callable[..., Server]

HYPERCORN = (sys.executable, "-m", "hypercorn", "--worker-class", "uvloop", "--workers", "2")


def children(pid: int) -> list[int]:
    """The processes that serve: spawned ones, without what keeps track of their semaphores."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(child)
        for child in found
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def node_ids(server: Server) -> set[str]:
    return {row[0] for row in query(server, "SELECT id FROM nodes")}


@pytest.fixture
def workers(start_server: StartServer, broker: str) -> Server:
    # The bus is what several workers take by themselves.
    chosen = {} if broker == "bus" else {"QUART_CHAT_BROKER": broker}
    return start_server(
        command=TEST_SERVER,
        address=("--port", "0", "--workers", "2"),
        env={"QUART_CHAT_NODE_LEASE": str(LEASE), **chosen},
    )


@on_every_broker
async def test_tabs_on_all_workers_see_the_same(workers: Server) -> None:
    async with asked(workers, "count 400 5ms") as chat:
        clients = [Client(chat, workers) for _ in range(8)]
        async with following(*clients):
            await asyncio.gather(*(client.written(1, 200) for client in clients))
            assert await stop(workers, chat) == "stopped"
    await check_all([workers], chat, *clients)
    assert len(node_ids(workers)) == 2


@pytest.mark.nightly
async def test_a_worker_that_dies_is_replaced(workers: Server) -> None:
    before = node_ids(workers)
    pid, other = children(workers.process.pid)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: len(node_ids(workers) - before) == 1 and len(node_ids(workers)) == 2)
    assert other in children(workers.process.pid)
    async with plain_client(base_url=workers.url, timeout=30) as http:
        chat = await ask(http, None, words=3)
    assert (await settled([workers], chat))["seq"]


@pytest.mark.nightly
def test_all_workers_end_with_the_command(workers: Server) -> None:
    pids = children(workers.process.pid)
    assert workers.terminate() == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert node_ids(workers) == set()
    assert not list((workers.instance / "bus").glob("*.socket"))


@pytest.mark.nightly
async def test_no_worker_outlives_a_command_that_is_killed(workers: Server) -> None:
    pids = children(workers.process.pid)
    os.kill(workers.process.pid, signal.SIGKILL)
    await until(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()])


@pytest.mark.nightly
def test_a_start_that_fails_is_told_once(
    server: Server, start_server: StartServer, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match="has not started") as failure:
        start_server(
            instance=server.instance, command=TEST_SERVER, address=("--port", "0", "--workers", "2")
        )
    assert "Another server uses this folder" in str(failure.value)


@pytest.mark.long
async def test_hypercorn_has_workers_of_its_own(start_server: StartServer) -> None:
    server = start_server(
        command=(*HYPERCORN, "quart_chat:create_app()"),
        address=("--bind", "127.0.0.1:0"),
        env=SHARED,
    )
    await until(lambda: len(node_ids(server)) == 2)
    async with plain_client(base_url=server.url, timeout=30) as http:
        body = {"prompt": "How do I stop an answer?"}
        async with http.stream("POST", "/api/chatbot/start/stream", json=body) as response:
            answer = (await response.aread()).decode()
    assert '"type":"complete"' in answer
    assert server.terminate() == 0
    assert node_ids(server) == set()
