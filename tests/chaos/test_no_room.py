"""A real server whose files can't grow, as on a full disk, while an answer is written.

RLIMIT_FSIZE is set from outside, for the running process: each write that would make a file longer
fails, of the database as of its log, and it takes no root and no file system of its own.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from quart_chat.events.sse import StreamParser
from tests.server import Server
from tests.test_shutdown import read_until, streaming

pytestmark = pytest.mark.long

START = "/api/chatbot/start/stream"


@contextmanager
def no_room(server: Server) -> Iterator[None]:
    pid = server.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        if server.process.poll() is None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("words", "end"), [(300, "complete"), (100_000, "stopped")])
def test_an_answer_keeps_its_end_until_there_is_room(server: Server, words: int, end: str) -> None:
    parser = StreamParser()
    prompt = {"prompt": f"count {words} 5ms", "assistant": "slow"}
    with streaming(server.url, START, json=prompt) as chunks:
        chat = read_until(chunks, parser, "workflow")["item"]["id"]
        read_until(chunks, parser, "delta")
        with no_room(server):
            assert read_until(chunks, parser, "status")["item"]["code"] == "database_unavailable"
            if end == "complete":
                while f"{words} " not in read_until(chunks, parser, "delta")["item"]["text"]:
                    pass
                # The assistant ends while the server tells of its trouble once more, and again.
                for _ in range(2):
                    read_until(chunks, parser, "status")
            stopped = httpx2.post(f"{server.url}/api/chatbot/{chat}/stop", timeout=30)
            assert (stopped.status_code, stopped.json()["status"]) == (200, end)
            refused = httpx2.post(server.url + START, json={"prompt": "Hello"}, timeout=30)
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "database_unavailable"
        read_until(chunks, parser, end)
    data = httpx2.get(f"{server.url}/api/chatbot/{chat}/chatdata").json()
    assert data["running"] is False
    messages = [i["item"] for i in data["items"] if i["type"] == "message"]
    assert messages[-1]["status"] == end


def test_a_server_that_stops_without_room_says_what_is_lost(server: Server) -> None:
    parser = StreamParser()
    prompt = {"prompt": "count 100000 5ms", "assistant": "slow"}
    with streaming(server.url, START, json=prompt) as chunks:
        chat = read_until(chunks, parser, "workflow")["item"]["id"]
        read_until(chunks, parser, "delta")
        with no_room(server):
            read_until(chunks, parser, "status")
            server.process.terminate()
            assert server.wait(30.0) == 0
            assert [line for line in server.output if f"of chat {chat} is lost" in line]
            assert not [line for line in server.output if "Traceback" in line], server.output
    server.restart()
    data = httpx2.get(f"{server.url}/api/chatbot/{chat}/chatdata").json()
    assert [i["item"]["code"] for i in data["items"] if i["type"] == "error"] == ["interrupted"]
