"""How an answer is read as it flows: not each token for itself."""

from __future__ import annotations

import asyncio

import pytest

from quart_chat.assistants.openai import body as body_module
from quart_chat.assistants.openai.errors import ModelError
from quart_chat.assistants.protocol import Text
from tests.assistants.openai.endpoint import Exchange, delta, end, fake_endpoint, say
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
