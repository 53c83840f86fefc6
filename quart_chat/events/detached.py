"""Streams that the server does not wait for when it ends."""

from __future__ import annotations

import asyncio

_ENDING = 1.5
"""Seconds that streams which have been told to end have to send what is left."""


class DetachedStreams:
    """The tasks of streams that have left their server, until each has ended."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, stream: asyncio.Task[None]) -> None:
        """Wait for a stream, too."""
        self._tasks.add(stream)
        stream.add_done_callback(self._tasks.discard)

    def cut_off_later(self) -> None:
        """Cancel the streams that have not ended in a while."""
        if self._tasks:
            asyncio.get_running_loop().call_later(_ENDING, self._cut_off)

    def _cut_off(self) -> None:
        for stream in self._tasks:
            stream.cancel()

    async def wait(self) -> None:
        """Wait until all have ended."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))
