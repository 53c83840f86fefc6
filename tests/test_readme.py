"""What the README promises."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

import orjson

from quart_chat.events.sse import StreamParser
from tests.server import ROOT, Server
from tests.web.streams import parse

README = (ROOT / "README.md").read_text("utf-8")


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake (\w+)", README)) <= targets


def test_every_file_it_links_to_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_its_curl_command_prints_a_whole_round(server: Server) -> None:
    (command,) = re.findall(r"^curl .+$", README, re.MULTILINE)
    address = "localhost:8000"
    assert address in command
    arguments = shlex.split(command.replace(address, server.url.removeprefix("http://")))
    printed = subprocess.run(arguments, capture_output=True, timeout=30, check=True).stdout
    items = [orjson.loads(frame.data) for frame in StreamParser().feed(printed)]
    types = [item["type"] for item in items]
    assert {"workflow", "message", "log", "delta", "complete"} <= set(types)
    assert types[-1] == "complete"
    answer = [item["item"] for item in items if item["type"] == "message"][-1]
    assert answer["status"] == "complete"
    assert answer["sources"][0]["url"].startswith("/handbook/")
    source = answer["sources"][0]
    page = source["url"].removeprefix("/handbook/").partition("#")[0]
    assert source["quote"] in (ROOT / "docs" / f"{page}.md").read_text("utf-8")


async def test_its_example_streams_what_it_emits() -> None:
    (code,) = re.findall(r"^```python\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, "README.md", "exec"), namespace)  # noqa: S102 - the project's own README
    async with namespace["app"].test_app() as running:
        client = running.test_client()
        await client.post("/jobs/7/done")
        response = await client.get("/jobs/7/events")
        items = parse(await response.get_data(as_text=False))
    assert [(item["type"], item["item"]) for item in items] == [("complete", {"rows": 7})]
