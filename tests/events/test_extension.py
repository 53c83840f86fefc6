"""The manager in a Quart app: its configuration, its responses and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator

import orjson
import pytest
from quart import Quart, Response, request
from quart.typing import TestHTTPConnectionProtocol as HTTPConnection

from quart_chat.events import Event, StreamingEventManager
from quart_chat.events.quart import Events, get_event_manager, sse_response, stream_response
from quart_chat.events.sse import Frame, StreamParser
from tests.waiting import until


@pytest.fixture
async def app() -> AsyncGenerator[Quart, None]:
    app = Quart(__name__)
    app.config["EVENTS_MAX_EVENTS"] = 20
    app.config["EVENTS_KEEPALIVE"] = 0.01
    Events(app)

    @app.get("/events/<context_id>")
    async def stream(context_id: str) -> Response:
        return sse_response(
            context_id,
            categories=request.args.getlist("category") or None,
            last_event_id=request.headers.get("Last-Event-ID"),
        )

    async with app.test_app():
        yield app


@pytest.fixture
def manager(app: Quart) -> StreamingEventManager:
    events: Events = app.extensions["quart_chat.events"]
    return events.manager


async def fetch(app: Quart, path: str, **headers: str) -> list[Frame]:
    response = await app.test_client().get(path, headers=headers)
    assert response.status_code == 200
    return list(StreamParser().feed(await response.get_data(as_text=False)))


def types(frames: list[Frame]) -> list[str]:
    return [orjson.loads(frame.data)["type"] for frame in frames]


class Reader:
    """Reads a streaming response of the test client frame by frame."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.parser = StreamParser()
        self.frames: list[Frame] = []

    async def take(self) -> Frame:
        while not self.frames:
            self.frames += self.parser.feed(await self.connection.receive())
        return self.frames.pop(0)

    async def rest(self) -> list[Frame]:
        while chunk := await self.connection.receive():  # the last one is empty
            self.frames += self.parser.feed(chunk)
        return self.frames


async def test_three_lines_stream_a_context(app: Quart, manager: StreamingEventManager) -> None:
    await manager.emit_event("c", "progress", {"done": 0.5})
    async with app.test_client().request("/events/c") as connection:
        await connection.send_complete()
        reader = Reader(connection)
        assert orjson.loads((await reader.take()).data)["item"] == {"done": 0.5}
        await manager.emit_event("c", "complete", {})
        assert types(await reader.rest()) == ["complete"]


async def test_headers_keep_proxies_from_holding_the_stream(
    app: Quart, manager: StreamingEventManager
) -> None:
    await manager.emit_event("c", "complete", {})
    response = await app.test_client().get("/events/c")
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Connection"] == "keep-alive"


async def test_http_2_has_no_connection_field(app: Quart, manager: StreamingEventManager) -> None:
    await manager.emit_event("c", "complete", {})
    response = await app.test_client().get("/events/c", http_version="2")
    assert "Connection" not in response.headers


async def test_head_answers_at_once(app: Quart) -> None:
    response = await asyncio.wait_for(app.test_client().head("/events/c"), 5)
    assert response.status_code == 200
    assert await response.get_data(as_text=False) == b""


async def test_a_client_that_comes_back_gets_what_followed(
    app: Quart, manager: StreamingEventManager
) -> None:
    for n in range(3):
        await manager.emit_event("c", "status", {"n": n})
    await manager.emit_event("c", "complete", {})
    frames = await fetch(app, "/events/c")
    again = await fetch(app, "/events/c", **{"Last-Event-ID": frames[1].id})
    assert again == frames[2:]


async def test_a_client_that_saw_the_end_is_told_to_stay_away(
    app: Quart, manager: StreamingEventManager
) -> None:
    await manager.emit_event("c", "complete", {})
    [end] = await fetch(app, "/events/c")
    response = await app.test_client().get("/events/c", headers={"Last-Event-ID": end.id})
    assert response.status_code == 204


@pytest.mark.parametrize(
    ("last_event_id", "lost"),
    [
        ("{epoch}:0", 11),
        ("{epoch}:5", 6),
        ("{epoch}:10", 1),
        ("deadbeef:1", None),
        ("nonsense", None),
        ("{epoch}:999", None),
        ("{epoch}:-1", None),
        ("{epoch}:²", None),
        pytest.param("{epoch}:" + "9" * 5000, None, id="too many digits"),
    ],
)
async def test_a_place_the_log_does_not_hold_is_answered_with_what_is_lost_and_all_that_is_held(
    app: Quart, manager: StreamingEventManager, last_event_id: str, lost: int | None
) -> None:
    for n in range(30):
        await manager.emit_event("c", "status", {"n": n})
    await manager.emit_event("c", "complete", {})
    log = manager.log("c")
    assert log is not None
    header = last_event_id.format(epoch=log.epoch).encode().decode("latin-1")
    frames = await fetch(app, "/events/c", **{"Last-Event-ID": header})
    assert types(frames) == ["reset", *["status"] * 19, "complete"]
    assert orjson.loads(frames[0].data)["item"] == {"contextId": "c", "lost": lost}
    assert orjson.loads(frames[1].data)["item"] == {"n": 11}


async def test_the_oldest_place_that_is_held_is_no_loss(
    app: Quart, manager: StreamingEventManager
) -> None:
    for n in range(30):
        await manager.emit_event("c", "status", {"n": n})
    await manager.emit_event("c", "complete", {})
    log = manager.log("c")
    assert log is not None
    frames = await fetch(app, "/events/c", **{"Last-Event-ID": f"{log.epoch}:11"})
    assert types(frames) == [*["status"] * 19, "complete"]


async def test_an_id_of_a_context_that_is_gone_says_nothing_of_what_is_lost(
    app: Quart, manager: StreamingEventManager
) -> None:
    async with app.test_client().request(
        "/events/c", headers={"Last-Event-ID": "deadbeef:7"}
    ) as connection:
        await connection.send_complete()
        reader = Reader(connection)
        assert orjson.loads((await reader.take()).data)["item"] == {"contextId": "c", "lost": None}
        await manager.emit_event("c", "complete", {})
        assert types(await reader.rest()) == ["complete"]


async def test_categories_of_the_request_filter(app: Quart, manager: StreamingEventManager) -> None:
    await manager.emit_event("c", "status", {}, "chat")
    await manager.emit_event("c", "progress", {}, "document")
    await manager.emit_event("c", "complete", {})
    assert types(await fetch(app, "/events/c?category=document")) == ["progress", "complete"]


async def test_a_reader_that_fell_behind_is_reset_within_its_stream(
    app: Quart, manager: StreamingEventManager
) -> None:
    async with app.test_client().request("/events/c") as connection:
        await connection.send_complete()
        reader = Reader(connection)
        await manager.emit_event("c", "status", {"n": 0})
        await reader.take()
        for n in range(1, 40):
            await manager.emit_event("c", "status", {"n": n})
        await manager.emit_event("c", "complete", {})
        frames = await reader.rest()
    assert orjson.loads(frames[0].data)["item"] == {"contextId": "c", "lost": 20}
    assert types(frames) == ["reset", *["status"] * 19, "complete"]


async def test_a_quiet_stream_shows_that_it_is_alive(app: Quart) -> None:
    async with app.test_client().request("/events/c") as connection:
        await connection.send_complete()
        assert (await connection.receive()).startswith(b"retry: ")
        assert await connection.receive() == b": keepalive\n"
        assert await connection.receive() == b": keepalive\n"
        await connection.disconnect()


async def test_each_stream_begins_with_a_time_to_come_back_after_of_its_own(
    app: Quart, manager: StreamingEventManager
) -> None:
    await manager.emit_event("c", "complete", {})
    drawn = set()
    for _ in range(20):
        body = await (await app.test_client().get("/events/c")).get_data(as_text=False)
        first, _, rest = body.partition(b"\n")
        drawn.add(int(first.removeprefix(b"retry: ")))
        assert rest.startswith(b"data: ")
    low, high = manager.settings.retry
    assert low <= min(drawn) < max(drawn) <= high


async def test_a_client_that_leaves_leaves_nothing_behind(
    app: Quart, manager: StreamingEventManager
) -> None:
    async with app.test_client().request("/events/c") as connection:
        await connection.send_complete()
        await connection.receive()
        await connection.disconnect()
    log = manager.log("c")
    assert log is not None
    await until(lambda: not log.has_readers)


async def test_draining_says_goodbye(app: Quart, manager: StreamingEventManager) -> None:
    async with app.test_client().request("/events/c") as connection:
        await connection.send_complete()
        reader = Reader(connection)
        await connection.receive()
        manager.drain()
        await reader.rest()
    assert "the server is restarting" in reader.parser.comments
    assert reader.parser.retry is not None


async def test_an_error_within_a_stream_is_logged_and_ends_it(
    app: Quart, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"data: 1\n\n"
        raise ValueError("broken on purpose")

    @app.get("/broken")
    async def stream_broken() -> Response:
        return stream_response(broken())

    with caplog.at_level(logging.ERROR):
        assert [frame.data for frame in await fetch(app, "/broken")] == ["1"]
    assert "broken on purpose" in caplog.text


async def test_other_responses_are_sent_as_ever(app: Quart) -> None:
    @app.post("/echo")
    async def echo() -> str | bytes:
        return await request.get_data(as_text=False)

    response = await app.test_client().post("/echo", data=b"x" * 100_000)
    assert await response.get_data(as_text=False) == b"x" * 100_000


async def test_inside_an_app_the_manager_is_the_apps(
    app: Quart, manager: StreamingEventManager
) -> None:
    async with app.app_context():
        assert get_event_manager() is manager
    assert get_event_manager() is not manager
    assert get_event_manager() is get_event_manager()


async def test_code_outside_an_app_streams_through_the_process_wide_manager() -> None:
    queue = get_event_manager().create_queue("outside")
    await get_event_manager().emit_event("outside", "complete", {})
    event = await queue.get()
    assert isinstance(event, Event)
    await get_event_manager().close()
    await get_event_manager().open()
