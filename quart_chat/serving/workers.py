"""Several processes that serve on one socket, and the one that watches over them.

A process that ends by itself is started again. All end with the one that watches: when it is told
to stop, and also when it is killed.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import monotonic, sleep

from quart_chat.serving.standard_streams import fill_standard_streams

_logger = logging.getLogger(__name__)

Work = Callable[[socket.socket, Callable[[], None]], int]
"""Serves on a socket, calls back once it does, and returns an exit code. It can be pickled."""

_CONTEXT = get_context("spawn")
_PAUSE = 1.0
"""Seconds that a process has lived at least, before another is started in its place at once."""


class Workers:
    """Processes that do the same work.

    Args:
        work: What each of them does.
        count: How many they are.
        listener: The socket that they share.
        patience: Seconds that they have to end, once they are told to.
    """

    def __init__(self, work: Work, count: int, listener: socket.socket, patience: float) -> None:
        self._work = work
        self._count = count
        self._listener = listener
        self._patience = patience
        self._running: dict[SpawnProcess, float] = {}

    def run(self, ready: Callable[[], None]) -> int:
        """Run them until a signal comes, and return an exit code; ``ready`` is called once."""
        with _signalled() as signals:
            started = [self._start() for _ in range(self._count)]
            try:
                for process, connection in started:
                    if signals in wait([connection, signals]):
                        return 0
                    if not _says_ready(connection):
                        process.join()
                        return process.exitcode or 1
                ready()
                self._watch(signals)
            finally:
                self._stop()
        return 0

    def _start(self) -> tuple[SpawnProcess, Connection]:
        reader, writer = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_run, args=(self._work, self._listener, writer))
        process.start()
        writer.close()
        self._running[process] = monotonic()
        return process, reader

    def _watch(self, signals: socket.socket) -> None:
        while True:
            ended = wait([signals, *(process.sentinel for process in self._running)])
            if signals in ended:
                return
            for process in [each for each in self._running if each.sentinel in ended]:
                process.join()
                lived = monotonic() - self._running.pop(process)
                _logger.error(
                    "Process %d has ended with %s; another is started in its place.",
                    *(process.pid, process.exitcode),
                )
                if lived < _PAUSE:
                    sleep(_PAUSE)
                self._start()[1].close()

    def _stop(self) -> None:
        deadline = monotonic() + self._patience
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.join(max(0.0, deadline - monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()


def stop_signals() -> list[signal.Signals]:
    """The signals that tell a process to stop.

    A closed terminal sends SIGHUP; ``nohup`` has it ignored, and then it stays so.
    """
    found = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        found.append(signal.SIGHUP)
    return found


def stop_with_parent(stop: Callable[[], None]) -> None:
    """Have a callback called, on the running event loop, once the process that watches is dead."""
    parent = parent_process()
    if parent is not None:
        loop = asyncio.get_running_loop()
        sentinel = parent.sentinel

        def ended() -> None:
            loop.remove_reader(sentinel)
            stop()

        loop.add_reader(sentinel, ended)


def _run(work: Work, listener: socket.socket, writer: Connection) -> None:
    fill_standard_streams()

    def tell() -> None:
        # Of a process that was started later, this is not read.
        with suppress(OSError):
            writer.send(True)
        writer.close()

    raise SystemExit(work(listener, tell))


def _says_ready(connection: Connection) -> bool:
    try:
        return bool(connection.recv())
    except EOFError:
        return False
    finally:
        connection.close()


@contextmanager
def _signalled() -> Generator[socket.socket]:
    """A socket with something to read once a signal to stop has come."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in stop_signals()}
    descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()
