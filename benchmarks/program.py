"""The program part: how soon it is there, what it holds when idle, and how its pages feel."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from importlib.util import find_spec

from benchmarks.client import Deliveries
from benchmarks.contestants import Contestant
from benchmarks.scenarios import Outcome, Sizes
from benchmarks.server import CLIENT_CORE, Server, pin

_INDEXING = 2.0
"""Seconds after which the handbook is indexed, which is begun a second after the start."""


async def start(program: Contestant) -> list[Outcome]:
    """Start it in an empty folder, take its first page, and let it rest."""
    began = time.monotonic()
    async with Server(program) as server:
        await _get(server.port, "/")
        waited = time.monotonic() - began
        await asyncio.sleep(_INDEXING)
        await server.rest()
        figures = {"first_page_ms": waited * 1e3, "idle_mb": server.memory() / 1e6}
    return [Outcome("start", figures, Deliveries())]


async def _get(port: int, path: str) -> None:
    """Fetch a whole page."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    response = await reader.read()
    writer.close()
    if not response.startswith(b"HTTP/1.1 200 ") or b"</html>" not in response:
        raise RuntimeError(f"{path} is no page: {response[:200]!r}")


async def pages(sizes: Sizes) -> list[Outcome]:
    """Open, weigh and use pages in Chromium, with the app and the helpers of the tests."""
    if find_spec("playwright") is None or not shutil.which("chromium"):
        print("no pages: they need 'make .venv/.test chromium'", file=sys.stderr)
        return []
    from benchmarks.pages import measure

    # A browser has more processes than one core is for.
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        return [Outcome("pages", await measure(sizes.long_answers), Deliveries())]
    finally:
        pin(0, CLIENT_CORE)
