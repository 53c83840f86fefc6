from __future__ import annotations

from html import unescape
from pathlib import Path
from time import time

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.events.quart import get_event_manager
from tests.app import create_test_app
from tests.waiting import until
from tests.web.streams import open_stream, parse

QUICK = "/api/doctor/stream?interval=10"


async def test_the_series_is_numbered_and_says_when_each_event_was_sent(client: Client) -> None:
    before = time()
    response = await client.get(f"{QUICK}&events=3&padded=2&padding=600")
    events = parse(await response.get_data(as_text=False))
    assert [event["type"] for event in events] == ["probe"] * 5 + ["complete"]
    assert [event["item"]["number"] for event in events[:5]] == [1, 2, 3, 4, 5]
    assert [len(event["item"].get("padding", "")) for event in events[:5]] == [0, 0, 0, 600, 600]
    times = [event["createdAt"] for event in events]
    assert before <= times[0] < times[1] < times[4] <= time()


async def test_one_more_event_follows_a_pause(client: Client) -> None:
    response = await client.get(f"{QUICK}&events=1&padded=0&pause=1")
    first, last, _ = parse(await response.get_data(as_text=False))
    assert last["item"] == {"number": 2}
    assert last["createdAt"] - first["createdAt"] >= 1


async def test_it_is_sent_with_the_headers_of_every_stream(client: Client) -> None:
    real = await client.head("/api/stream")
    probe = await client.get(f"{QUICK}&events=1&padded=0")
    for own in ("Content-Length", "X-Request-ID"):
        del real.headers[own], probe.headers[own]
    assert list(real.headers) == list(probe.headers)


@pytest.mark.parametrize(
    "query", ["events=0", "events=101", "interval=9", "padded=21", "padding=16385", "pause=121"]
)
async def test_a_series_out_of_bounds_is_refused(client: Client, query: str) -> None:
    response = await client.get(f"/api/doctor/stream?{query}")
    assert response.status_code == 422
    assert (await response.get_json())["error"]["message"].startswith(query.partition("=")[0])


async def test_it_takes_one_of_the_slots_for_streams(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_MAX_STREAMS": 1})
    async with app.test_app() as running:
        client = running.test_client()
        async with open_stream(client, f"{QUICK}&events=1&padded=0&pause=120") as stream:
            await stream.until("probe")
            assert (await client.get(QUICK)).status_code == 429
        assert (await client.get(f"{QUICK}&events=1")).status_code == 200


async def test_nothing_of_it_stays(app: Quart, client: Client) -> None:
    async with app.app_context():
        manager = get_event_manager()
    async with open_stream(client, f"{QUICK}&pause=120") as left:
        await left.until("probe")
    await (await client.get(f"{QUICK}&events=1")).get_data()
    await until(
        lambda: not [log for log in manager._contexts if log.context_id.startswith("doctor:")]
    )


async def test_asking_for_its_head_emits_nothing(client: Client) -> None:
    response = await client.head(QUICK)
    assert (response.status_code, response.mimetype) == (200, "text/event-stream")
    assert await response.get_data(as_text=False) == b""


async def test_the_clock_tells_the_time_and_is_stored_nowhere(client: Client) -> None:
    before = time()
    response = await client.get("/api/doctor/clock")
    assert before <= (await response.get_json())["time"] <= time()
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_page_says_without_scripts_how_to_check_by_hand(client: Client) -> None:
    response = await client.get("/doctor", headers={"Host": "localhost:81"})
    page = unescape(await response.get_data(as_text=True))
    assert "curl -NL 'http://localhost:81/api/doctor/stream" in page
