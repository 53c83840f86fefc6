from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from quart import Quart, Response
from quart.typing import TestClientProtocol as Client

from quart_chat.errors import TooManyRequests
from quart_chat.events.quart import Events, stream_response
from quart_chat.web.stream_limiter import StreamLimiter
from tests.app import create_test_app
from tests.web.streams import open_stream

EVENTS = "/api/events/user:local"


@pytest.fixture
def stream_limiter() -> StreamLimiter:
    return StreamLimiter(1)


@pytest.fixture
async def streaming(stream_limiter: StreamLimiter) -> AsyncGenerator[Client, None]:
    """An app with a stream that takes a slot, and a response that leaves its stream aside."""
    app = Quart(__name__)
    Events(app)

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield f"data: {stream_limiter.in_use('ada')}\n\n".encode()

    @app.get("/stream")
    async def stream() -> Response:
        with stream_limiter.take("ada") as slot:
            return slot.stream(stream_response(chunks()))

    @app.get("/aside")
    async def aside() -> str:
        with stream_limiter.take("ada") as slot:
            slot.stream(stream_response(chunks()))
        return "Something else."

    async with app.test_app() as running:
        yield running.test_client()


async def test_a_slot_is_taken_until_the_body_is_read(
    stream_limiter: StreamLimiter, streaming: Client
) -> None:
    response = await streaming.get("/stream")
    assert (await response.get_data(as_text=False)).endswith(b"data: 1\n\n")
    assert stream_limiter.in_use("ada") == 0


async def test_a_slot_without_a_stream_is_free_after_the_block() -> None:
    stream_limiter = StreamLimiter(1)
    with stream_limiter.take("ada"):
        assert stream_limiter.in_use("ada") == 1
    assert stream_limiter.in_use("ada") == 0


async def test_an_error_before_the_stream_frees_the_slot() -> None:
    stream_limiter = StreamLimiter(1)
    with pytest.raises(ValueError, match="no chat"), stream_limiter.take("ada"):
        raise ValueError("no chat")
    assert stream_limiter.in_use("ada") == 0


@pytest.mark.parametrize(("method", "path"), [("GET", "/aside"), ("HEAD", "/stream")])
async def test_a_stream_that_is_never_sent_frees_its_slot(
    stream_limiter: StreamLimiter, streaming: Client, method: str, path: str
) -> None:
    response = await (streaming.head(path) if method == "HEAD" else streaming.get(path))
    assert response.status_code == 200
    assert stream_limiter.in_use("ada") == 0


async def test_the_limit_is_for_each_user() -> None:
    stream_limiter = StreamLimiter(1)
    with stream_limiter.take("ada"), stream_limiter.take("bob"):
        with pytest.raises(TooManyRequests), stream_limiter.take("ada"):
            pass
        assert stream_limiter.in_use("ada") == 1


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
