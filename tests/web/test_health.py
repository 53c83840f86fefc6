"""What clients are told while the database can't be written, and how long they wait."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from tests.app import create_test_app
from tests.databases import Lock
from tests.web.streams import ask, open_stream, workflow_id


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    return create_test_app(
        {
            "QUART_CHAT_INSTANCE": tmp_path / "instance",
            "QUART_CHAT_DATABASE_TIMEOUT": 0.05,
        }
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "chat.sqlite"


@pytest.fixture
def short_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quart_chat.storage.turns._BEAT", 0.01)


def move(path: Path, target: Path) -> None:
    path.rename(target)


def delete(path: Path) -> None:
    path.unlink()


@pytest.mark.sqlite
@pytest.mark.usefixtures("short_beat")
async def test_a_page_hears_that_nothing_can_be_stored_and_that_it_can_again(
    client: Client, database: Path
) -> None:
    async with open_stream(client, "/api/stream") as stream:
        await stream.until("reset")
        move(database, database.with_name("moved"))
        gone = (await stream.until("status"))["item"]
        assert (gone["code"], gone["reason"]) == ("database_unavailable", "gone")
        move(database.with_name("moved"), database)
        while gone["code"] is not None:
            gone = (await stream.until("status"))["item"]
        assert gone["reason"] is None
    await ask(client, "count 1 0ms")


@pytest.mark.sqlite
@pytest.mark.usefixtures("short_beat")
async def test_a_page_that_comes_later_hears_it_as_well(client: Client, database: Path) -> None:
    delete(database)
    async with open_stream(client, "/api/stream") as stream:
        assert (await stream.until("status"))["item"]["reason"] == "gone"


@pytest.mark.sqlite
@pytest.mark.usefixtures("short_beat")
async def test_whoever_follows_a_running_answer_hears_it(client: Client, database: Path) -> None:
    prompt = {"prompt": "count 1000 5ms", "assistant": "slow"}
    async with open_stream(client, "/api/chatbot/start/stream", json=prompt) as stream:
        await stream.until("delta")
        delete(database)
        assert (await stream.until("status"))["item"]["reason"] == "gone"
        await stream.until("delta")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/chatbot/start/stream"),
        ("PATCH", "/api/chatbot/workflows/{chat}"),
        ("DELETE", "/api/chatbot/workflows/{chat}"),
    ],
)
@pytest.mark.sqlite
async def test_a_write_is_503_and_says_when_to_come_again(
    client: Client, database: Path, method: str, path: str
) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    move(database, database.with_name("moved"))
    body = {"prompt": "Hello"} if method == "POST" else {"title": "New"}
    response = await client.open(path.format(chat=chat), method=method, json=body)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    error = (await response.get_json())["error"]
    assert error["code"] == "database_unavailable"
    assert str(database.parent) not in error["message"]


@pytest.mark.sqlite
async def test_the_sentence_is_in_the_language_of_who_asks(client: Client, database: Path) -> None:
    await client.get("/", headers={"Accept-Language": "de"})
    delete(database)
    response = await client.post(
        "/api/chatbot/start/stream",
        json={"prompt": "Hallo"},
        headers={"Accept-Language": "de"},
    )
    message = (await response.get_json())["error"]["message"]
    assert message.startswith("Die Datenbankdatei fehlt")


async def test_requests_that_wait_together_are_answered_together(
    client: Client, database: Path
) -> None:
    with Lock(database.parent) as other:
        other.take()
        starts = [
            client.post("/api/chatbot/start/stream", json={"prompt": f"Hello {number}"})
            for number in range(10)
        ]
        responses = await asyncio.gather(*starts)
    assert {response.status_code for response in responses} == {503}
    assert all("Retry-After" in response.headers for response in responses)


async def test_as_many_answers_are_written_at_a_time_as_the_setting_says(tmp_path: Path) -> None:
    # With the time that a database has by default.
    config = {"QUART_CHAT_INSTANCE": tmp_path / "instance", "QUART_CHAT_MAX_RUNNING_ROUNDS": 2}
    async with (
        create_test_app(config).test_app() as running,
        nullcontext(running.test_client()) as client,
        open_stream(client, "/api/chatbot/start/stream", json=waiting()) as one,
        open_stream(client, "/api/chatbot/start/stream", json=waiting()) as two,
    ):
        await one.until("log")
        await two.until("log")
        response = await client.post("/api/chatbot/start/stream", json=waiting())
        assert response.status_code == 429
        error = (await response.get_json())["error"]
        assert "at most 2 " in error["message"]


def waiting() -> dict[str, str]:
    return {"prompt": "wait", "assistant": "slow"}


# Out of file descriptors


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
async def test_no_descriptor_left_is_503_and_no_failure_of_the_server(
    app: Quart, client: Client, code: int
) -> None:
    async def fail() -> str:
        raise OSError(code, os.strerror(code))

    app._got_first_request = False
    app.add_url_rule("/api/full", view_func=fail)
    response = await client.get("/api/full")
    assert response.status_code == 503
    assert (await response.get_json())["error"]["code"] == "unavailable"


async def test_another_error_of_the_system_is_one_of_the_server(app: Quart, client: Client) -> None:
    async def fail() -> str:
        raise OSError(errno.EIO, "Input/output error")

    app._got_first_request = False
    app.add_url_rule("/api/broken", view_func=fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert (await client.get("/api/broken")).status_code == 500
