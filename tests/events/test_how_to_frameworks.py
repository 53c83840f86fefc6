"""The programs of the how-to, served for real: joins, cuts, returns and the end of the server."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from quart_chat.events.sse import Frame, StreamParser
from tests.examples import examples
from tests.server import ROOT, Server, free_port

PAGE = (ROOT / "docs/how-to/stream-from-starlette-fastapi-or-django.md").read_text("utf-8")
PROGRAMS = dict(
    re.findall(
        r"^## ([^\n]+)\n+(?:[^\n`#]*\n+)*?```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    )
)

SERVERS: dict[str, dict[str, Any]] = {
    "uvicorn": {
        "command": (sys.executable, "-m", "uvicorn", "jobs:app"),
        "address": ("--port", "{port}"),
    },
    "granian": {
        "command": (sys.executable, "-m", "granian", "--interface", "asgi", "jobs:app"),
        "address": ("--port", "{port}"),
    },
    "hypercorn": {
        "command": (sys.executable, "-m", "hypercorn", "jobs:app"),
        "address": ("--bind", "127.0.0.1:{port}"),
    },
}

Cut = tuple[int, float]
"""After how many chunks a reader is cut off, and in which part of the chunk."""

cuts = st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=3)


@dataclass
class Reader:
    """A client that is cut off, comes back with the last id it had, and reads to the end."""

    http: httpx2.AsyncClient
    url: str
    parser: StreamParser = field(default_factory=StreamParser)
    frames: list[Frame] = field(default_factory=list)

    async def run(self, cuts: list[Cut]) -> list[int]:
        for chunks, part in cuts:
            await self._read(chunks, part)
        while not self._has_ended:
            await self._read()
        async with self._open() as response:
            assert response.status_code == 204
        return [orjson.loads(frame.data)["item"]["n"] for frame in self.frames]

    @property
    def _has_ended(self) -> bool:
        return bool(self.frames) and orjson.loads(self.frames[-1].data)["type"] == "complete"

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[httpx2.Response, None]:
        last_id = self.parser.last_event_id
        # What was begun when the connection broke is lost with it.
        self.parser = StreamParser(last_id)
        headers = {"Last-Event-ID": last_id} if last_id else {}
        async with self.http.stream("GET", self.url, headers=headers) as response:
            yield response

    async def _read(self, chunks: int | None = None, part: float = 0.0) -> None:
        if self._has_ended:
            return
        async with self._open() as response:
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert response.headers["cache-control"] == "no-cache, no-transform"
            assert {"x-event-stream", "content-length"}.isdisjoint(response.headers)
            count = 0
            async for chunk in response.aiter_raw():
                if count == chunks:
                    self.frames += self.parser.feed(chunk[: int(len(chunk) * part)])
                    return
                self.frames += self.parser.feed(chunk)
                count += 1


async def emit_and_read(
    url: str, readers: list[tuple[int, list[Cut]]], texts: list[str]
) -> list[list[int]]:
    """Emit events, with readers that join before, between and after them."""
    limits = httpx2.Limits(max_connections=None)
    async with (
        asyncio.timeout(30),
        httpx2.AsyncClient(limits=limits, timeout=20, trust_env=False) as http,
        asyncio.TaskGroup() as group,
    ):
        reading = []
        for n in range(len(texts) + 1):
            for late, cuts in readers:
                if min(late, len(texts)) == n:
                    reading.append(group.create_task(Reader(http, url).run(cuts)))
            text = texts[n] if n < len(texts) else "the end"
            type_ = "progress" if n < len(texts) else "complete"
            event = {"type": type_, "data": {"n": n, "text": text}}
            assert (await http.post(url, json=event)).status_code == 204
    return [task.result() for task in reading]


async def read_farewell(server: Server) -> bytes:
    """What a stream is sent when the server is told to stop."""
    async with (
        asyncio.timeout(30),
        httpx2.AsyncClient(timeout=20, trust_env=False) as http,
        http.stream("GET", f"{server.url}/jobs/idle") as response,
    ):
        chunks = response.aiter_raw()
        assert (await anext(chunks)).startswith(b"retry: ")
        server.process.terminate()
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("program", ["Starlette", "FastAPI", "Django", "No framework at all"])
@pytest.mark.parametrize("name", SERVERS)
def test_a_program_of_the_how_to_streams_exactly_under_each_server(
    start_server: Callable[..., Server], tmp_path: Path, name: str, program: str
) -> None:
    (tmp_path / "jobs.py").write_text(PROGRAMS[program])
    # Not every server says where it is listening, or can choose a port by itself.
    server = start_server(
        **SERVERS[name], port=free_port(), env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}
    )
    jobs = iter(range(1_000))

    @hypothesis_settings(max_examples=examples(5))
    @given(
        readers=st.lists(st.tuples(st.integers(0, 8), cuts), min_size=1, max_size=4),
        texts=st.lists(st.text(max_size=20), max_size=6),
    )
    def run(readers: list[tuple[int, list[Cut]]], texts: list[str]) -> None:
        url = f"{server.url}/jobs/{next(jobs)}"
        seen = asyncio.run(emit_and_read(url, readers, texts))
        assert seen == [list(range(len(texts) + 1))] * len(readers)

    run()
    shutdown_frames = asyncio.run(read_farewell(server))
    assert b": the server is restarting\nretry: " in shutdown_frames
    # uvicorn ends by the signal that it was sent.
    assert server.wait(15) in {0, -signal.SIGTERM}, server.output
    assert not [line for line in server.output if "Traceback" in line], server.output
