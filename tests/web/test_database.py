"""A database that fails: a clear error, nothing lost, and the server goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from tests.app import create_test_app
from tests.databases import Lock
from tests.web.streams import ask, open_stream, workflow_id


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    """One whose requests do not wait long for the database."""
    config = {"QUART_CHAT_INSTANCE": tmp_path / "instance", "QUART_CHAT_DATABASE_TIMEOUT": "2"}
    return create_test_app(config)


async def test_a_database_locked_by_another_program_is_503_until_it_is_free(
    client: Client, tmp_path: Path
) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    with Lock(tmp_path / "instance") as other:
        other.take()
        response = await client.post(
            "/api/chatbot/start/stream", json={"prompt": "Hello", "workflowId": chat}
        )
        assert response.status_code == 503
        assert (await response.get_json())["error"]["code"] == "database_unavailable"
        assert (await client.get(f"/api/chatbot/{chat}/chatdata")).status_code == 200
    assert (await ask(client, "count 1 0ms", workflowId=chat))[-1]["item"]["roundNumber"] == 2


async def test_a_chat_is_opened_where_nothing_can_be_written(
    client: Client, tmp_path: Path
) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    with Lock(tmp_path / "instance") as other:
        other.take()
        assert (await client.get(f"/chat/{chat}")).status_code == 200


@pytest.mark.sqlite
async def test_a_stream_of_a_damaged_database_is_503(client: Client, tmp_path: Path) -> None:
    """Not a stream that says nothing."""
    path = tmp_path / "instance" / "chat.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(b"x" * path.stat().st_size)
    for _ in range(2):
        response = await client.get("/api/stream")
        assert response.status_code == 503
        assert (await response.get_json())["error"]["code"] == "database_unavailable"


async def test_a_stream_outlives_a_locked_database(client: Client, tmp_path: Path) -> None:
    async with open_stream(client, "/api/stream") as stream:
        await stream.until("reset")
        with Lock(tmp_path / "instance") as other:
            other.take()
            response = await client.post("/chat", form={"prompt": "Hello"})
            assert (response.status_code, response.mimetype) == (503, "text/html")
        chat = workflow_id(await ask(client, "count 1 0ms"))
        assert (await stream.until("workflow"))["item"]["id"] == chat
