"""Caddy and Apache in front of the application, as the handbook configures them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import orjson
import pytest

from quart_chat.events.sse import StreamParser
from tests.chaos.client import plain_client
from tests.server import Server
from tests.services.proxies import run_apache, run_caddy

LARGE = b"A line of a long text.\n" * 300_000
"""About 7 MB: more than some proxies take by default."""


@pytest.fixture
def keepalive() -> str:
    """Seconds, longer than a test: nothing that follows pushes a piece of a stream through."""
    return "30"


@pytest.fixture
def server(start_server: Callable[..., Server], keepalive: str) -> Server:
    return start_server(env={"QUART_CHAT_EVENTS_KEEPALIVE": keepalive})


@pytest.fixture(params=[run_caddy, run_apache], ids=["caddy", "apache"])
async def http(
    request: pytest.FixtureRequest, server: Server, tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    folder = tmp_path / "proxy"
    folder.mkdir()
    folder.chmod(0o755)
    with request.param(server, folder) as url:
        async with plain_client(base_url=url, timeout=30) as client:
            yield client


def origin(http: httpx2.AsyncClient) -> dict[str, str]:
    """What a browser sends with what changes something."""
    return {"Origin": str(http.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}


async def stop_when_it_waits(http: httpx2.AsyncClient, root: str = "") -> None:
    """Start a round that waits after its first step, and stop it once that step has arrived.

    On a busy machine Caddy 2.6 cuts some responses to a POST short, whatever server they come from.
    So what it cuts is asked for again, by the id that makes it the same round.
    """
    body = {"prompt": "wait", "assistant": "slow", "requestId": secrets.token_hex(16)}
    types: list[str] = []
    is_cut = True
    while is_cut:
        is_cut = await _stop_once_a_step_arrives(http, root, body, types)
    assert types[-1] == "stopped"


async def _stop_once_a_step_arrives(
    http: httpx2.AsyncClient, root: str, body: dict[str, str], types: list[str]
) -> bool:
    """Read the round's stream to its end; whether Caddy has cut it."""
    async with http.stream(
        "POST", f"{root}/api/chatbot/start/stream", json=body, headers=origin(http)
    ) as response:
        assert response.status_code == 200
        parser = StreamParser()
        async for chunk in response.aiter_bytes():
            for frame in parser.feed(chunk):
                payload = orjson.loads(frame.data)
                types.append(payload["type"])
                if payload["type"] == "log" and "stopping" not in types:
                    # The assistant says nothing more: this has arrived although nothing followed.
                    types.append("stopping")
                    stop = f"{root}/api/chatbot/{payload['item']['workflowId']}/stop"
                    answer = await http.post(stop, headers=origin(http))
                    assert answer.json()["status"] == "stopped"
        return "Caddy" in response.headers.get_list("server") and types[-1:] != ["stopped"]


async def test_a_piece_of_a_stream_arrives_at_once_and_a_stop_does(
    http: httpx2.AsyncClient,
) -> None:
    await stop_when_it_waits(http)


async def test_pages_uploads_and_shared_chats_work(http: httpx2.AsyncClient) -> None:
    page = await http.get("/")
    assert page.status_code == 200
    assert "quart-chat" in page.text
    files = {"files": ("long.txt", LARGE, "text/plain")}
    uploaded = await http.post("/api/documents", files=files, headers=origin(http))
    assert uploaded.status_code in {200, 201, 202}, uploaded.text
    body = {"prompt": "count 3 0ms", "assistant": "slow"}
    answer = await http.post("/api/chatbot/start/stream", json=body, headers=origin(http))
    frames = [orjson.loads(frame.data) for frame in StreamParser().feed(answer.content)]
    chat = next(frame["item"]["id"] for frame in frames if frame["type"] == "workflow")
    shared = await http.post(f"/api/chatbot/workflows/{chat}/share", headers=origin(http))
    link = await http.get(shared.json()["path"])
    assert link.status_code == 200
    assert "1 2 3" in link.text


async def test_a_page_of_another_site_changes_nothing(http: httpx2.AsyncClient) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = await http.post("/api/chatbot/start/stream", json={"prompt": "Hi"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("keepalive", ["0.5"])
async def test_a_stream_that_is_left_leaves_nothing_behind(
    http: httpx2.AsyncClient, server: Server
) -> None:
    async with http.stream("GET", "/api/stream") as response:
        chunks = response.aiter_bytes()
        await anext(chunks)
        while await readers(server) == 0:
            pass
    while await readers(server) > 0:
        pass


async def readers(server: Server) -> float:
    async with plain_client(base_url=server.url) as direct:
        text = (await direct.get("/metrics")).text
    return float(text.partition("\nquart_chat_readers ")[2].partition("\n")[0])


async def test_the_metrics_are_not_open_through_a_proxy(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/metrics")).status_code == 404
    assert (await http.get("/readyz")).json() == {"ready": True}
