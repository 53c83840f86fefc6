"""A real server that runs out of file descriptors: one line of the log, and it goes on after."""

from __future__ import annotations

import resource
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from time import monotonic
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.server import TEST_SERVER, Server

HYPERCORN = (sys.executable, "-m", "hypercorn", "--workers", "0")
BIND = ("--bind", "127.0.0.1:{port}")
APP = "tests.app:create_test_app()"

SERVERS: dict[str, dict[str, Sequence[str]]] = {
    "quart-chat serve": {"command": TEST_SERVER},
    "hypercorn with asyncio": {"command": (*HYPERCORN, APP), "address": BIND},
    "hypercorn with uvloop": {
        "command": (*HYPERCORN, "--worker-class", "uvloop", APP),
        "address": BIND,
    },
}
LIMIT = 60
PATIENCE = 30.0


def lines(server: Server, text: str) -> list[str]:
    return [line for line in server.output if text in line]


def wait_for_line(server: Server, text: str, touch: Callable[[], object]) -> None:
    """Do something again and again until the server has said something."""
    deadline = monotonic() + PATIENCE
    while not lines(server, text):
        assert monotonic() < deadline, server.output
        touch()


def connect(address: tuple[str, int], stack: ExitStack, many: int) -> None:
    for _ in range(many):
        stack.enter_context(socket.create_connection(address, timeout=5))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "quart-chat serve" else pytest.mark.long)
        for name in SERVERS
    ],
)
def test_it_is_told_once_and_is_over_with_the_connections(
    start_server: Callable[..., Server], name: str
) -> None:
    server = start_server(**SERVERS[name])
    assert httpx2.get(server.url).status_code == 200
    pid = server.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (LIMIT, hard))
    parts = urlsplit(server.url)
    address = (parts.hostname or "", parts.port or 0)
    with ExitStack() as stack:
        connect(address, stack, 2 * LIMIT)
        wait_for_line(server, "Out of file descriptors", lambda: connect(address, stack, 1))
    wait_for_line(server, "There are file descriptors again", lambda: None)
    assert httpx2.get(server.url, timeout=20).status_code == 200
    (line,) = lines(server, "Out of file descriptors")
    assert f"limit {LIMIT}" in line
    assert "LimitNOFILE" in line
    assert not lines(server, "Traceback"), server.output
