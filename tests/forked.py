"""Processes that begin as copies of one which has imported the application already.

Importing it takes most of the time that a server needs to start; a copy starts at once. It is a
process of its own all the same, with its own memory, environment, folder and sessions of signals.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import TimeoutExpired

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.preloaded"])


class ForkedApp:
    """``python -m tests.app`` as a copy, with what is used here of :class:`subprocess.Popen`.

    Attributes:
        stdout: What it prints, its errors among it.
    """

    def __init__(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        reader, writer = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_run, args=(writer, list(arguments), str(cwd), dict(env)), daemon=True
        )
        self._process.start()
        writer.close()
        self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise TimeoutExpired("tests.app", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _run(output: Connection, arguments: list[str], cwd: str, env: dict[str, str]) -> None:
    from tests.app import run

    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    sys.stdout, sys.stderr = (_writer(number) for number in (1, 2))
    sys.exit(run(arguments))


def _writer(descriptor: int) -> TextIOWrapper:
    return os.fdopen(descriptor, "w", buffering=1, encoding="utf-8")
