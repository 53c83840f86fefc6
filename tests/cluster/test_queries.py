"""Open streams on the node that does not run the round do not read the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from quart_chat.storage.postgres.database import Database as PostgresDatabase
from quart_chat.storage.sqlite.file.database import Database as SQLiteDatabase
from tests import databases
from tests.chaos.client import plain_client
from tests.chaos.test_cuts import running_app
from tests.cluster.conftest import StartNode
from tests.cluster.nodes import Client, asked
from tests.server import Server

STREAMS = 20
WORDS = 300


async def test_streams_of_another_nodes_round_make_no_query(
    start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[asyncio.Task[object] | None] = []
    engine = SQLiteDatabase if databases.current is None else PostgresDatabase
    reading = engine.reading

    @asynccontextmanager
    async def counted(database: Any) -> AsyncGenerator[Any]:
        reads.append(asyncio.current_task())
        async with reading(database) as session:
            yield session

    monkeypatch.setattr(engine, "reading", counted)
    monkeypatch.setenv("QUART_CHAT_BROKER", "bus")
    here = start_node()
    length = sum(len(f"{word} ") for word in range(1, WORDS + 1))
    async with running_app(here.instance) as (url, _):
        there = Server(instance=here.instance)
        there.url = url
        async with asked(here, f"count {WORDS} 5ms") as chat:
            clients = [Client(chat, there) for _ in range(STREAMS)]
            tasks = [asyncio.create_task(client.follow()) for client in clients]
            await asyncio.gather(*(client.written(1, 1) for client in clients))
            opened = set(map(id, reads))
            count = len(reads)
            await asyncio.gather(*(client.written(1, length - 10) for client in clients))
            # What the node itself does with each beat is no stream's.
            streams = [task for task in reads[count:] if id(task) in opened]
            assert streams == []
            assert count >= STREAMS
            async with plain_client(base_url=url, timeout=30) as http:
                assert (await http.post(f"/api/chatbot/{chat}/stop")).status_code == 200
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
