"""The probes: whether the process serves, and whether users should be sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.errors import DatabaseUnavailable
from quart_chat.events.quart import Events
from quart_chat.storage.health import Health
from quart_chat.web.monitoring import readiness as module
from quart_chat.web.monitoring.readiness import Readiness
from tests.databases import Lock
from tests.server import Server
from tests.services.redis import RedisServer
from tests.waiting import until
from tests.web.accounts.people import team_app


async def ask(client: Client, path: str = "/readyz", **options: Any) -> tuple[int, Any]:
    response = await client.get(path, **options)
    return response.status_code, await response.get_json()


async def answers(client: Client, status: int) -> Any:
    """Ask until the answer has a status, and return it."""
    while (found := await ask(client))[0] != status:
        pass
    return found[1]


async def test_a_server_that_is_well_serves_and_is_ready(client: Client) -> None:
    assert await ask(client, "/healthz") == (200, {"serving": True})
    assert await ask(client) == (200, {"ready": True})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_probe_asks_under_any_host_and_is_never_cached(client: Client, path: str) -> None:
    response = await client.get(path, headers={"Host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


@pytest.mark.sqlite
async def test_a_lost_database_is_named_in_one_word(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.storage.turns._BEAT", 0.01)
    (tmp_path / "instance" / "chat.sqlite").rename(tmp_path / "moved")
    assert await answers(client, 503) == {"ready": False, "reasons": {"store": "gone"}}
    assert await ask(client, "/healthz") == (200, {"serving": True})


async def test_another_writer_does_not_make_it_unready(client: Client, tmp_path: Path) -> None:
    with Lock(tmp_path / "instance") as other:
        other.take()
        assert await ask(client) == (200, {"ready": True})


async def test_a_server_that_stops_is_not_ready(app: Quart, client: Client) -> None:
    assert await ask(client) == (200, {"ready": True})
    events: Events = app.extensions["quart_chat.events"]
    events.begin_shutdown()
    assert await ask(client) == (503, {"ready": False, "reasons": {"server": "stopping"}})


class Store:
    """Answers each ping once ``answered`` is set, or fails."""

    def __init__(self) -> None:
        self.pings = 0
        self.answered = asyncio.Event()
        self.error: Exception | None = None

    async def ping(self) -> None:
        self.pings += 1
        await self.answered.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def make(app: Quart) -> Callable[[Store], Readiness]:
    events: Events = app.extensions["quart_chat.events"]
    return lambda store: Readiness(Health(), store.ping, events)


async def test_many_probes_at_a_time_ask_the_store_once(
    make: Callable[[Store], Readiness],
) -> None:
    store = Store()
    ready = make(store)
    asked = [asyncio.create_task(ready.reasons()) for _ in range(50)]
    await until(lambda: store.pings > 0)
    store.answered.set()
    assert await asyncio.gather(*asked) == [{}] * 50
    assert await ready.reasons() == {}
    assert store.pings == 1


async def test_a_store_that_does_not_answer_is_silent(
    make: Callable[[Store], Readiness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER", 0.01)
    store = Store()
    ready = make(store)
    assert await ready.reasons() == {"store": "silent"}
    assert await ready.reasons() == {"store": "silent"}
    assert store.pings == 1, "a ping that hangs is not joined by others"
    ready.close()


async def test_a_store_that_can_not_be_read_says_why(make: Callable[[Store], Readiness]) -> None:
    store = Store()
    store.answered.set()
    store.error = DatabaseUnavailable("postgresql://chat:secret@db is away", "gone")
    assert await make(store).reasons() == {"store": "gone"}


async def test_a_process_cut_off_for_seconds_is_not_ready(
    app: Quart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: Events = app.extensions["quart_chat.events"]
    monkeypatch.setattr(events.manager.broker, "cut_off", module.CUT_OFF, raising=False)
    assert (await ask(client))[0] == 200
    monkeypatch.setattr(events.manager.broker, "cut_off", module.CUT_OFF + 0.1, raising=False)
    assert await ask(client) == (503, {"ready": False, "reasons": {"broker": "cut_off"}})


async def test_a_node_is_unready_while_its_redis_is_away(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    with RedisServer(folder) as redis:
        node = start_server(env={"QUART_CHAT_BROKER": redis.url})
        async with httpx2.AsyncClient(base_url=node.url, trust_env=False) as http:
            assert (await http.get("/readyz")).status_code == 200
            redis.kill()
            while (answer := await http.get("/readyz")).status_code == 200:
                pass
            assert answer.json() == {"ready": False, "reasons": {"broker": "cut_off"}}
            assert (await http.get("/healthz")).status_code == 200
            await asyncio.to_thread(redis.start)
            while (answer := await http.get("/readyz")).status_code == 503:
                pass
            assert answer.json() == {"ready": True}


async def test_probes_and_metrics_have_ways_in_of_their_own_with_accounts(tmp_path: Path) -> None:
    app = team_app(tmp_path / "instance", QUART_CHAT_METRICS_TOKEN="a token that is long")
    async with app.test_app() as running:
        client = running.test_client()
        assert await ask(client, "/healthz") == (200, {"serving": True})
        assert await ask(client) == (200, {"ready": True})
        far = {"client": ("10.0.0.9", 1)}
        sent = {"Authorization": "Bearer a token that is long"}
        metrics = await client.get("/metrics", headers=sent, scope_base=far)
        assert metrics.status_code == 200
        assert (await client.get("/metrics", scope_base=far)).status_code == 404
        sent = {"Authorization": "Bearer another"}
        assert (await client.get("/metrics", headers=sent, scope_base=far)).status_code == 404
        assert (await client.get("/api/documents")).status_code == 401
