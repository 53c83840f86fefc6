"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

_AT_ONCE = 0.25
"""Seconds in which each turn of the event loop looks: some tests need the moment at which it holds,
and what happens in this process alone takes no longer."""

_PAUSE = 0.002
"""Seconds between two looks afterwards, in which other processes and threads have the core."""


async def until(condition: Callable[[], object], limit: float = 30.0) -> None:
    """Return once the condition holds; fail after ``limit`` seconds, where it never will."""
    begun = monotonic()
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - what it looks at tells nothing
            await asyncio.sleep(0 if monotonic() - begun < _AT_ONCE else _PAUSE)
