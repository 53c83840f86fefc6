"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], limit: float = 30.0) -> None:
    """Return once the condition holds; fail after ``limit`` seconds, where it never will."""
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)
