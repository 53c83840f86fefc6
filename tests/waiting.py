"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_TURNS = 100
"""Of the event loop, which are enough for what happens in this process alone."""

_PAUSE = 0.002
"""Seconds between two looks afterwards, in which other processes and threads have the core."""


async def until(condition: Callable[[], object], limit: float = 30.0) -> None:
    """Return once the condition holds; fail after ``limit`` seconds, where it never will."""
    async with asyncio.timeout(limit):
        turns = 0
        while not condition():
            await asyncio.sleep(0 if turns < _TURNS else _PAUSE)
            turns += 1
