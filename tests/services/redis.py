"""A real Redis of its own, in a folder of its own."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.server import free_port
from tests.services.spawning import spawn

START_TIMEOUT = 10.0
DUMP = "dump.rdb"


class RedisServer:
    """Runs ``redis-server``; it keeps its port when it is started again.

    Attributes:
        url: Its address.
        admin: A client of its own for what the tests do to it.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.admin = Redis.from_url(self.url)
        self._options: Sequence[str] = options

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.admin.close()
        self.kill()

    def start(self) -> None:
        """Start it, with what its folder holds, and return once it answers."""
        path = shutil.which("redis-server")
        if path is None:
            pytest.skip("Needs Redis: on Debian 'apt install redis-server'")
        self.process = spawn(
            [
                *(path, "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--dir", str(self.folder), "--dbfilename", DUMP, "--save", ""),
                *("--logfile", "redis.log", *self._options),
            ]
        )
        deadline = monotonic() + START_TIMEOUT
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "redis.log").read_text()
            assert monotonic() < deadline, "Redis has not started"
            sleep(0.01)

    def _answers(self) -> bool:
        try:
            return bool(self.admin.ping())
        except RedisConnectionError:
            return False

    def kill(self) -> None:
        """End it at once; what it has not written to its folder is lost."""
        self.process.kill()
        self.process.wait()

    def empty(self) -> None:
        self.admin.flushall()

    def save(self) -> Path:
        """Copy what it holds to a file."""
        self.admin.save()
        return Path(shutil.copy(self.folder / DUMP, self.folder / "earlier.rdb"))

    def restart(self, copy: Path | None = None) -> None:
        """Kill it and start it again, with nothing or with what an earlier copy holds."""
        self.kill()
        with suppress(FileNotFoundError):
            (self.folder / DUMP).unlink()
        if copy is not None:
            shutil.copy(copy, self.folder / DUMP)
        self.start()

    def open_tls(self) -> int:
        """Listen for TLS, too, and return the port."""
        port = free_port()
        self.admin.config_set("tls-port", port)
        return port

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)
