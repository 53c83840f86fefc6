"""A server that is out of file descriptors says so, once, and what to do about it.

Each connection is a descriptor. Without one left, asyncio reports each connection that it can't
accept, with a traceback every second; uvloop closes it and says nothing. So that it is told alike
under both, whether a descriptor is to be had is tried now and then.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

if sys.platform != "win32":
    # Not where it is used: to load it takes a descriptor.
    import resource

_logger = logging.getLogger(__name__)

_BEAT = 1.0
"""Seconds between two trials."""

_CALM = 4
"""Trials in a row that have to succeed until all is well again."""

_LEAST = 24
"""File descriptors that the server needs to start."""

_EXHAUSTED = {errno.EMFILE, errno.ENFILE}

_ACCEPT_FAILED = "socket.accept() out of system resource"
"""How asyncio's selector loops call it."""


class DescriptorWatch:
    """Notices when there are no descriptors left, and when there are again."""

    def __init__(self) -> None:
        self._exhausted = False
        self._calm = 0

    def look(self) -> None:
        """Try whether a descriptor is to be had."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            if error.errno in _EXHAUSTED:
                self.exhausted()
        else:
            self._available()

    def exhausted(self) -> None:
        """There is none."""
        self._calm = 0
        if not self._exhausted:
            self._exhausted = True
            _logger.error(
                "Out of file descriptors: connections are refused (limit %s). Raise the limit with"
                " `ulimit -n`, LimitNOFILE= of systemd or --ulimit nofile of Docker, and restart.",
                _limit(),
            )

    def _available(self) -> None:
        self._calm += 1
        # One is free for a moment whenever a connection ends.
        if self._exhausted and self._calm >= _CALM:
            self._exhausted = False
            _logger.warning("There are file descriptors again: connections are accepted.")

    async def run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(_BEAT)


@contextmanager
def watch_descriptors() -> Generator[None]:
    """Watch for the block, on the running loop."""
    watch, loop = DescriptorWatch(), asyncio.get_running_loop()
    earlier = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") == _ACCEPT_FAILED:
            watch.exhausted()
        elif earlier is None:
            loop.default_exception_handler(context)
        else:
            earlier(loop, context)

    loop.set_exception_handler(handle)
    task = loop.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        loop.set_exception_handler(earlier)


def too_few_descriptors() -> int | None:
    """The limit of file descriptors, where the server can't start with so few; else None."""
    limit = _limit()
    if isinstance(limit, str) or limit == resource.RLIM_INFINITY or limit >= _LEAST:
        return None
    return limit


def _limit() -> int | str:
    if sys.platform == "win32":
        return "unknown"
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
