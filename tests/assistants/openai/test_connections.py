"""Connections to an endpoint: where they lead, what goes over them, and when they end."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quart_chat.assistants.openai import client as endpoint_module
from quart_chat.assistants.openai.address import EndpointAddress
from quart_chat.assistants.openai.assistant import OpenAIAssistant
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.protocol import Text
from tests.assistants.openai.endpoint import (
    HELLO,
    Exchange,
    FakeEndpoint,
    end,
    fake_endpoint,
    refuse,
    say,
)
from tests.assistants.openai.test_assistant import assistant, outputs_of, question, text
from tests.waiting import until

TLS = Path(__file__).parent / "tls"
KEY = "sk-do-not-tell-7f3a"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def secure(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeEndpoint]:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    async with fake_endpoint(context) as endpoint:
        yield endpoint


async def send(exchange: Exchange, raw: bytes) -> None:
    exchange._writer.write(raw)
    await exchange._writer.drain()


# Where they lead


def test_a_host_is_asked_under_the_name_that_is_written() -> None:
    # By the rules of 2003, which Python goes by, this would be fass.de: another host.
    assert EndpointAddress("https://faß.de/v1").to("models").raw_host == "xn--fa-hia.de"
    assert EndpointAddress("https://Bücher.example/v1").valid
    assert EndpointAddress("http://[::1]:80/v1").to("models").raw_host == "::1"
    assert EndpointAddress("http://[::1]:8080/v1").host == "[::1]:8080"


@pytest.mark.parametrize("host", ["faß☃.de", "a\u200cß☃.example"])
async def test_a_name_that_can_only_be_asked_as_another_is_not_asked(host: str) -> None:
    async with OpenAIAssistant(f"https://{host}/v1", key=KEY, model="tiny", retries=0) as model:
        with pytest.raises(ModelError) as caught:
            await outputs_of(model)
    assert caught.value.code == "endpoint_unknown"


@pytest.mark.parametrize("label", ["a" * 64, "-", "a..b"])
async def test_a_name_that_none_can_have_is_unknown(label: str) -> None:
    async with OpenAIAssistant(f"http://{label}.invalid/v1", model="tiny", retries=0) as model:
        with pytest.raises(ModelError) as caught:
            await outputs_of(model)
    assert caught.value.code in ("endpoint_unknown", "endpoint_unreachable")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_takes_the_key_nowhere(endpoint: FakeEndpoint, status: int) -> None:
    async with fake_endpoint() as elsewhere:
        endpoint.script(refuse(status, Location=f"{elsewhere.url}/chat/completions"))
        endpoint.models = refuse(status, Location=f"{elsewhere.url}/models")
        async with assistant(endpoint, key=KEY) as model:
            with pytest.raises(ModelError, match=f"status {status}"):
                await outputs_of(model)
            assert f"status {status}" in ((await model.models()).note or "")
        assert elsewhere.requests == []


async def test_a_proxy_of_the_environment_is_asked(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", endpoint.url.removesuffix("/v1"))
    monkeypatch.setenv("no_proxy", "other.example")
    async with OpenAIAssistant("http://model.invalid/v1?a=1", model="tiny") as model:
        assert text(await outputs_of(model)) == "Hello world"
    assert endpoint.requests[0].path == "http://model.invalid/v1/chat/completions?a=1"


async def test_a_host_that_needs_no_proxy_is_asked_itself(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with assistant(endpoint) as model:
        assert text(await outputs_of(model)) == "Hello world"


async def test_a_proxy_that_is_not_there_is_told_of(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    async with assistant(endpoint, retries=0) as model:
        with pytest.raises(ModelError) as caught:
            await outputs_of(model)
    assert caught.value.code == "endpoint_unreachable"


# Bodies


@pytest.mark.parametrize("length", [True, False])
async def test_a_body_may_end_with_its_connection(endpoint: FakeEndpoint, length: bool) -> None:
    async def until_the_end(exchange: Exchange) -> None:
        body = say("Hello") + end()
        size = b"Content-Length: %d\r\n" % len(body) if length else b""
        await send(exchange, b"HTTP/1.1 200 OK\r\n" + size + b"Connection: close\r\n\r\n" + body)
        await exchange.cut()

    endpoint.script(until_the_end)
    async with assistant(endpoint) as model:
        assert text(await outputs_of(model)) == "Hello"
    await until(lambda: not endpoint.open)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ndata: short",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
    ],
)
async def test_what_is_no_whole_response_is_cut_off(endpoint: FakeEndpoint, raw: bytes) -> None:
    async def break_off(exchange: Exchange) -> None:
        await send(exchange, raw)
        await exchange.cut()

    endpoint.script(break_off)
    async with assistant(endpoint, retries=0) as model:
        with pytest.raises(ModelError) as caught:
            await outputs_of(model)
        await until(lambda: not endpoint.open)
    assert caught.value.code == "answer_cut_off"


@pytest.mark.parametrize(
    "raw",
    [
        b"nothing of the kind\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_told_as_such(endpoint: FakeEndpoint, raw: bytes) -> None:
    async def speak(exchange: Exchange) -> None:
        await send(exchange, raw)
        await exchange.hang()

    endpoint.script(speak)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        with pytest.raises(ModelError, match="is not HTTP that can be read") as caught:
            await outputs_of(model)
    assert caught.value.code == "answer_malformed"


async def test_what_follows_a_body_answers_no_other_request(endpoint: FakeEndpoint) -> None:
    body, forged = say("Hello") + end(), say("forged") + end()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"

    async def say_too_much(exchange: Exchange) -> None:
        await send(exchange, head % len(body) + body + head % len(forged) + forged)
        await exchange.hang()

    endpoint.script(say_too_much, HELLO)
    async with assistant(endpoint) as model:
        assert text(await outputs_of(model)) == "Hello"
        assert text(await outputs_of(model)) == "Hello world"


async def test_what_is_idle_for_long_is_closed(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_module, "KEPT", 0.05)
    async with assistant(endpoint) as model:
        await outputs_of(model)
        await until(lambda: not endpoint.open)


async def test_closing_lets_go_of_what_is_kept(endpoint: FakeEndpoint) -> None:
    async with assistant(endpoint) as model:
        await outputs_of(model)
        assert endpoint.open
    await until(lambda: not endpoint.open)


async def test_an_endpoint_waits_for_a_reader_that_does_not_read(endpoint: FakeEndpoint) -> None:
    flooded = 0

    async def flood(exchange: Exchange) -> None:
        nonlocal flooded
        exchange.begin()
        while True:
            await exchange.send(say("word ") * 100)
            flooded = exchange.sent

    endpoint.script(flood)
    async with assistant(endpoint) as model, asyncio.timeout(60):
        outputs = model.answer(question())
        async for output in outputs:
            if isinstance(output, Text):
                break
        before = -1
        while flooded != before:
            before = flooded
            await asyncio.sleep(0.1)
        assert flooded * 100 * len(say("word ")) < 32 * 1024 * 1024
        await outputs.aclose()
        await until(lambda: not endpoint.open)


# Stops under TLS


@pytest.mark.parametrize("moment", ["head", "first", "middle"])
async def test_a_stop_closes_a_secure_connection_too(secure: FakeEndpoint, moment: str) -> None:
    talking = asyncio.Event()

    async def go_on(exchange: Exchange) -> None:
        talking.set()
        if moment != "head":
            exchange.begin()
        while moment == "middle":
            await exchange.send(say("word "))
            await asyncio.sleep(0)
        await exchange.hang()

    secure.script(go_on)
    async with assistant(secure) as model, asyncio.timeout(30):
        asking = asyncio.create_task(outputs_of(model))
        await talking.wait()
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.wait([asking])
        await until(lambda: not secure.open)


async def test_a_connection_that_is_reset_under_an_answer_is_cut_off(
    endpoint: FakeEndpoint,
) -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"))
        sock = exchange._writer.get_extra_info("socket")
        sock.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER of no time: a reset
        exchange._writer.transport.abort()

    endpoint.script(reset)
    async with assistant(endpoint) as model:
        with pytest.raises(ModelError) as caught:
            await outputs_of(model)
    assert caught.value.code == "answer_cut_off"
