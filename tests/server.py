"""A real server in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.databases import settings_of
from tests.forked import ForkedApp

ROOT = Path(__file__).parent.parent
START_TIMEOUT = 30.0

_ADDRESS = re.compile(
    r"(?:is at|running on|listening at:) (https?://[\w.\[\]:]+:\d+)", re.IGNORECASE
)

TEST_SERVER = (sys.executable, "-m", "tests.app", "serve")
"""The app of ``tests.app`` as a program that is started anew, not as a copy of a loaded process."""


def free_port() -> int:
    """A port that nothing listens on now, for commands that can't choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


class Server:
    """Runs a server on a port that it keeps when it is started again.

    Without a command it is the app of ``tests.app``.

    Attributes:
        url: Where it is, without a slash at the end.
        process: The running process.
        output: The lines that it has printed.
    """

    url: str
    process: subprocess.Popen[str] | ForkedApp

    def __init__(
        self,
        *,
        instance: Path,
        command: Sequence[str] | None = None,
        address: Sequence[str] = ("--port", "{port}"),
        port: int = 0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.instance = instance
        self.output: list[str] = []
        self._command = command
        self._address = address
        self._env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **settings_of(instance),
            **(env or {}),
        }
        self._port = port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        self.process = self._begin([part.format(port=self._port) for part in self._address])
        found = Event()
        self._is_announced = False
        self._reader = Thread(target=self._read_output, args=(found,), daemon=True)
        self._reader.start()
        announced = found.wait(START_TIMEOUT) and self._is_announced
        if not announced or self.process.poll() is not None:
            self.kill()
            raise RuntimeError("The server has not started:\n" + "".join(self.output))
        self._port = urlsplit(self.url).port or 0
        self._connect()

    def terminate(self, timeout: float = 10.0) -> int:
        """Ask it to stop, wait until it has, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def wait(self, timeout: float = 10.0) -> int:
        """Wait for its end, and return its exit code."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def kill(self) -> None:
        """End it and its workers at once, with no chance to tidy up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def restart(self) -> None:
        """Kill it and start it again at the same address."""
        self.kill()
        self.start()

    def _begin(self, arguments: Sequence[str]) -> subprocess.Popen[str] | ForkedApp:
        cwd = self.instance.parent
        if self._command is None:
            return ForkedApp(["serve", *arguments], cwd=cwd, env=self._env)
        return subprocess.Popen(
            [*self._command, *arguments],
            cwd=cwd,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _read_output(self, found: Event) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if not found.is_set() and (match := _ADDRESS.search(line)):
                self.url = match[1]
                self._is_announced = True
                found.set()
        found.set()

    def _connect(self) -> None:
        """Wait until the port is open: some commands print it before they listen."""
        deadline = monotonic() + START_TIMEOUT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except ConnectionRefusedError:
                if monotonic() > deadline or self.process.poll() is not None:
                    raise
                sleep(0.02)
            else:
                return
