"""A server that is told to stop tells its streams, keeps what was written, and is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2
import orjson
import pytest

from quart_chat.events.sse import StreamParser
from tests.server import ROOT, START_TIMEOUT, TEST_SERVER, Server, free_port

HYPERCORN = (sys.executable, "-m", "hypercorn")
BIND = ("--bind", "127.0.0.1:{port}")

COMMANDS: dict[str, dict[str, Any]] = {
    "quart-chat serve": {"command": TEST_SERVER},
    "hypercorn, a worker process": {
        "command": (*HYPERCORN, "tests.app:create_test_app()"),
        "address": BIND,
    },
    "hypercorn, no worker process": {
        "command": (*HYPERCORN, "--workers", "0", "tests.app:create_test_app()"),
        "address": BIND,
    },
    "hypercorn with hypercorn.toml": {
        "command": (*HYPERCORN, "-c", str(ROOT / "hypercorn.toml"), "tests.app:create_test_app()"),
        "address": BIND,
    },
    "quart run": {
        "command": (sys.executable, "-m", "quart", "--app", "tests.app:create_test_app", "run"),
        "address": ("--port", "{port}"),
        "port": free_port(),  # it prints the port that it was given
    },
}
"""Ways to serve the app. Streams end at once under each."""

PROCESSES = Path("/proc")
"""Where Linux shows what a process has open."""


@contextmanager
def streaming(url: str, path: str, **options: Any) -> Iterator[Iterator[bytes]]:
    method = "POST" if "json" in options else "GET"
    with httpx2.stream(method, url + path, timeout=20, **options) as response:
        assert response.status_code == 200
        yield response.iter_bytes()


def read_until(chunks: Iterator[bytes], parser: StreamParser, type_: str) -> dict[str, Any]:
    for chunk in chunks:
        for frame in parser.feed(chunk):
            item: dict[str, Any] = orjson.loads(frame.data)
            if item["type"] == type_:
                return item
    raise AssertionError(f"The stream has ended without {type_}.")


@pytest.mark.parametrize("name", COMMANDS)
def test_streams_get_a_last_word_and_the_server_is_gone(
    start_server: Callable[..., Server], name: str
) -> None:
    server = start_server(**COMMANDS[name])
    with ExitStack() as stack:
        parser = StreamParser()
        chunks = stack.enter_context(
            streaming(
                server.url,
                "/api/chatbot/start/stream",
                json={"prompt": "count 1000 20ms", "assistant": "slow"},
            )
        )
        chat = read_until(chunks, parser, "workflow")["item"]["id"]
        read_until(chunks, parser, "delta")
        idle = stack.enter_context(streaming(server.url, f"/api/stream?workflowId={chat}"))
        idle_parser = StreamParser()
        read_until(idle, idle_parser, "message")

        server.process.terminate()
        assert read_until(chunks, parser, "error")["item"]["code"] == "interrupted"
        read_until(idle, idle_parser, "error")
        for _ in idle_parser.feed(b"".join(idle)):
            pass
        assert server.wait(timeout=3.0) == 0, server.output
    assert idle_parser.comments
    assert idle_parser.retry is not None
    assert not [line for line in server.output if "Traceback" in line], server.output


def test_a_client_that_comes_back_misses_nothing(server: Server) -> None:
    parser = StreamParser()
    prompt = {"prompt": "count 1000 20ms", "assistant": "slow"}
    with streaming(server.url, "/api/chatbot/start/stream", json=prompt) as chunks:
        chat = read_until(chunks, parser, "workflow")["item"]["id"]
        read_until(chunks, parser, "delta")
        server.kill()
    server.start()
    path = f"/api/chatbot/{chat}/stream"
    last_id = {"Last-Event-ID": parser.last_event_id}
    with streaming(server.url, path, headers=last_id) as chunks:
        assert read_until(chunks, parser, "error")["item"]["code"] == "interrupted"
    snapshot = httpx2.get(f"{server.url}/api/chatbot/{chat}/chatdata").json()
    assert parser.last_event_id == str(snapshot["seq"])


@pytest.mark.parametrize(
    "options",
    [
        {"command": (*HYPERCORN, "quart_chat:create_app()"), "address": BIND},
        {
            "command": (sys.executable, "-m", "quart", "--app", "quart_chat", "run"),
            "address": ("--port", "{port}"),
            "port": free_port(),
        },
    ],
    ids=["hypercorn", "quart run"],
)
def test_other_commands_serve_the_page(
    start_server: Callable[..., Server], options: dict[str, Any]
) -> None:
    server = start_server(**options)
    page = httpx2.get(server.url)
    assert page.status_code == 200
    assert "Librarian" in page.text


def test_a_server_without_a_client_stops_at_once(server: Server) -> None:
    assert server.terminate(timeout=3.0) == 0


def test_a_closed_terminal_stops_it_like_sigterm(start_server: Callable[..., Server]) -> None:
    server = start_server(command=TEST_SERVER)
    parser = StreamParser()
    with streaming(server.url, "/api/stream") as chunks:
        read_until(chunks, parser, "pulse")
        server.process.send_signal(signal.SIGHUP)
        parser.feed(b"".join(chunks))
    assert parser.comments
    assert server.wait() == 0


def test_under_nohup_a_closed_terminal_stops_nothing(start_server: Callable[..., Server]) -> None:
    server = start_server(command=("nohup", *TEST_SERVER))
    server.process.send_signal(signal.SIGHUP)
    assert httpx2.get(f"{server.url}/healthz", timeout=20).json() == {"serving": True}
    assert server.terminate() == 0


@pytest.mark.nightly
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", ">/dev/full"])
def test_it_serves_and_stops_without_its_standard_streams(
    tmp_path: Path, streams: str, workers: str
) -> None:
    port = free_port()
    options = ("--port", str(port), "--workers", workers)
    command = ["sh", "-c", f'exec "$@" {streams}', "sh", *TEST_SERVER, *options]
    # With accounts the start prints a link as well.
    env = {**os.environ, "PYTHONPATH": str(ROOT), "QUART_CHAT_AUTH": "accounts"}
    with subprocess.Popen(command, cwd=tmp_path, env=env) as process:
        try:
            wait_until_served(port, process)
            if "<&-" in streams and PROCESSES.is_dir():
                for each in (process.pid, *children(process.pid)):
                    opened = [PROCESSES / str(each) / "fd" / str(number) for number in range(3)]
                    assert [found.readlink() for found in opened] == [Path(os.devnull)] * 3
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def children(process: int) -> list[int]:
    """The processes that one has started."""
    found = PROCESSES / str(process) / "task" / str(process) / "children"
    return [int(each) for each in found.read_text().split()]


def wait_until_served(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + START_TIMEOUT
    while process.poll() is None and monotonic() < deadline:
        with suppress(httpx2.ConnectError):
            answer = httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=START_TIMEOUT)
            assert answer.status_code == 200
            return
    raise AssertionError(f"The server has not started: {process.poll()}.")


def test_it_serves_from_an_empty_folder(server: Server, tmp_path: Path) -> None:
    assert (tmp_path / "instance" / "chat.sqlite").is_file()
    assert httpx2.get(server.url).status_code == 200
