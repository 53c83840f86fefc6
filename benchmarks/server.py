"""A contestant's process: started on a core of its own, and what it costs, read from /proc."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.contestants import Contestant

SERVER_CORE, *_, CLIENT_CORE = sorted(os.sched_getaffinity(0)) * 2
"""The first and the last of the cores that this process may use; one and the same if it is one."""

_START_TIMEOUT = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_REST = 0.2
_REST_TIMEOUT = 10.0
_CPU_CLOCK = 2
"""The clock of a process that counts what its threads ran (CPUCLOCK_SCHED of Linux)."""


class Server:
    """``async with Server(contestant) as server``: it accepts connections.

    Args:
        contestant: What to start.
        environment: Environment variables to add.
        core: Where it runs.

    Attributes:
        port: Where it listens on 127.0.0.1.
    """

    def __init__(
        self,
        contestant: Contestant,
        environment: Mapping[str, str] | None = None,
        *,
        core: int = SERVER_CORE,
    ) -> None:
        self.contestant = contestant
        self.port = _free_port()
        self._environment = {**os.environ, **contestant.environment, **(environment or {})}
        self._core = core
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self._process: subprocess.Popen[bytes] | None = None
        self._pids: list[int] = []

    async def __aenter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: ASYNC220 - nothing runs yet
            self.contestant.command(self.port, self.folder),
            env=self._environment,
            stdout=subprocess.DEVNULL,
        )
        pin(self._process.pid, self._core)
        try:
            await self._wait_for_port(self._process)
        except BaseException:
            self._stop()
            raise
        self._pids = _descendants(self._process.pid)
        for pid in self._pids:
            pin(pid, self._core)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    async def _wait_for_port(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while process.poll() is None and time.monotonic() < deadline:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
        raise RuntimeError(f"{self.contestant.name} did not start")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """The folder that it has for itself."""
        return Path(self._folder.name)

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far."""
        return sum(time.clock_gettime(~pid << 3 | _CPU_CLOCK) for pid in self._pids)

    async def rest(self) -> None:
        """Wait until it has nothing left to do, such as closing what clients have left."""
        before, deadline = self.cpu_seconds(), time.monotonic() + _REST_TIMEOUT
        while time.monotonic() < deadline:
            await asyncio.sleep(_REST)
            now = self.cpu_seconds()
            if now - before < _REST / 50:
                return
            before = now

    def memory(self) -> int:
        """Bytes that all its processes hold for themselves (USS)."""
        return sum(_unique_bytes(pid) for pid in self._pids)


def busy_seconds() -> float:
    """Processor time of all cores so far, less that of this process and its ended children."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]]
    idle = ticks[3] + ticks[4]  # proc_stat(5): user, nice, system, idle, iowait, ...
    own = os.times()
    return (sum(ticks) - idle) / _TICKS - sum(own[:4])


def pin(pid: int, core: int) -> None:
    """Keep a process (0: this one) on a core."""
    os.sched_setaffinity(pid, {core})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stat(pid: int) -> list[str]:
    # The command's name is in parentheses and may hold anything (proc_pid_stat(5)).
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _descendants(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    family = [root]
    for parent in family:  # grows while it is walked
        family.extend(pid for pid, its_parent in parents.items() if its_parent == parent)
    return family


def _unique_bytes(pid: int) -> int:
    kilobytes = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Private_Clean:", "Private_Dirty:")):
            kilobytes += int(line.split()[1])
    return kilobytes * 1024
