"""Tests that are killed leave nothing running."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server import ROOT
from tests.services.postgres import find_binaries
from tests.services.rabbitmq import SCRIPTS
from tests.waiting import until

START = {
    "redis": """
        from tests.services.redis import RedisServer
        server = RedisServer(folder).__enter__()
        pids = [server.process.pid]
    """,
    "nginx": """
        from tests.browser.nginx import run_nginx
        server = run_nginx("http://127.0.0.1:1", folder, "")
        server.__enter__()
        pids = started_by(os.getpid())
    """,
    "postgres": """
        from tests.services.postgres import PostgresServer, find_binaries
        server = PostgresServer(find_binaries()).__enter__()
        pids = [server._process.pid, *started_by(server._process.pid)]
    """,
    "rabbitmq": """
        from tests.services.rabbitmq import RabbitMQServer
        server = RabbitMQServer(folder).__enter__()
        pids = [server._process.pid, server._epmd.pid, *started_by(server._process.pid)]
    """,
}
CODE = """if True:
    import os, sys, threading
    from pathlib import Path

    folder = Path(sys.argv[1])

    def started_by(pid):
        tasks = Path(f"/proc/{{pid}}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]

    def start():
        global server, pids
        {start}

    # A thread that ends takes nothing along.
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    print(*pids, flush=True)
    sys.stdin.read()
"""


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def is_installed(name: str) -> bool:
    if name == "postgres":
        return find_binaries() is not None
    if name == "rabbitmq":
        return SCRIPTS.exists()
    program = {"redis": "redis-server"}.get(name, name)
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is not None


@contextmanager
def starting(name: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process that has started a service, and those that belong to this."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE.format(start=START[name].strip()), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, [int(pid) for pid in process.stdout.readline().split()]
        finally:
            process.kill()


@pytest.mark.parametrize(
    "name",
    [
        *("redis", "nginx", "postgres"),
        pytest.param("rabbitmq", marks=[pytest.mark.rabbitmq, pytest.mark.timeout(180)]),
    ],
)
async def test_a_service_ends_with_the_process_that_has_started_it(
    name: str, tmp_path: Path
) -> None:
    if not is_installed(name):
        pytest.skip(f"Needs {name}")
    with starting(name, tmp_path) as (process, pids):
        # What it has started for its own start may have ended.
        assert runs(pids[0])
        process.send_signal(signal.SIGKILL)
        await until(lambda: not any(runs(pid) for pid in pids))
