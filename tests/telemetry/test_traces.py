"""Traces of a real server: what a collector gets, and what it never gets."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.assistants.openai.endpoint import (
    Exchange,
    FakeEndpoint,
    end,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.server import Server, free_port
from tests.telemetry.collector import Collector, Seen, collector
from tests.waiting import until

PROMPT, ANSWER, TOKEN = "prompt-Kirschkuchen", "answer-Zwetschge", "token-Mirabelle"
COOKIE, KEY, QUERY = "cookie-Quitte", "key-Stachelbeere", "query-Holunder"

Serve = Callable[..., Server]


@pytest.fixture
async def traces() -> AsyncIterator[Collector]:
    async with collector() as made:
        yield made


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as made:
        yield made


@pytest.fixture
def serve(tmp_path: Path, traces: Collector, endpoint: FakeEndpoint) -> Iterator[Serve]:
    """Makes a server that sends its spans to the collector at once."""
    made: list[Server] = []

    def serve(**env: str) -> Server:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": traces.url,
            "OTEL_BSP_SCHEDULE_DELAY": "20",
            "OPENAI_BASE_URL": endpoint.url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_MODEL": "tiny",
            "QUART_CHAT_MODEL_TITLES": "off",
            "QUART_CHAT_MODEL_RETRIES": "0",
            "QUART_CHAT_LOG_FORMAT": "json",
            "QUART_CHAT_LOG_LEVEL": "info",
        }
        server = Server(instance=tmp_path / "instance", env={**settings, **env})
        made.append(server)
        server.start()
        return server

    yield serve
    for server in made:
        server.kill()


async def ask(server: Server, prompt: str = PROMPT) -> list[dict[str, Any]]:
    """Ask the model, and read the stream to its end."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{server.url}/api/chatbot/start/stream?q={QUERY}",
            json={"prompt": prompt, "assistant": "model"},
            headers={"Cookie": f"a={COOKIE}", "Authorization": f"Bearer {TOKEN}"},
        ) as response,
    ):
        assert response.status == 200
        lines = (await response.text()).splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


async def get(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


def is_round(span: Seen) -> bool:
    return span.operation == "invoke_agent"


def is_call(span: Seen) -> bool:
    return span.operation == "chat"


def is_request(span: Seen) -> bool:
    return span.kind == "server" and span.name == "POST /api/chatbot/start/stream"


async def test_an_answer_is_a_request_a_round_and_a_call(
    serve: Serve, traces: Collector, endpoint: FakeEndpoint
) -> None:
    endpoint.script(talk(say(ANSWER), end(3)))
    server = serve(OTEL_SERVICE_NAME="orchard")
    items = await ask(server)
    assert items[-1]["type"] == "complete"
    asked, round_, call = [await traces.find(each) for each in (is_request, is_round, is_call)]
    assert asked.attributes == {
        "http.request.method": "POST",
        "http.route": "/api/chatbot/start/stream",
        "http.response.status_code": 200,
    }
    first = round_.attributes.pop("gen_ai.response.time_to_first_chunk")
    assert first >= 0
    assert (round_.name, round_.kind, round_.is_error) == ("invoke_agent model", "internal", False)
    assert round_.attributes == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "model",
        "gen_ai.request.model": "tiny",
        "gen_ai.response.model": "tiny",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "quart_chat.round.outcome": "complete",
    }
    assert (call.name, call.kind, call.is_error) == ("chat", "client", False)
    assert call.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "tiny",
        "http.request.method": "POST",
        "url.template": "chat/completions",
        "http.response.status_code": 200,
    }
    assert asked.trace == round_.trace == call.trace
    assert (asked.parent, round_.parent, call.parent) == ("", asked.id, round_.id)
    assert {span.service for span in traces.spans} == {"orchard"}
    # The lines of the request in the log lead to its trace.
    lines = [json.loads(line) for line in server.output if line.startswith("{")]
    (line,) = [each for each in lines if each.get("path") == "/api/chatbot/start/stream"]
    assert (line["trace_id"], line["span_id"]) == (asked.trace, asked.id)


async def test_a_round_that_fails_says_with_which_code(
    serve: Serve, traces: Collector, endpoint: FakeEndpoint
) -> None:
    endpoint.script(refuse(401, {"error": {"message": ANSWER}}))
    items = await ask(serve())
    assert items[-1]["type"] == "error"
    round_, call = await traces.find(is_round), await traces.find(is_call)
    assert round_.is_error
    assert round_.attributes["quart_chat.round.outcome"] == "error"
    assert round_.attributes["error.type"] == items[-1]["item"]["code"]
    assert call.is_error
    assert call.attributes["error.type"] == "401"
    assert call.attributes["http.response.status_code"] == 401


async def test_a_round_that_is_stopped_is_no_error(
    serve: Serve, traces: Collector, endpoint: FakeEndpoint
) -> None:
    begun = asyncio.Event()

    async def hang(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say(ANSWER))
        begun.set()
        await exchange.hang()

    endpoint.script(hang)
    server = serve()
    asking = asyncio.create_task(ask(server))
    await begun.wait()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.url}/api/chatbot/workflows") as response:
            (chat,) = (await response.json())["workflows"]
        async with session.post(f"{server.url}/api/chatbot/{chat['id']}/stop") as response:
            assert response.status == 200
    assert (await asking)[-1]["type"] == "stopped"
    round_, call = await traces.find(is_round), await traces.find(is_call)
    assert (round_.is_error, call.is_error) == (False, False)
    assert round_.attributes["quart_chat.round.outcome"] == "stopped"
    stop = await traces.find(lambda span: span.name.endswith("/stop"))
    assert stop.attributes["http.route"] == "/api/chatbot/<chat:workflow_id>/stop"
    assert chat["id"].encode() not in b"".join(traces.bodies)


async def test_nothing_of_content_is_sent(
    serve: Serve, traces: Collector, endpoint: FakeEndpoint
) -> None:
    endpoint.script(talk(say(ANSWER), end(3)), refuse(500, {"error": {"message": ANSWER}}))
    server = serve()
    assert ANSWER in str(await ask(server))
    assert (await ask(server))[-1]["type"] == "error"
    await get(f"{server.url}/shared/{TOKEN}?q={QUERY}")
    await get(f"{server.url}/api/chatbot/workflows?q={PROMPT}")
    await traces.find(lambda span: span.name == "GET /api/chatbot/workflows")
    await traces.find(lambda span: is_round(span) and span.is_error)
    sent = b"".join(traces.bodies)
    for secret in (PROMPT, ANSWER, TOKEN, COOKIE, KEY, QUERY, "127.0.0.1"):
        assert secret.encode() not in sent, secret


@pytest.mark.parametrize("setting", ["off", "on"])
async def test_an_endpoint_is_told_the_trace_only_where_that_is_set(
    serve: Serve, traces: Collector, endpoint: FakeEndpoint, setting: str
) -> None:
    endpoint.script(talk(say(ANSWER), end(3)))
    await ask(serve(QUART_CHAT_MODEL_TRACEPARENT=setting))
    call = await traces.find(is_call)
    (asked,) = [each for each in endpoint.requests if each.path.endswith("/completions")]
    told = asked.headers.get("traceparent", "").split("-")
    assert told[1:3] == ([call.trace, call.id] if setting == "on" else [])


@pytest.mark.parametrize(
    "env",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_SDK_DISABLED": "true"},
    ],
)
async def test_without_an_exporter_nothing_is_sent(
    serve: Serve, traces: Collector, endpoint: FakeEndpoint, env: dict[str, str]
) -> None:
    endpoint.script(talk(say(ANSWER), end(3)))
    server = serve(**env)
    assert (await ask(server))[-1]["type"] == "complete"
    assert server.terminate() == 0
    assert traces.bodies == []
    assert not [line for line in server.output if "trace_id" in line]


BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            print("sought", name, flush=True)
            raise ImportError(name)

sys.meta_path.insert(0, Block())
from tests.app import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("is_set", [False, True])
async def test_a_server_without_the_package_serves(
    tmp_path: Path, traces: Collector, is_set: bool
) -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": traces.url if is_set else ""}
    command = (sys.executable, "-c", BLOCKED, "serve")
    with Server(instance=tmp_path / "instance", command=command, env=env) as server:
        assert await get(f"{server.url}/") == 200
        assert server.terminate() == 0
    said = "".join(server.output)
    assert ("sought" in said) == is_set
    assert ("Nothing is traced: OpenTelemetry is not installed" in said) == is_set
    assert traces.bodies == []


@contextmanager
def dead_collector(*, listens: bool) -> Iterator[str]:
    """A collector that refuses connections, or takes them and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        url = f"http://127.0.0.1:{found.getsockname()[1]}"
        if listens:
            yield url
    if not listens:
        yield url


@pytest.mark.parametrize("listens", [False, True])
async def test_a_dead_collector_keeps_nothing_waiting(
    serve: Serve, endpoint: FakeEndpoint, listens: bool
) -> None:
    endpoint.script(talk(say(ANSWER), end(3)))
    with dead_collector(listens=listens) as url:
        server = serve(OTEL_EXPORTER_OTLP_ENDPOINT=url, QUART_CHAT_SHUTDOWN_TIMEOUT="7")
        for _ in range(3):
            assert (await ask(server))[-1]["type"] == "complete"
        # The process ends by itself, and is not ended at the deadline of its shutdown, before
        # which an exporter would not give up by itself.
        assert await asyncio.to_thread(server.terminate) == 0
    assert not [line for line in server.output if "stops without them" in line]


async def test_the_last_spans_are_sent_as_the_server_stops(
    serve: Serve, traces: Collector, endpoint: FakeEndpoint
) -> None:
    endpoint.script(talk(say(ANSWER), end(3)))
    server = serve(OTEL_BSP_SCHEDULE_DELAY="600000")
    await ask(server)
    assert await asyncio.to_thread(server.terminate) == 0
    assert {is_round(span) for span in traces.spans} == {True, False}


async def test_the_log_says_once_that_the_collector_is_gone_and_once_that_it_is_back(
    serve: Serve, endpoint: FakeEndpoint
) -> None:
    endpoint.script(talk(say(ANSWER), end(3)))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = serve(OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_TIMEOUT="1")

    def count(text: str) -> int:
        return sum(re.search(text, line) is not None for line in server.output)

    await ask(server)
    # The reason is that of an attempt, or that there is no time for another.
    await until(lambda: count(r"takes no spans; they are lost until it does\. \w+") == 1)
    async with collector(port) as back:
        while not any(map(is_round, back.spans)):
            await ask(server)
        await until(lambda: count("takes spans again") == 1)
    assert count("opentelemetry.exporter") == 0
    assert count("takes no spans") == 1
