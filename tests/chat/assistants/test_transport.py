"""The transport that streams go through: bodies of every framing, connections that are kept."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest

from quart_chat.chat.assistants.model import connection, transport
from quart_chat.chat.assistants.model.transport import StreamTransport
from tests.chat.assistants.endpoint import Exchange, FakeEndpoint, fake_endpoint, refuse, talk
from tests.waiting import until


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def client(endpoint: FakeEndpoint) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=StreamTransport(), base_url=endpoint.url) as client:
        yield client


async def ask(client: httpx2.AsyncClient) -> bytes:
    return (await client.post("chat/completions", json={})).content


async def send(exchange: Exchange, raw: bytes) -> None:
    exchange._writer.write(raw)
    await exchange._writer.drain()


async def test_a_body_ends_with_its_last_chunk(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint
) -> None:
    endpoint.script(talk(b"one ", b"two"))
    assert [await ask(client) for _ in range(3)] == [b"one two"] * 3
    assert len(endpoint.open) == 1


async def test_a_body_has_the_length_it_says(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint
) -> None:
    endpoint.script(refuse(200, b"four"), refuse(200, b""))
    assert [await ask(client) for _ in range(2)] == [b"four", b""]
    assert len(endpoint.open) == 1


async def test_a_body_without_a_length_ends_with_its_connection(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint
) -> None:
    async def until_the_end(exchange: Exchange) -> None:
        await send(exchange, b"HTTP/1.1 200 OK\r\n\r\nall there is")
        await exchange.cut()

    endpoint.script(until_the_end)
    assert await ask(client) == b"all there is"
    await until(lambda: not endpoint.open)


async def test_a_server_that_closes_is_asked_on_a_new_connection(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint
) -> None:
    endpoint.script(refuse(200, b"bye", Connection="close"))
    assert [await ask(client) for _ in range(2)] == [b"bye"] * 2
    await until(lambda: not endpoint.open)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200",
        b"nothing of the kind\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
    ],
)
async def test_what_is_no_whole_response_is_an_error(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint, raw: bytes
) -> None:
    async def break_off(exchange: Exchange) -> None:
        await send(exchange, raw)
        await exchange.cut()

    endpoint.script(break_off)
    with pytest.raises(httpx2.RemoteProtocolError):
        await ask(client)
    await until(lambda: not endpoint.open)


async def test_a_silence_in_mid_body_is_a_timeout(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint
) -> None:
    async def fall_silent(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(b"well")
        await exchange.hang()

    endpoint.script(fall_silent)
    client.timeout = httpx2.Timeout(0.05)
    with pytest.raises(httpx2.ReadTimeout):
        await ask(client)
    await until(lambda: not endpoint.open)


async def test_an_endpoint_waits_for_a_reader_that_does_not_read(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_HELD", 1000)
    endpoint.script(talk(*[b"x" * 100_000] * 50))
    async with client.stream("POST", "chat/completions", json={}) as response:
        await until(lambda: connection_of(response)._size > 1000)
        assert not connection_of(response)._transport.is_reading()
        assert len(await response.aread()) == 5_000_000


def connection_of(response: httpx2.Response) -> connection.Connection:
    stream: transport.Body = response.stream._stream  # type: ignore[union-attr]  # httpx hides it
    return stream._connection


async def test_what_is_idle_for_long_is_closed(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "KEPT", 0.0)
    await ask(client)
    await until(lambda: not endpoint.open)


async def test_no_more_is_kept_than_may_be(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_IDLE", 1)
    await asyncio.gather(ask(client), ask(client), ask(client))
    await until(lambda: len(endpoint.open) == 1)
    assert await ask(client)


async def test_closing_lets_go_of_what_is_kept(endpoint: FakeEndpoint) -> None:
    async with httpx2.AsyncClient(transport=StreamTransport(), base_url=endpoint.url) as client:
        await ask(client)
    await until(lambda: not endpoint.open)


@pytest.mark.parametrize(
    "answer",
    [
        b"Content-Length: 3\r\n\r\nyes",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n",
        b"Content-Length: 0\r\n\r\n",
    ],
)
async def test_what_follows_a_body_answers_no_other_request(
    client: httpx2.AsyncClient, endpoint: FakeEndpoint, answer: bytes
) -> None:
    async def say_too_much(exchange: Exchange) -> None:
        await send(exchange, b"HTTP/1.1 200 OK\r\n" + answer + b"HTTP/1.1 200")
        await exchange.hang()

    endpoint.script(say_too_much, refuse(200, b"the next"))
    await ask(client)
    assert await ask(client) == b"the next"
    assert len(endpoint.requests) == 2


async def test_nothing_said_before_the_handshake_is_part_of_an_answer() -> None:
    """Whoever is between can leave the handshake to the right server."""
    loop = asyncio.get_running_loop()
    early = connection.Connection()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await loop.create_connection(lambda: early, *listener.getsockname())
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 200 OK\r\n")
            await until(lambda: early._held)
            with pytest.raises(ssl.SSLError, match="before the handshake"):
                await early.secure(ssl.create_default_context(), "127.0.0.1")
        early.close()


def test_a_host_is_looked_up_under_the_name_that_its_address_means() -> None:
    # By the rules of 2003, which Python goes by, this would be fass.de: somebody else's.
    origin = transport._origin(httpx2.URL("https://faß.de/v1"))
    assert origin == ("https", "xn--fa-hia.de", 443)
    assert transport._origin(httpx2.URL("http://[::1]:80/"))[1] == "::1"
