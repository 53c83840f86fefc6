"""The page about writing an assistant: its example runs, in each way that it names."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import orjson
import pytest

from quart_chat import create_app
from quart_chat.events.sse import StreamParser
from tests.server import ROOT, Server

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
PAGE = (ROOT / "docs/how-to/write-an-assistant.md").read_text("utf-8")
SERVE = (sys.executable, "-c", "from quart_chat.cli import main; raise SystemExit(main())", "serve")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


EXAMPLE, OFFER, TEST = blocks("python")
(PROJECT,) = blocks("toml")
(COMMAND,) = blocks("sh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tally.py").write_text(EXAMPLE)
    return tmp_path


def ask(server: Server) -> list[dict[str, Any]]:
    response = httpx2.post(
        f"{server.url}/api/chatbot/start/stream",
        json={"prompt": "one two two", "assistant": "tally"},
        trust_env=False,
    )
    assert response.status_code == 200
    return [orjson.loads(frame.data) for frame in StreamParser().feed(response.content)]


def assert_it_counts(items: list[dict[str, Any]]) -> None:
    logs = [item["item"] for item in items if item["type"] == "log"]
    whole, part = logs[0], logs[1]
    assert whole["parentId"] is None
    assert part["parentId"] == whole["id"]
    states = [(log["message"], log["status"], log["progress"]) for log in logs]
    assert states == [
        ("Counting words", "running", None),
        ("Reading message 1", "running", None),
        ("3 words in message 1", "completed", None),
        ("Counted 3 words", "completed", None),
    ]
    assert logs[-1]["durationMs"] >= logs[2]["durationMs"] > 0
    assert all(earlier["timestamp"] <= later["timestamp"] for earlier, later in pairwise(logs[:2]))
    answer = [item["item"] for item in items if item["type"] == "message"][-1]
    assert answer["content"] == "The words that come up most:\n\n- two: 2\n- one: 1\n"
    assert items[-1]["type"] == "complete"


def test_the_setting_offers_a_file_of_the_folder_where_the_server_starts(
    folder: Path, start_server: Callable[..., Server]
) -> None:
    assignment, *command = COMMAND.split()
    assert command == ["quart-chat", "serve"]
    name, _, value = assignment.partition("=")
    server = start_server(command=SERVE, instance=folder / "instance", env={name: value})
    assert_it_counts(ask(server))


@pytest.mark.long
def test_an_installed_package_offers_it_by_itself(
    folder: Path, start_server: Callable[..., Server]
) -> None:
    project, installed, empty = folder / "project", folder / "installed", folder / "empty"
    for path in (project, empty):
        path.mkdir()
    (folder / "tally.py").rename(project / "tally.py")
    (project / "pyproject.toml").write_text(PROJECT)
    subprocess.run(
        [*PIP, "install", "--no-deps", "--target", str(installed), str(project)],
        check=True,
        timeout=300,
    )
    server = start_server(
        command=SERVE, instance=empty / "instance", env={"PYTHONPATH": f"{ROOT}:{installed}"}
    )
    assert_it_counts(ask(server))


async def test_an_app_offers_it_and_it_is_tested_without_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("tally")
    exec(EXAMPLE, vars(module))  # noqa: S102 - the page's own example
    monkeypatch.setitem(sys.modules, "tally", module)
    monkeypatch.setenv("QUART_CHAT_INSTANCE", str(tmp_path / "instance"))
    names: dict[str, Any] = {"Question": None}
    exec(OFFER, names)  # noqa: S102
    assert isinstance(names["app"], type(create_app()))
    body = "".join(f"    {line}\n" for line in TEST.splitlines())
    exec(f"async def example():\n{body}", vars(module))  # noqa: S102
    await vars(module)["example"]()
