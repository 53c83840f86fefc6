"""Open streams that receive events do not read the database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from quart_chat.storage.sqlite.file.connection import Session
from quart_chat.storage.sqlite.file.database import Database
from tests.chaos.client import FollowingClient
from tests.chaos.test_cuts import ask, running_app

pytestmark = pytest.mark.long

STREAMS = 100
SECONDS = int(os.environ.get("QUERY_SECONDS", "3"))
"""How long an answer is written while the streams are watched; a minute shows no more."""


async def test_open_streams_that_receive_events_make_no_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    reading = Database.reading

    @asynccontextmanager
    async def counted(database: Database) -> AsyncGenerator[Session]:
        nonlocal reads
        reads += 1
        async with reading(database) as session:
            yield session

    monkeypatch.setattr(Database, "reading", counted)
    async with running_app(tmp_path) as (url, _), httpx2.AsyncClient(base_url=url) as http:
        chat = await ask(http, None, words=3)
        clients = [FollowingClient(url, chat) for _ in range(STREAMS - 1)]
        following = [asyncio.create_task(client.follow()) for client in clients]
        words = 100 * SECONDS
        length = sum(len(f"{word} ") for word in range(1, words + 1))
        body = {"prompt": f"count {words} 10ms", "assistant": "slow", "workflowId": chat}
        try:
            await asyncio.gather(*(client.reached(1) for client in clients))
            async with http.stream("POST", "/api/chatbot/start/stream", json=body) as response:
                assert response.status_code == 200
                await asyncio.gather(*(client.written(2, 1) for client in clients))
                opened = reads
                await asyncio.gather(*(client.written(2, length - 10) for client in clients))
                assert reads == opened
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)
    assert opened >= STREAMS  # opening a stream does read, which shows that reading is counted
