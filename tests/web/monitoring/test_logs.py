"""The log: its lines, the ids of requests in them, and that no secret is in any."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart.typing import TestClientProtocol as Client

from quart_chat import create_app
from quart_chat.assistants.protocol import Question, Text
from quart_chat.config import load_settings
from quart_chat.web.monitoring.logs import (
    JSONFormatter,
    Redactor,
    TextFormatter,
    secrets_of,
)
from quart_chat.web.monitoring.request_ids import HEADER, request_id
from tests.server import Server

SECRETS = {
    "QUART_CHAT_METRICS_TOKEN": "metrics-geheim",
    "OPENAI_API_KEY": "sk-geheim-0123456789",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
}


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the application logs, as JSON."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(JSONFormatter(Redactor(())))
    logger = logging.getLogger("quart_chat")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


Lines = Callable[[], list[dict[str, Any]]]


# Ids of requests


async def test_each_answer_has_an_id_of_its_own(client: Client) -> None:
    first, second = [(await client.get("/healthz")).headers[HEADER] for _ in range(2)]
    assert first != second
    assert len(first) == len(second) == 32


@pytest.mark.parametrize("sent", ["a", "2026-11-27.req:7_x", "A" * 64])
async def test_a_sane_id_is_kept(client: Client, sent: str) -> None:
    assert (await client.get("/", headers={HEADER: sent})).headers[HEADER] == sent
    assert (await client.get("/nothing", headers={HEADER: sent})).headers[HEADER] == sent


@pytest.mark.parametrize("sent", ["", "A" * 65, "a b", "<script>", "-a", "é", 'a"b', "a/b", "a%0d"])
async def test_any_other_is_replaced(client: Client, sent: str) -> None:
    found = (await client.get("/", headers={HEADER: sent})).headers[HEADER]
    assert found != sent
    assert len(found) == 32


class Broken:
    name = "broken"
    title = "Broken"

    async def answer(self, question: Question) -> AsyncGenerator[Text, None]:
        yield Text("Well ")
        raise RuntimeError("Cookie: session=geheim")


async def test_the_lines_of_a_round_have_the_id_of_the_request_that_began_it(
    tmp_path: Path, lines: Lines
) -> None:
    app = create_app({"QUART_CHAT_INSTANCE": tmp_path / "instance"}, assistants=[Broken()])
    async with app.test_app() as running:
        client = running.test_client()
        body = {"prompt": "Hello", "assistant": "broken"}
        response = await client.post(
            "/api/chatbot/start/stream", json=body, headers={HEADER: "mine"}
        )
        await response.get_data()
    (failed,) = [line for line in lines() if "assistant 'broken' failed" in line["message"]]
    assert failed["requestId"] == "mine"
    assert failed["level"] == "error"
    assert "RuntimeError" in failed["exception"]
    assert "geheim" not in failed["exception"]
    assert request_id.get() == ""


# The access log


async def test_each_request_has_a_line_and_probes_have_none(client: Client, lines: Lines) -> None:
    await client.get("/healthz")
    await client.get("/readyz")
    await client.get("/metrics")
    await client.get("/api/chatbot/workflows?q=geheim", headers={HEADER: "mine"})
    (line,) = [line for line in lines() if line["logger"] == "quart_chat.access"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/chatbot/workflows", 200)
    assert line["requestId"] == "mine"
    assert line["durationMs"] >= 0
    assert "geheim" not in json.dumps(line)


async def test_a_link_to_a_shared_chat_is_not_in_the_log(client: Client, lines: Lines) -> None:
    await client.get("/shared/geheim0123456789")
    await client.get("/api/shared/geheim0123456789/stream")
    paths = [line["path"] for line in lines() if "path" in line]
    assert paths == ["/shared/***", "/api/shared/***/stream"]
    assert "geheim" not in json.dumps(lines())


# Lines


def record(message: str, *values: object, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("quart_chat.x", logging.WARNING, "x.py", 1, message, values, None)
    vars(made).update(extra)
    return made


@given(text=st.text(), secret=st.text(min_size=6))
def test_a_line_is_one_object_whatever_is_in_it(text: str, secret: str) -> None:
    line = JSONFormatter(Redactor([secret])).format(record("%s", text, fields={"a": text, "n": 1}))
    assert "\n" not in line
    assert set(json.loads(line)) == {"time", "level", "logger", "message", "process", "a", "n"}


def test_half_of_a_pair_of_surrogates_is_logged() -> None:
    assert json.loads(JSONFormatter(Redactor(())).format(record("a\ud83d")))["message"] == "a?"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET /shared/abc123", "GET /shared/***"),
        ("GET /api/shared/abc123/stream?since=1", "GET /api/shared/***/stream?since=1"),
        ("http://h/chat/shared/abc?round=2", "http://h/chat/shared/***?round=2"),
        ("token Vq3x9Jw0Zr7cK1mT5bN8eG2yH4uP6aLsD_fR-iXoQtM.", "token ***."),
        ("GET /join/dGhpcyBpcyBhIHRva2Vu-_8", "GET /join/***"),
        ("POST /a/dGhpcyBpcyBhIHRva2VuMDE/b", "POST /a/***/b"),
        ("postgresql://chat:geheim@db/chat", "postgresql://chat:***@db/chat"),
        ("redis://:geheim@db:6379/0 is away", "redis://:***@db:6379/0 is away"),
        ("amqps://a:b%2Fc@h", "amqps://a:***@h"),
        ("Authorization: Bearer ab.c-d_e=", "Authorization: Bearer ***"),
        ("{'authorization': 'basic dXNlcg=='}", "{'authorization': 'basic ***'}"),
        ("Cookie: a=b; c=d", "Cookie: ***"),
        ("Set-Cookie: __Host-session=abc; Path=/", "Set-Cookie: ***"),
        ("GET /callback?code=abc&state=def&n=1", "GET /callback?code=***&state=***&n=1"),
        ("host=db password=geheim user=chat", "host=db password=*** user=chat"),
        ("the key is sk-geheim-0123456789.", "the key is ***."),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    redactor = Redactor(["sk-geheim-0123456789"])
    assert redactor.hide(text) == hidden
    assert hidden in TextFormatter(redactor).format(record("%s", text))


@pytest.mark.parametrize(
    "text",
    [
        "The chat was shared / nothing more.",
        "http://127.0.0.1:8000/chat/0123",
        "Round 3 of 0123 was taken over at 12:00:01",
        "a@b.example wrote",
        "GET /handbook/how-to/stream-from-starlette-fastapi-or-django",
        "GET /chat/0123456789abcdef0123456789abcdef/rounds",
        "GET /static/v/0123456789abcdef/vendor/LICENSE-markdown-it-14.txt",
    ],
)
def test_all_else_is_logged_as_it_is(text: str) -> None:
    assert Redactor(["", "abc"]).hide(text) == text


def test_all_secrets_of_the_settings_are_known() -> None:
    environ = {
        "OPENAI_API_KEY": "key",
        "QUART_CHAT_METRICS_TOKEN": "token",
        "QUART_CHAT_BROKER": "redis://:bro%2Fker@h",
        "QUART_CHAT_DATABASE": "postgresql://u:data@h/n",
        "OPENAI_BASE_URL": "http://u:base@h/v1",
    }
    found = secrets_of(load_settings({}, environ))
    assert found >= {"key", "token", "bro%2Fker", "bro/ker", "data", "base"}


# A server


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_server_logs_no_secret(
    form: str, start_server: Callable[..., Server], tmp_path: Path
) -> None:
    env = {**SECRETS, "QUART_CHAT_LOG_FORMAT": form, "QUART_CHAT_LOG_LEVEL": "debug"}
    server = start_server(env=env)
    sent = {
        "Authorization": "Bearer authorization-geheim",
        "Cookie": "language=de; session=cookie-geheim",
        HEADER: "mine",
    }
    with httpx2.Client(base_url=server.url, headers=sent, trust_env=False, timeout=30) as http:
        http.get("/")
        http.get("/shared/share-geheim")
        http.get("/api/shared/share-geheim/stream")
        http.get("/metrics", headers={"Authorization": "Bearer metrics-geheim"})
        http.get("/nothing?token=query-geheim")
        http.post("/api/chatbot/start/stream", json={"prompt": "Hi", "assistant": "openai"})
        http.post("/api/chatbot/start/stream", json={"prompt": "Hi", "assistant": "slow"})
    server.terminate()
    printed = "".join(server.output)
    assert "geheim" not in printed
    logged = [line for line in server.output if "/shared/***" in line]
    assert len(logged) == 2
    assert all("mine" in line for line in logged)
    assert not any("/metrics" in line or "/healthz" in line for line in server.output)
    if form == "json":
        lines = [json.loads(line) for line in server.output if line.startswith("{")]
        assert [line for line in server.output if not line.startswith("{")] == [
            f"quart-chat is at {server.url} (Ctrl+C stops it)\n"
        ]
        assert {line["requestId"] for line in lines if line["logger"] == "quart_chat.access"} == {
            "mine"
        }


def test_a_server_logs_no_request_unless_it_is_told_to(server: Server) -> None:
    httpx2.get(server.url, trust_env=False)
    server.terminate()
    assert server.output == [f"quart-chat is at {server.url} (Ctrl+C stops it)\n"]
