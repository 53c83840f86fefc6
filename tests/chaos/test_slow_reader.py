"""A reader that stops reading costs the server next to nothing, and keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.chaos.client import FollowingClient
from tests.chaos.test_cuts import ask, check, settled
from tests.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

EVENTS = 100_000
GROWTH = 5 * 1024 * 1024


def memory(pid: int) -> int:
    """Bytes of memory that are a process's own (proc(5): "RssAnon")."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024


async def report_progress(http: httpx2.AsyncClient, chat: str, times: int) -> None:
    """Have a round emit that many events, and wait for its end."""
    await settled(http, chat)
    body = {"prompt": f"progress {times}", "assistant": "slow", "workflowId": chat}
    async with http.stream("POST", "/api/chatbot/start/stream", json=body) as response:
        assert response.status_code == 200
    await settled(http, chat)


async def test_a_reader_that_stops_reading_costs_little_and_ends_right(server: Server) -> None:
    async with httpx2.AsyncClient(base_url=server.url, timeout=120) as http:
        chat = await ask(http, None, words=3)
        await report_progress(http, chat, 5000)  # all that a first time takes is taken
        stalled, healthy = (FollowingClient(server.url, chat) for _ in range(2))
        following = [asyncio.create_task(client.follow()) for client in (stalled, healthy)]
        try:
            async with asyncio.timeout(120):
                seq = (await settled(http, chat))["seq"]
                await asyncio.gather(stalled.reached(seq), healthy.reached(seq))
                stalled.reading.clear()
                before = memory(server.process.pid)
                await report_progress(http, chat, EVENTS)
                final = await settled(http, chat)
                await healthy.reached(final["seq"])
                growth = memory(server.process.pid) - before
                assert stalled.seq < final["seq"]
                stalled.reading.set()
                await stalled.reached(final["seq"])
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)
    for client in (stalled, healthy):
        check(client, final)
    assert growth < GROWTH, f"{growth / 1024 / 1024:.1f} MB"
    print(f"the server's memory grew by {growth / 1024 / 1024:.2f} MB")  # noqa: T201


async def test_a_reader_that_stops_reading_does_not_keep_the_server_from_stopping(
    server: Server,
) -> None:
    async with httpx2.AsyncClient(base_url=server.url, timeout=120) as http:
        chat = await ask(http, None, words=3)
        stalled = FollowingClient(server.url, chat)
        following = asyncio.create_task(stalled.follow())
        try:
            await stalled.reached((await settled(http, chat))["seq"])
            stalled.reading.clear()
            await report_progress(http, chat, 50_000)  # more than all buffers between take
            code = await asyncio.to_thread(server.terminate, 3.0)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    assert code == 0, server.output
