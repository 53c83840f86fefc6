"""How an answer is read as it flows: not each token for itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp.base_protocol import BaseProtocol

from quart_chat.assistants.openai import body as body_module
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.replies import reply
from quart_chat.assistants.protocol import Text
from tests.assistants.openai.endpoint import Exchange, delta, end, fake_endpoint, say, talk
from tests.assistants.openai.test_assistant import assistant, question

LAST = end()


async def pieces_of(
    patience: float = 30.0,
    *,
    last: bytes = LAST,
    broken: bool = False,
    pieces: list[str] | None = None,
) -> list[str]:
    """The pieces of an answer whose second and third word are sent once the first was read."""
    read = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("one"))
        await read.wait()
        await exchange.send(say(" two"))
        await exchange.send(say(" three"))
        await exchange.send(last)
        await (exchange.cut() if broken else exchange.finish())

    pieces = [] if pieces is None else pieces
    async with fake_endpoint() as endpoint, assistant(endpoint, timeout=patience) as model:
        endpoint.script(answer)
        async for output in model.answer(question()):
            if isinstance(output, Text):
                pieces.append(output.text)
                read.set()
    return pieces


async def test_what_arrives_while_an_answer_flows_is_read_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_module, "REST", 1.0)
    # The rest is no silence of the endpoint.
    assert await pieces_of(patience=0.5) == ["one", " two three"]


async def test_a_large_piece_is_followed_by_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "REST", 3600.0)
    monkeypatch.setattr(body_module, "SMALL", 1)
    assert "".join(await pieces_of()) == "one two three"


async def test_what_arrived_before_a_connection_broke_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_module, "REST", 1.0)
    assert "".join(await pieces_of(last=delta("stop"), broken=True)) == "one two three"


async def test_that_a_connection_broke_is_told_after_what_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_module, "REST", 1.0)
    pieces: list[str] = []
    with pytest.raises(ModelError) as caught:
        await pieces_of(last=say(" four"), broken=True, pieces=pieces)
    assert caught.value.code == "answer_cut_off"
    assert "".join(pieces) == "one two three four"


class Turns:
    """Counts the turns that others have."""

    def __init__(self) -> None:
        self.count = 0

    async def take(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)


@pytest.fixture
async def turns() -> AsyncIterator[Turns]:
    turns = Turns()
    taking = asyncio.create_task(turns.take())
    yield turns
    taking.cancel()


async def test_others_have_their_turn_behind_a_large_piece(turns: Turns) -> None:
    loop = asyncio.get_running_loop()
    content = aiohttp.StreamReader(BaseProtocol(loop), 1 << 20, loop=loop)
    response: Any = SimpleNamespace(
        content=content, connection=None, headers={}, close=lambda: None
    )
    body = body_module.Body(response, 30.0, 1 << 30)
    for size, waits in ((body_module.LARGE, True), (1, False), (1, False)):
        content.feed_data(b"x" * size)
        assert len(await body.read()) == size
        content.feed_data(b"y")
        before = turns.count
        assert await body.read() == b"y"
        assert (turns.count > before) == waits
    body.close()


async def test_others_have_their_turn_while_a_long_text_is_passed_on(turns: Turns) -> None:
    said, seen = "", []
    async with fake_endpoint() as endpoint, assistant(endpoint) as model:
        endpoint.script(talk(say("word " * 100_000), LAST))
        async for output in model.answer(question()):
            if isinstance(output, Text):
                said += output.text
                seen.append(turns.count)
    assert said == "word " * 100_000
    assert len(seen) >= len(said) // reply.MAX_PIECE
    assert len(set(seen)) == len(seen)
