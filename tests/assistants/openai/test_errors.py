"""An endpoint that misbehaves: each way ends in one error that says what to do.

The whole application runs against a socket. Whatever happens, the key and tracebacks are nowhere:
not in the stream, not in the database, not in the log.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from quart_chat import create_app
from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from tests.assistants.openai.endpoint import (
    DONE,
    Exchange,
    FakeEndpoint,
    Script,
    delta,
    end,
    event,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.server import free_port
from tests.web.streams import parse

KEY = "sk-do-not-tell-7f3a"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@dataclass
class Round:
    """How a round went, as a client sees it."""

    items: list[dict[str, Any]]

    @property
    def end(self) -> tuple[str, dict[str, Any]]:
        (last,) = [i for i in self.items if i["type"] in ("complete", "stopped", "error")]
        assert last is self.items[-1]
        return last["type"], last["item"]

    @property
    def answer(self) -> dict[str, Any] | None:
        found = [
            i["item"]
            for i in self.items
            if i["type"] == "message" and i["item"]["role"] == "assistant"
        ]
        return found[-1] if found else None

    @property
    def steps(self) -> list[str]:
        logs = {i["item"]["id"]: i["item"] for i in self.items if i["type"] == "log"}
        return [f"{log['status']}: {log['message']}" for log in logs.values()]


class Chat:
    """The application with a model, one prompt at a time."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self._folder = folder
        self._caplog = caplog

    async def ask(self, url: str, **settings: Any) -> Round:
        """Ask once; then look everywhere for what must not be there."""
        for logger in ("", "aiohttp", "quart_chat.assistants"):
            self._caplog.set_level(logging.INFO if logger == "" else logging.DEBUG, logger)
        config = {
            "QUART_CHAT_INSTANCE": self._folder,
            "OPENAI_BASE_URL": url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_MODEL": "tiny",
            "QUART_CHAT_MODEL_RETRIES": 0,
            **settings,
        }
        async with create_app(config).test_app() as running:
            response = await running.test_client().post(
                "/api/chatbot/start/stream", json={"prompt": "Hello"}
            )
            stream = await response.get_data(as_text=False)
            database = b"".join(path.read_bytes() for path in self._folder.glob("chat.sqlite*"))
        for place in (stream, database, self._caplog.text.encode()):
            assert place
            assert KEY.encode() not in place
            assert b"Traceback" not in place
        return Round(parse(stream))


@pytest.fixture
def chat(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Chat:
    return Chat(tmp_path / "instance", caplog)


def assert_failed(round_: Round, code: str, words: str, kept: str | None) -> None:
    kind, item = round_.end
    assert (kind, item["code"]) == ("error", code)
    assert words in item["message"]
    if kept is None:
        assert round_.answer is None
    else:
        assert round_.answer is not None
        assert (round_.answer["content"], round_.answer["status"]) == (kept, "error")


async def test_nothing_listens(chat: Chat) -> None:
    round_ = await chat.ask(f"http://127.0.0.1:{free_port()}/v1")
    assert_failed(round_, "endpoint_refused", "Start the model's server, or check OPENAI", None)


async def test_no_such_host(chat: Chat) -> None:
    round_ = await chat.ask("http://model.invalid/v1")
    assert_failed(round_, "endpoint_unknown", "There is no host model.invalid.", None)


async def test_no_secure_connection(chat: Chat, endpoint: FakeEndpoint) -> None:
    round_ = await chat.ask(endpoint.url.replace("http:", "https:"))
    assert_failed(round_, "endpoint_tls", "Check its certificate, and whether OPENAI_BASE", None)


# Signed by itself, for 127.0.0.1 alone, and of use for nothing else.
TLS = Path(__file__).parent / "tls"


@pytest.fixture
async def self_signed() -> AsyncIterator[FakeEndpoint]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    async with fake_endpoint(context) as endpoint:
        yield endpoint


async def test_a_certificate_that_nobody_vouches_for(chat: Chat, self_signed: FakeEndpoint) -> None:
    round_ = await chat.ask(self_signed.url)
    assert_failed(round_, "endpoint_tls", "is not trusted: self-signed certificate. Name the", None)
    assert self_signed.requests == []


async def test_a_certificate_that_the_server_is_told_to_trust(
    chat: Chat, self_signed: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    kind, _ = (await chat.ask(self_signed.url)).end
    assert kind == "complete"


async def test_a_connection_that_is_never_made(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await asyncio.start_server(_say_nothing, "127.0.0.1", 0) as server:
        monkeypatch.setattr("quart_chat.assistants.openai.client.CONNECT_TIMEOUT", 0.2)
        port = server.sockets[0].getsockname()[1]
        round_ = await chat.ask(f"https://127.0.0.1:{port}/v1")
    assert_failed(round_, "endpoint_unreachable", "can't be reached.", None)


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        await reader.read()
    writer.close()


async def test_a_network_that_leads_nowhere(chat: Chat) -> None:
    # Connecting to a broadcast address is refused by the system itself.
    round_ = await chat.ask("http://255.255.255.255/v1")
    assert_failed(round_, "endpoint_unreachable", "Check OPENAI_BASE_URL and the network.", None)


@pytest.mark.parametrize(
    ("cause", "code"),
    [(ConnectionRefusedError(), "endpoint_refused"), (OSError(), "endpoint_unreachable")],
)
def test_a_host_with_several_addresses_is_judged_by_each(cause: OSError, code: str) -> None:
    key = ConnectionKey("localhost", 80, False, True, None, None, None)
    error = aiohttp.ClientConnectorError(key, OSError("Multiple exceptions"))
    error.__cause__ = ExceptionGroup("", [OSError(), cause])
    assert ErrorMapper("localhost", "").of_transport(error).code == code


def test_without_a_key_a_complaint_is_quoted_as_it_is() -> None:
    failure = ErrorMapper("localhost", "").of_status(400, {}, b'{"error": "no tools"}', "tiny")
    assert failure.message.startswith("“no tools”\nlocalhost has rejected")


ECHO = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "whatever"}}
CRASH = {"detail": "Traceback (most recent call last): boom"}
TOO_LONG = {"error": {"message": "Too much.", "code": "context_length_exceeded"}}
LLAMA_TOO_LONG = {
    "error": {"code": 400, "message": "the request exceeds the available context size"}
}


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (refuse(401, ECHO), "endpoint_unauthorized", "Set OPENAI_API_KEY to one that is valid"),
        (refuse(403, ECHO), "endpoint_forbidden", "does not let this API key use tiny"),
        (refuse(404, ECHO), "model_not_found", "does not know tiny. Choose another model"),
        (refuse(400, TOO_LONG), "context_too_long", "Begin a new chat, shorten the prompt"),
        (refuse(400, LLAMA_TOO_LONG), "context_too_long", "set QUART_CHAT_HISTORY_TOKENS lower"),
        (refuse(413), "context_too_long", "The chat is too long for tiny."),
        (
            refuse(400, {"error": {"message": "Prompt exceeds max length"}}),
            "context_too_long",
            "The chat is too long for tiny.",
        ),
        (refuse(408), "endpoint_failed", "status 408. Retry"),
        (refuse(429), "endpoint_busy", "Try again in a while."),
        (refuse(429, **{"Retry-After": "45"}), "endpoint_busy", "Try again in 45 seconds."),
        (refuse(429, **{"Retry-After": "600"}), "endpoint_busy", "Try again in 10 minutes."),
        (refuse(500, CRASH), "endpoint_failed", "has failed with status 500. Retry;"),
        (refuse(502, b"<html>Bad gateway</html>"), "endpoint_failed", "status 502"),
        (refuse(400, ECHO), "endpoint_rejected", "“Incorrect API key provided: ***”\n"),
        (refuse(400, {"error": "no\n tools"}), "endpoint_rejected", "“no tools”\n"),
        (refuse(400, CRASH), "endpoint_rejected", "has rejected the request with status 400."),
        (refuse(400, {"message": "x" * 999}), "endpoint_rejected", "xxx…"),
        (refuse(400, [1]), "endpoint_rejected", "status 400."),
        (refuse(400, b"\xff" * 100_000), "endpoint_rejected", "status 400."),
        (refuse(307, Location="/elsewhere"), "endpoint_rejected", "status 307"),
        (refuse(200, b"<html>Sign in</html>"), "answer_malformed", "is not the stream of a chat"),
    ],
)
async def test_a_refusal(
    chat: Chat, endpoint: FakeEndpoint, script: Script, code: str, words: str
) -> None:
    endpoint.script(script)
    assert_failed(await chat.ask(endpoint.url), code, words, None)


async def cut(exchange: Exchange) -> None:
    exchange.begin()
    await exchange.send(say("Hello"))
    await exchange.cut()


async def cut_at_once(exchange: Exchange) -> None:
    await exchange.cut()


async def cut_in_a_refusal(exchange: Exchange) -> None:
    await exchange.answer(500, b"{", {"Content-Length": "50"})
    await exchange.cut()


BROKEN = event({"error": {"message": f"GPU {KEY} lost", "type": "server_error"}})
OVERFLOW = event({"error": {"message": "This model's maximum context length is 9 tokens"}})


@pytest.mark.parametrize(
    ("script", "code", "words", "kept"),
    [
        (cut, "answer_cut_off", "before the answer was complete. Retry.", "Hello"),
        (cut_at_once, "answer_cut_off", "before the answer was complete. Retry.", None),
        (cut_in_a_refusal, "endpoint_failed", "status 500", None),
        (talk(say("Hello")), "answer_cut_off", "before the answer was complete.", "Hello"),
        (talk(say("Hello"), b"data: {\n\n"), "answer_cut_off", "before the answer", "Hello"),
        (talk(b"data: \xff\n\n"), "answer_malformed", "OpenAI-compatible", None),
        (talk(say("Hello"), BROKEN), "endpoint_error", "“GPU *** lost”\n", "Hello"),
        (talk(BROKEN), "endpoint_error", "“GPU *** lost”\n", None),
        (talk(say("He"), OVERFLOW), "context_too_long", "too long for tiny", "He"),
        (talk(end(0)), "empty_answer", "tiny gave an empty answer", None),
        (talk(DONE), "empty_answer", "tiny gave an empty answer", None),
        (talk(say("\n "), end()), "empty_answer", "tiny gave an empty answer", "\n "),
        (talk(delta(reasoning="Hm"), end()), "empty_answer", "only reasoned", None),
        (talk(say("<think>Hm"), end()), "empty_answer", "only reasoned", None),
    ],
)
async def test_a_stream_that_breaks(
    chat: Chat, endpoint: FakeEndpoint, script: Script, code: str, words: str, kept: str | None
) -> None:
    endpoint.script(script)
    assert_failed(await chat.ask(endpoint.url), code, words, kept)


async def hang(exchange: Exchange) -> None:
    await exchange.hang()


async def hang_after_a_word(exchange: Exchange) -> None:
    exchange.begin()
    await exchange.send(say("Hello"))
    await exchange.hang()


async def hang_in_a_refusal(exchange: Exchange) -> None:
    await exchange.answer(403, b"", {"Content-Length": "50"})
    await exchange.hang()


@pytest.mark.parametrize(
    ("script", "code", "kept"),
    [
        (hang, "model_silent", None),
        (hang_after_a_word, "model_silent", "Hello"),
        (hang_in_a_refusal, "endpoint_forbidden", None),
    ],
)
async def test_a_model_that_says_nothing_more(
    chat: Chat, endpoint: FakeEndpoint, script: Script, code: str, kept: str | None
) -> None:
    endpoint.script(script)
    round_ = await chat.ask(endpoint.url, QUART_CHAT_MODEL_TIMEOUT=0.3)
    assert_failed(round_, code, "", kept)
    assert len(endpoint.completions) == 1


async def test_an_answer_without_end(
    chat: Chat, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def flood(exchange: Exchange) -> None:
        exchange.begin()
        while True:
            await exchange.send(say("again "))

    monkeypatch.setattr("quart_chat.assistants.openai.client.MAX_BYTES", 10_000)
    endpoint.script(flood)
    round_ = await chat.ask(endpoint.url)
    assert_failed(round_, "answer_too_large", "is too large", (round_.answer or {})["content"])
    assert 10 < (round_.answer or {})["content"].count("again ") < 3000


async def test_no_model_is_there(chat: Chat, endpoint: FakeEndpoint) -> None:
    endpoint.models = refuse(200, {"data": []})
    round_ = await chat.ask(endpoint.url, OPENAI_MODEL="")
    assert_failed(round_, "no_model", "Load one there, or set OPENAI_MODEL.", None)


async def test_what_came_before_a_failure_is_shown_with_its_steps(
    chat: Chat, endpoint: FakeEndpoint
) -> None:
    endpoint.script(talk(delta(reasoning="Let me see."), BROKEN))
    round_ = await chat.ask(endpoint.url)
    assert round_.steps == ["completed: Waited for the first word", "completed: Let me see."]


async def test_the_key_is_sent_to_the_endpoint_alone(chat: Chat, endpoint: FakeEndpoint) -> None:
    kind, _ = (await chat.ask(endpoint.url)).end
    assert kind == "complete"
    assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("status", "headers", "body", "code"),
    [
        (429, {"retry-after": "9" * 400}, b"", "endpoint_busy"),
        (400, {}, b"[" * 60_000, "endpoint_rejected"),
    ],
)
def test_a_refusal_beyond_all_measure_is_told_as_any_other(
    status: int, headers: dict[str, str], body: bytes, code: str
) -> None:
    assert ErrorMapper("host", "").of_status(status, headers, body, "tiny").code == code
