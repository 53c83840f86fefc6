from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from quart import Response
from quart.typing import TestClientProtocol as Client

from quart_chat.errors import TooManyRequests
from quart_chat.web.slots import StreamSlots
from tests.app import create_test_app
from tests.web.streams import open_stream

EVENTS = "/api/events/user:local"


async def chunks() -> AsyncGenerator[bytes, None]:
    yield b"a"
    yield b"b"


async def test_a_slot_is_taken_until_the_body_is_read() -> None:
    slots = StreamSlots(1)
    with slots.take("ada") as slot:
        response = await slot.stream(Response(chunks()))
    assert slots.in_use("ada") == 1
    assert await response.get_data(as_text=False) == b"ab"
    assert slots.in_use("ada") == 0


async def test_a_slot_without_a_stream_is_free_after_the_block() -> None:
    slots = StreamSlots(1)
    with slots.take("ada"):
        assert slots.in_use("ada") == 1
    assert slots.in_use("ada") == 0


async def test_an_error_before_the_stream_frees_the_slot() -> None:
    slots = StreamSlots(1)
    with pytest.raises(ValueError, match="no chat"), slots.take("ada"):
        raise ValueError("no chat")
    assert slots.in_use("ada") == 0


async def test_a_response_that_is_never_sent_frees_its_slot() -> None:
    slots = StreamSlots(1)
    with slots.take("ada") as slot:
        response = await slot.stream(Response(chunks()))
    async with response.response:
        pass
    assert slots.in_use("ada") == 0


async def test_the_limit_is_for_each_user() -> None:
    slots = StreamSlots(1)
    with slots.take("ada"), slots.take("bob"):
        with pytest.raises(TooManyRequests), slots.take("ada"):
            pass
        assert slots.in_use("ada") == 1


async def test_a_stream_too_many_gets_429_until_one_closes(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_MAX_STREAMS": 1})
    async with app.test_app() as running:
        client = running.test_client()
        async with open_stream(client, "/api/stream"):
            assert (await refused(client)) == "too_many_requests"
        async with open_stream(client, "/api/stream"):
            pass


async def test_asking_for_the_head_of_a_stream_holds_nothing(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_MAX_STREAMS": 1})
    async with app.test_app() as running:
        client = running.test_client()
        for path in (EVENTS, "/api/stream", EVENTS):
            response = await client.head(path)
            assert response.status_code == 200
            assert response.mimetype == "text/event-stream"


async def test_a_prompt_without_a_slot_starts_nothing(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_MAX_STREAMS": 1})
    async with app.test_app() as running:
        client = running.test_client()
        async with open_stream(client, "/api/stream"):
            response = await client.post("/api/chatbot/start/stream", json={"prompt": "Hello"})
            assert response.status_code == 429
        listed = await (await client.get("/api/chatbot/workflows")).get_json()
        assert listed["workflows"] == []


async def refused(client: Client) -> str:
    response = await client.get(EVENTS)
    assert response.status_code == 429
    code: str = (await response.get_json())["error"]["code"]
    return code
