"""The chat part: whole conversations, from a prompt to the last token of its answer, and stops."""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import orjson

from benchmarks.client import Deliveries
from benchmarks.contestants.with_accounts import SESSIONS
from benchmarks.endpoint import make_answer
from benchmarks.scenarios import Outcome, Sizes
from benchmarks.server import Server
from benchmarks.talk import Reply, Talk, read_answer

TOKENS = 200
_PATIENCE = 60.0
_SETTLE = 0.2
_MOMENTS = {"mute-0": 0.1, "0-0": 0.1, "200-50": 1.0, "99999-5000": 1.0}
"""Models that are stopped before the head of the response, before the first token, in mid-answer
and in a burst, and the seconds within which that happens."""

_EVERYTHING = """
SELECT prompts.content, answers.content FROM rounds
JOIN messages AS prompts USING (workflow_id)
JOIN messages AS answers USING (workflow_id)
JOIN logs USING (workflow_id)
WHERE rounds.status = 'complete' AND logs.status = 'completed'
AND prompts.role = 'user' AND prompts.html IS NOT NULL
AND answers.role = 'assistant' AND answers.status = 'complete' AND answers.html IS NOT NULL
"""
"""Prompts and answers of the chats of which every item is stored, and final."""

_serial = itertools.count()


@asynccontextmanager
async def _talks(server: Server, count: int) -> AsyncGenerator[list[Talk]]:
    loop = asyncio.get_running_loop()
    talks = [
        (await loop.create_connection(partial(Talk, session), "127.0.0.1", server.port))[1]
        for session in _sessions(server, count)
    ]
    try:
        # What is loaded with the first answer is no cost of a conversation.
        await talks[0].ask(_new_prompt(), f"{TOKENS}-0")
        await asyncio.sleep(_SETTLE)
        yield talks
    finally:
        for talk in talks:
            talk.close()
        await asyncio.sleep(_SETTLE)


def _sessions(server: Server, count: int) -> list[str] | list[None]:
    """The secrets of as many sessions, where the server asks for them."""
    path = server.folder / SESSIONS
    return path.read_text().splitlines()[:count] if path.exists() else [None] * count


def _new_prompt() -> str:
    return f"conversation-{next(_serial)}"


async def paced(server: Server, endpoint: Server, sizes: Sizes) -> list[Outcome]:
    """Answers at the pace of a model, a prompt every few hundredths of a second to begin with."""
    spread = sizes.chat_spread / sizes.chats
    return [await _converse(server, sizes, "chat-paced", sizes.chat_rate, 1, spread)]


async def flat_out(server: Server, endpoint: Server, sizes: Sizes) -> list[Outcome]:
    """Answers as fast as they come, all prompts at the same moment, then each after an answer."""
    return [await _converse(server, sizes, "chat-flat-out", 0, sizes.chats_each, 0.0)]


async def _converse(
    server: Server, sizes: Sizes, scenario: str, rate: float, each: int, spread: float
) -> Outcome:
    async def converse(place: int, talk: Talk) -> list[Reply]:
        await asyncio.sleep(place * spread)
        return [await talk.ask(_new_prompt(), f"{TOKENS}-{rate:g}") for _ in range(each)]

    async with _talks(server, sizes.chats) as talks, asyncio.timeout(_PATIENCE):
        began, cpu, busy = time.monotonic(), server.cpu_seconds(), time.process_time()
        together = await asyncio.gather(*map(converse, itertools.count(), talks))
        elapsed = time.monotonic() - began
        busy = time.process_time() - busy
        # What is done for an answer once its stream has ended is a cost of it, too.
        await asyncio.sleep(_SETTLE)
        cpu = server.cpu_seconds() - cpu
    replies = list(itertools.chain.from_iterable(together))
    waits = quantiles([reply.waited / 1e6 for reply in replies], n=100, method="inclusive")
    figures = {
        "cpu_ms": cpu * 1e3 / len(replies),
        "tokens_s": len(replies) * TOKENS / elapsed,
        "first_p50_ms": waits[49],
        "first_p99_ms": waits[98],
        "client_busy": busy / elapsed,
    }
    stored = _read_stored(server.folder) if server.contestant.stores else None
    return Outcome(scenario, figures, _compare(replies, stored))


def _compare(replies: Iterable[Reply], stored: dict[str, str] | None) -> Deliveries:
    """Compare what was delivered, and what is stored, with what the endpoint sent."""
    found = Deliveries()
    for reply in replies:
        expected = make_answer(reply.prompt, TOKENS)
        whole = read_answer(reply.response) == expected
        found.expected += TOKENS
        found.received += TOKENS if whole else 0
        found.lost += 0 if whole else TOKENS
        found.unstored += stored is not None and stored.get(reply.prompt) != expected
    return found


def _read_stored(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(f"file:{folder}/chat.sqlite?mode=ro", uri=True)) as connection:
        return dict(connection.execute(_EVERYTHING).fetchall())


async def stops(server: Server, endpoint: Server, sizes: Sizes) -> list[Outcome]:
    """Stops at random moments: how long until the connection to the endpoint is closed."""
    if not server.contestant.stores:
        return []  # nothing that a person could stop
    chance = random.Random(20)
    models = itertools.cycle(_MOMENTS)
    waits: list[float] = []
    async with _talks(server, 2) as (asking, stopping), asyncio.timeout(_PATIENCE):
        for _ in range(sizes.stops):
            prompt, model = _new_prompt(), next(models)
            asked = asyncio.create_task(asking.ask(prompt, model))
            await _wait_for_running(endpoint, 1)
            await asyncio.sleep(chance.uniform(0, _MOMENTS[model]))
            began = time.monotonic_ns()
            await stopping.stop(asking.workflow_id)
            await asked
            state = await _wait_for_running(endpoint, 0)
            waits.append((state["closed"][prompt][0] - began) / 1e6)
    figures = {"stop_p50_ms": median(waits), "stop_max_ms": max(waits)}
    return [Outcome("stops", figures, Deliveries())]


async def _wait_for_running(endpoint: Server, count: int) -> dict[str, Any]:
    """Wait until the endpoint has so many answers under way; what it tells then."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
        writer.write(b"GET /state HTTP/1.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.rpartition(b": ")[2])
        state: dict[str, Any] = orjson.loads(await reader.readexactly(length))
        writer.close()
        if state["running"] == count:
            return state
        await asyncio.sleep(0.002)


Scene = Callable[[Server, Server, Sizes], Awaitable[list[Outcome]]]

SCENES: tuple[Scene, ...] = (
    stops,
    *(paced, flat_out, flat_out) * 5,
)
