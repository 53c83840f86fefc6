"""When an answer is whole, and when an endpoint has been silent for too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.protocol import Step, Text, Usage
from tests.assistants.openai.endpoint import (
    DONE,
    Exchange,
    FakeEndpoint,
    delta,
    end,
    event,
    fake_endpoint,
    say,
    talk,
    usage,
)
from tests.assistants.openai.test_assistant import assistant, outputs_of, question, text
from tests.waiting import until

EMPTY = (
    b": ping\n\n",
    b"data:\n\n",
    b"\n",
    b"data: {\n\n",
    delta(role="assistant", content=""),
    event({"choices": []}),
    event({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 0}}),
)


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quart_chat.assistants.openai.assistant.GRACE", 0.1)
    monkeypatch.setattr("quart_chat.assistants.openai.assistant.LAST_GRACE", 0.02)


async def ping(exchange: Exchange) -> None:
    """Say nothing, over and over, until the client has gone."""
    while True:
        for empty in EMPTY:
            await exchange.send(empty)
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    "last",
    [
        delta("stop"),
        delta("stop") + usage(7),
        delta("stop", content="!"),
        event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": "none"}),
        b'{"done": true}\n',
    ],
)
@pytest.mark.parametrize("pings", [False, True])
async def test_an_answer_is_whole_though_its_stream_has_no_end(
    endpoint: FakeEndpoint, last: bytes, pings: bool
) -> None:
    async def stay(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"), last)
        await (ping(exchange) if pings else exchange.hang())

    endpoint.script(stay)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        outputs = await outputs_of(model)
        assert text(outputs).removesuffix("!") == "Hello"
        assert isinstance(outputs[-1], Usage)
        await until(lambda: not endpoint.open)
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize(
    "last", [delta("stop")[:-1], delta("stop")[:-2], DONE[:-2], b'{"done": true}']
)
async def test_the_last_line_may_have_no_end(endpoint: FakeEndpoint, last: bytes) -> None:
    async def stay(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"), last)
        await exchange.hang()

    endpoint.script(stay)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        assert text(await outputs_of(model)) == "Hello"


WHOLE = {"choices": [{"message": {"content": "{Hello}"}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("option", [0, orjson.OPT_INDENT_2])
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_an_answer_in_one_piece_is_whole_though_nothing_ends_it(
    endpoint: FakeEndpoint, option: int, size: int
) -> None:
    body = orjson.dumps(WHOLE, option=option)

    async def stay(exchange: Exchange) -> None:
        exchange.begin("application/json")
        for at in range(0, len(body), size):
            await exchange.send(body[at : at + size])
            await asyncio.sleep(0)
        await exchange.hang()

    endpoint.script(stay)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        assert text(await outputs_of(model)) == "{Hello}"


@pytest.mark.parametrize("counts", [False, True])
async def test_an_end_that_is_said_again_and_again_ends_the_answer(
    endpoint: FakeEndpoint, counts: bool
) -> None:
    async def repeat(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"))
        for tokens in range(1, 1_000_000):
            await exchange.send(delta("stop"), usage(tokens) if counts else b"\n")
            await asyncio.sleep(0.005)

    endpoint.script(repeat)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        assert text(await outputs_of(model)) == "Hello"
        await until(lambda: not endpoint.open)


async def test_what_an_answer_took_is_waited_for_a_moment(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.assistants.openai.assistant.GRACE", 30.0)
    seen = asyncio.Event()

    async def count_later(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"), delta("stop"))
        await seen.wait()
        await exchange.send(usage(7))
        await exchange.hang()

    endpoint.script(count_later)
    async with assistant(endpoint) as model, asyncio.timeout(60):
        outputs = []
        async for output in model.answer(question()):
            outputs.append(output)
            if isinstance(output, Text):
                seen.set()
    assert isinstance(outputs[-1], Usage)
    assert outputs[-1].answer_tokens == 7


async def test_text_behind_the_end_is_part_of_the_answer(endpoint: FakeEndpoint) -> None:
    every = [
        event({"choices": [{"delta": {"content": w}, "finish_reason": "stop"}]}) for w in "abc"
    ]
    endpoint.script(talk(*every, DONE))
    async with assistant(endpoint) as model:
        assert text(await outputs_of(model)) == "abc"


@pytest.mark.parametrize("rest", [b"", usage(7), event({"error": "too late"})])
async def test_an_answer_that_is_whole_stays_whole_whatever_breaks(
    endpoint: FakeEndpoint, rest: bytes
) -> None:
    async def break_off(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"), delta("stop"), rest or b"\n")
        await exchange.cut()

    endpoint.script(break_off)
    async with assistant(endpoint) as model:
        assert text(await outputs_of(model)) == "Hello"
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize("first", [b"", say("Hello"), delta(reasoning="Hm")])
async def test_what_says_nothing_keeps_no_answer_alive(
    endpoint: FakeEndpoint, first: bytes
) -> None:
    async def go_on(exchange: Exchange) -> None:
        exchange.begin()
        if first:
            await exchange.send(first)
        await ping(exchange)

    endpoint.script(go_on)
    async with assistant(endpoint, timeout=0.2) as model, asyncio.timeout(30):
        with pytest.raises(ModelError) as caught:
            await outputs_of(model)
        await until(lambda: not endpoint.open)
    assert caught.value.code == "model_silent"
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize(
    "word", [say("a"), delta(reasoning="a"), delta(content=[{"type": "text", "text": "a"}])]
)
async def test_what_says_something_keeps_an_answer_alive(
    endpoint: FakeEndpoint, word: bytes
) -> None:
    async def be_slow(exchange: Exchange) -> None:
        exchange.begin()
        for _ in range(10):
            await exchange.send(word)
            await asyncio.sleep(0.1)
        await exchange.send(say("b"), end())
        await exchange.finish()

    endpoint.script(be_slow)
    async with assistant(endpoint, timeout=0.6) as model:
        outputs = await outputs_of(model)
    assert text(outputs).endswith("b")


async def test_the_time_that_a_reader_takes_is_no_silence(endpoint: FakeEndpoint) -> None:
    async def say_two(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("One"))
        await asyncio.sleep(0.05)
        await exchange.send(say(" two"), end())
        await exchange.finish()

    endpoint.script(say_two)
    said = ""
    async with assistant(endpoint, timeout=0.3) as model:
        async for output in model.answer(question()):
            if isinstance(output, Text):
                said += output.text
                await asyncio.sleep(0.5)
    assert said == "One two"


async def test_no_rate_is_told_of_an_answer_too_fast_to_measure(endpoint: FakeEndpoint) -> None:
    endpoint.script(talk(say("a"), say("b"), delta("stop"), usage(300)))
    assert await usage_of(endpoint) == (300, None)


async def test_no_rate_is_told_of_an_answer_of_a_few_tokens(endpoint: FakeEndpoint) -> None:
    async def take_time(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("a"))
        await asyncio.sleep(0.2)
        await exchange.send(say("b"), delta("stop"), usage(3))
        await exchange.finish()

    endpoint.script(take_time)
    assert await usage_of(endpoint) == (3, None)


async def usage_of(endpoint: FakeEndpoint) -> tuple[int | None, float | None]:
    """The tokens of an answer, and how many came a second."""
    async with assistant(endpoint) as model:
        outputs = [output async for output in model.answer(question())]
    figure = outputs[-1]
    assert isinstance(figure, Usage)
    return figure.answer_tokens, figure.tokens_per_second


async def test_how_fast_an_answer_was_is_computed_once(endpoint: FakeEndpoint) -> None:
    async def be_slow(exchange: Exchange) -> None:
        exchange.begin()
        for word in "abc":
            await exchange.send(say(word))
            await asyncio.sleep(0.1)
        await exchange.send(delta("stop"), usage(300))
        await exchange.hang()

    endpoint.script(be_slow)
    async with assistant(endpoint) as model:
        outputs = []
        async for output in model.answer(question()):
            outputs.append(output)
            await asyncio.sleep(0.03)  # what is stored takes its time
    figure = outputs[-1]
    assert isinstance(figure, Usage)
    assert figure.tokens_per_second is not None
    steps = [output.message for output in outputs if isinstance(output, Step)]
    assert steps == ["Asking tiny…", "Waited for the first word"]
