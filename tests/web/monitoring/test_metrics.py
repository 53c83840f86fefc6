"""The metrics: who may read them, that all of them are described, and that they count right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.durations import BOUNDS, Durations
from quart_chat.events import StreamingEventManager
from quart_chat.events.log import Bounds
from quart_chat.events.settings import EventSettings
from tests.app import create_test_app
from tests.server import ROOT, Server
from tests.web.streams import ask, open_stream

TOKEN = "a token that is long"
LOCAL = {"client": ("127.0.0.1", 40000)}
FAR = {"client": ("10.0.0.9", 40000)}


def parse(text: str) -> dict[str, float]:
    """Each sample by its name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def read(client: Client) -> dict[str, float]:
    response = await client.get("/metrics", scope_base=LOCAL)
    assert response.status_code == 200
    return parse(await response.get_data(as_text=True))


async def status(client: Client, peer: Any = LOCAL, **headers: str) -> int:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await client.get("/metrics", scope_base=peer, headers=names)).status_code


def make(tmp_path: Path, **settings: str) -> Quart:
    names = {f"QUART_CHAT_{name}": value for name, value in settings.items()}
    return create_test_app({"QUART_CHAT_INSTANCE": tmp_path / "instance", **names})


# Who may read them


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_may_read_them(client: Client, peer: str) -> None:
    assert await status(client, {"client": (peer, 1)}) == 200


@pytest.mark.parametrize("peer", ["10.0.0.9", "::2", "::ffff:10.0.0.9", "localhost.evil", ""])
async def test_no_other_machine_may(client: Client, peer: str) -> None:
    assert await status(client, {"client": (peer, 1)}) == 404


async def test_a_peer_without_an_address_may_not(client: Client) -> None:
    assert await status(client, {"client": None}) == 404


@pytest.mark.parametrize("name", ["X_Forwarded_For", "Forwarded", "X_Real_IP", "Via"])
async def test_no_one_may_through_a_proxy(client: Client, name: str) -> None:
    assert await status(client, **{name: "127.0.0.1"}) == 404


@pytest.mark.parametrize(
    "settings", [{"ALLOWED_HOSTS": "localhost,chat.example.org"}, {"HOST": "0.0.0.0"}]
)
async def test_a_server_with_other_names_needs_the_token(
    settings: dict[str, str], tmp_path: Path
) -> None:
    async with make(tmp_path, **settings, METRICS_TOKEN=TOKEN).test_app() as running:
        client = running.test_client()
        assert await status(client) == 404
        assert await status(client, Authorization=f"Bearer {TOKEN}") == 200


@pytest.mark.parametrize(
    "sent",
    [f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", ""],
)
async def test_only_the_token_opens_them_to_other_machines(tmp_path: Path, sent: str) -> None:
    async with make(tmp_path, METRICS_TOKEN=TOKEN).test_app() as running:
        client = running.test_client()
        assert await status(client, FAR, Authorization=sent) == 404
        assert await status(client, FAR, Authorization=f"bearer  {TOKEN} ") == 200


async def test_an_empty_token_opens_nothing(client: Client) -> None:
    assert await status(client, FAR, Authorization="Bearer ") == 404


# What they are


async def test_each_is_described_and_there_is_each_that_is_described(client: Client) -> None:
    response = await client.get("/metrics", scope_base=LOCAL)
    exported = {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for family in text_string_to_metric_families(await response.get_data(as_text=True))
    }
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    described = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE))
    assert exported == described


async def test_rounds_are_counted_by_their_ends(client: Client) -> None:
    before = await read(client)
    await ask(client, "count 3 0ms")
    await ask(client, "count 3 0ms")
    await ask(client, "fail")
    await client.get("/api/chatbot/workflows")
    after = await read(client)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown("quart_chat_rounds_total['complete']") == 2
    assert grown("quart_chat_rounds_total['error']") == 1
    assert grown("quart_chat_rounds_total['stopped']") == 0
    assert grown("quart_chat_first_text_seconds_count[]") == 3
    assert grown("quart_chat_database_write_seconds_count[]") > 3
    assert grown("quart_chat_database_read_seconds_count[]") >= 1
    route = "quart_chat_http_requests_total['/api/chatbot/start/stream', '200', 'POST']"
    assert grown(route) == 3
    assert after["quart_chat_rounds_running[]"] == 0


async def test_running_rounds_and_their_readers_are_seen(client: Client) -> None:
    prompt = {"prompt": "wait", "assistant": "slow"}
    async with open_stream(client, "/api/chatbot/start/stream", json=prompt) as stream:
        await stream.until("log")
        found = await read(client)
    assert found["quart_chat_rounds_running[]"] == 1
    assert found["quart_chat_contexts[]"] >= 1
    assert found["quart_chat_readers[]"] >= 1


async def test_addresses_that_are_none_make_no_new_metric(client: Client) -> None:
    for number in range(5):
        await client.get(f"/no/such/{number}")
    found = await read(client)
    assert found["quart_chat_http_requests_total['(none)', '404', 'GET']"] == 5
    assert not any("such" in name for name in found)


async def test_no_id_is_in_them(client: Client) -> None:
    await ask(client, "count 3 0ms")
    text = await (await client.get("/metrics", scope_base=LOCAL)).get_data(as_text=True)
    ids = re.findall(r"[0-9a-f]{32}", text)
    assert ids == []


def test_a_real_server_measures_its_process(server: Server) -> None:
    found = parse(httpx2.get(f"{server.url}/metrics", trust_env=False).text)
    assert found["process_resident_memory_bytes[]"] > 0
    assert found["process_open_fds[]"] > 0


def test_durations_are_in_the_right_buckets() -> None:
    durations = Durations()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.5, 1e9):
        durations.add(seconds)
    assert durations.counts[0] == 2
    assert durations.counts[1] == 1
    assert durations.counts[-1] == 1
    assert durations.count == 4


# What the event manager counts


async def test_each_event_counts_once_and_once_more_for_each_reader() -> None:
    manager = StreamingEventManager()
    async with manager.subscribe("a") as one, manager.subscribe("a", "b") as two:
        queue = manager.create_queue("a")
        for number in range(3):
            await manager.emit_event("a", "t", {"n": number})
        await manager.emit_event("b", "t", {})
        found = manager.statistics()
        assert (found.contexts, found.readers) == (2, 4)
        assert found.counts.events == 4
        assert found.counts.deliveries == 0
        assert (found.lag, found.longest_lag) == (3 + 3 + 1 + 3, 3)
        await one.read()
        assert manager.statistics().counts.deliveries == 3
        await two.read()
        await two.read()
        assert manager.statistics().counts.deliveries == 7
        for _ in range(3):
            await queue.get()
        found = manager.statistics()
        assert found.counts.deliveries == 10
        assert (found.lag, found.longest_lag) == (0, 0)
        assert found.counts.lost == 0


async def test_events_that_a_reader_comes_too_late_for_are_counted() -> None:
    manager = StreamingEventManager(EventSettings(bounds=Bounds(max_events=2)))
    async with manager.subscribe("a") as reader:
        for number in range(5):
            await manager.emit_event("a", "t", {"n": number})
        await reader.read()
        assert manager.statistics().counts.lost == 3
        manager.lose_events()
        assert manager.statistics().counts.gaps == 1
