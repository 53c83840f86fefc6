"""A large document is read while streams receive events: they lose nothing, and it is found."""

from __future__ import annotations

import asyncio
import json
import random
import time
from itertools import pairwise
from statistics import quantiles
from typing import Any

import httpx2
import pytest

from tests.chaos.client import FollowingClient, beside
from tests.chaos.test_cuts import ask, check, settled
from tests.server import Server

pytestmark = pytest.mark.long

STREAMS = 50
SIZE = 20_000_000


def large_text() -> bytes:
    chance = random.Random(20)
    words = [f"word{n}" for n in range(3000)]
    sentence = " ".join(chance.choice(words) for _ in range(80)) + ".\n\n"
    paragraphs = [sentence] * (SIZE // len(sentence))
    paragraphs[len(paragraphs) // 2] = "The zebra knows pomegranates.\n\n"
    return "".join(paragraphs).encode()


async def events_of(http: httpx2.AsyncClient, document_id: str) -> list[dict[str, Any]]:
    address = f"/api/events/document:{document_id}"
    async with http.stream("GET", address) as response:
        return [
            json.loads(line[6:])
            async for line in response.aiter_lines()
            if line.startswith("data: ")
        ]


async def measure_delays(http: httpx2.AsyncClient, chat: str, delays: list[float]) -> None:
    """From an event's time to its arrival, as one reader sees it."""
    async with http.stream("GET", f"/api/chatbot/{chat}/stream?follow=1") as response:
        async for line in response.aiter_lines():
            if line.startswith('data: {"type":"delta"'):
                delay = time.time() - json.loads(line[6:])["createdAt"]
                delays.append(delay)


async def test_a_large_document_is_read_beside_streams_and_found(server: Server) -> None:
    async with httpx2.AsyncClient(base_url=server.url, timeout=120) as http:
        chat = await ask(http, None, words=3)
        clients = [FollowingClient(server.url, chat) for _ in range(STREAMS)]
        delays: list[float] = []
        works = [client.follow() for client in clients]
        async with beside([*works, measure_delays(http, chat, delays)]):
            body = {"prompt": "count 10000 20ms", "assistant": "slow", "workflowId": chat}
            async with http.stream("POST", "/api/chatbot/start/stream", json=body) as running:
                assert running.status_code == 200
                await asyncio.gather(*(client.written(2, 1) for client in clients))
                content = await asyncio.to_thread(large_text)
                uploaded = await http.post("/api/documents", files={"files": ("a.txt", content)})
                document = uploaded.json()["documents"][0]
                told = await events_of(http, document["id"])
            await http.post(f"/api/chatbot/{chat}/stop")
            final = await settled(http, chat)
            await asyncio.gather(*(client.reached(final["seq"]) for client in clients))
        for client in clients:
            check(client, final)
        assert told[-1]["type"] == "complete"
        progress = [event for event in told if event["type"] == "progress"]
        fractions = [event["item"]["progress"] for event in progress]
        assert fractions == sorted(fractions)
        question = {"prompt": "What does the zebra know?", "assistant": "librarian"}
        answer = await http.post("/api/chatbot/start/stream", json=question)
        assert f"/documents/{document['id']}" in answer.text
    gap = max(after["createdAt"] - before["createdAt"] for before, after in pairwise(progress))
    p99 = quantiles(delays, n=100)[98]
    print(f"longest gap in progress {gap:.2f} s, p99 of delivery {p99 * 1000:.0f} ms")  # noqa: T201
