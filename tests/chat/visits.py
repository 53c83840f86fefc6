"""Connections that come after a while, are read for a while and are cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.chat.client import Client, spare

turns = st.integers(0, 40)
"""Turns of the event loop."""


@dataclass(frozen=True)
class Visit:
    """A connection: it comes after some turns, with or without a cursor, and is cut.

    Between two chunks it takes its time.
    """

    after: int
    chunks: int
    cut_at: int
    forgetful: bool
    pause: int


visits = st.builds(
    Visit, turns, st.integers(0, 8), st.integers(0, 400), st.booleans(), st.integers(0, 6)
)


async def pause(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def read_and_cut(client: Client, stream: AsyncGenerator[bytes, None], visit: Visit) -> None:
    """Read some chunks, the last of them cut at any byte."""
    client.connect()
    try:
        for remaining in reversed(range(visit.chunks)):
            async with asyncio.timeout(0.02):
                chunk = await anext(stream)
            client.feed(chunk if remaining else chunk[: spare(chunk, visit.cut_at)])
            await pause(visit.pause)
    except (TimeoutError, StopAsyncIteration):
        # Nothing more came: as good a moment to be cut off as any.
        pass
    finally:
        await stream.aclose()
