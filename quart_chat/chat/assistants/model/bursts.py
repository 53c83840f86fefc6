"""What arrives together is taken together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import Self

MAX_BYTES = 64 * 1024 * 1024
"""Of one stream: some hundred times the longest answer that models give."""


class TooMuch(Exception):
    """A stream had more than MAX_BYTES."""


class Bursts:
    """Reads chunks in the background, and hands out all that have come since the last time.

    One read of a socket may hold many HTTP chunks, each a token; and while the reader was busy
    with one token the next have come. Either way they cost the reader one turn. Used with
    ``async with``: whatever it reads from is let go of at its end.
    """

    def __init__(self, chunks: AsyncIterable[bytes]) -> None:
        self._chunks = chunks
        self._held: list[bytes] = []
        self._arrived = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._fill())
        self._task.add_done_callback(lambda _: self._arrived.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _fill(self) -> None:
        size = 0
        async for chunk in self._chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                raise TooMuch
            self._held.append(chunk)
            self._arrived.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await self._arrived.wait()
        if not self._held:
            self._task.result()  # raises what the chunks have ended with
            raise StopAsyncIteration
        burst, self._held = b"".join(self._held), []
        if not self._task.done():
            self._arrived.clear()
        return burst
