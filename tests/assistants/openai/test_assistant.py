"""A language model over HTTP: what it is asked, what becomes of that, and how it is stopped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from quart_chat.assistants.openai.assistant import OpenAIAssistant
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.failures.retry_after import parse_retry_after
from quart_chat.assistants.openai.history import to_messages
from quart_chat.assistants.protocol import Models, Output, Question, Step, Text, Turn, Usage
from quart_chat.chat.ask import Ask
from quart_chat.chat.rounds.begun import Started
from quart_chat.chat.rounds.context import RoundTimeouts
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.assistants.openai.endpoint import (
    HELLO,
    Exchange,
    FakeEndpoint,
    delta,
    end,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.chat.parts import USER, make_service
from tests.server import free_port
from tests.waiting import until


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


def question(prompt: str = "Hello", **fields: Any) -> Question:
    return Question(prompt, "local", "0" * 32, **fields)


def assistant(endpoint: FakeEndpoint, **options: Any) -> OpenAIAssistant:
    return OpenAIAssistant(endpoint.url, **{"model": "tiny", "retry_delay": 0.001, **options})


async def outputs_of(model: OpenAIAssistant, asked: Question | None = None) -> list[Output]:
    return [output async for output in model.answer(asked or question())]


def text(outputs: list[Output]) -> str:
    return "".join(output.text for output in outputs if isinstance(output, Text))


def steps(outputs: list[Output]) -> list[tuple[str, str]]:
    return [(output.key, output.status) for output in outputs if isinstance(output, Step)]


# What it is asked


async def test_a_request_is_a_streamed_completion_that_counts_its_tokens(
    endpoint: FakeEndpoint,
) -> None:
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    (request,) = endpoint.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    assert request.json == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert text(outputs) == "Hello world"
    assert steps(outputs) == [("model", "running"), ("model", "completed")]


async def test_the_system_prompt_and_the_history_come_before_the_prompt(
    endpoint: FakeEndpoint,
) -> None:
    history = (Turn("user", "One?"), Turn("assistant", "One."))
    async with assistant(endpoint, system_prompt="Be brief.") as model:
        await outputs_of(model, question("Two?", history=history))
    assert endpoint.completions[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "Two?"},
    ]


async def test_all_that_the_model_is_told_is_estimated_until_it_is_counted(
    endpoint: FakeEndpoint,
) -> None:
    endpoint.script(talk(say("One."), delta("stop"), b"data: [DONE]\n\n"), HELLO)
    history = (Turn("user", "word " * 400), Turn("assistant", "word " * 400))
    async with assistant(endpoint, system_prompt="word " * 400) as model:
        uncounted = await outputs_of(model, question(history=history))
        counted = await outputs_of(model, question(history=history))
    usages = [output for output in uncounted if isinstance(output, Usage)]
    assert len(usages) >= 2
    for usage in usages:
        assert usage.prompt_tokens is None
        assert 1400 < (usage.estimated_prompt_tokens or 0) < 1700
    last = counted[-1]
    assert isinstance(last, Usage)
    assert (last.prompt_tokens, last.estimated_prompt_tokens) == (9, None)


def test_turns_alternate_though_a_prompt_got_no_answer() -> None:
    history = [Turn("user", "One?"), Turn("user", "Two?"), Turn("assistant", "Two.")]
    assert [(m["role"], m["content"]) for m in to_messages("", history, "Three?")] == [
        ("user", "One?\n\nTwo?"),
        ("assistant", "Two."),
        ("user", "Three?"),
    ]


LONG = tuple(
    Turn(role, f"{n} " + "word " * 79 + "so") for n in range(4) for role in ("user", "assistant")
)


@pytest.mark.parametrize(
    ("budget", "kept"), [(10_000, 8), (810, 8), (420, 4), (310, 2), (100, 0), (0, 0)]
)
async def test_a_history_is_cut_to_its_budget_and_says_so(
    endpoint: FakeEndpoint, budget: int, kept: int
) -> None:
    async with assistant(endpoint, history_tokens=budget) as model:
        outputs = await outputs_of(model, question(history=LONG))
    *told, prompt = endpoint.completions[0]["messages"]
    assert [message["content"] for message in told] == [t.content for t in LONG[8 - kept :]]
    assert prompt == {"role": "user", "content": "Hello"}
    notes = [o for o in outputs if isinstance(o, Step) and o.key == "history"]
    assert [note.message for note in notes] == (
        []
        if kept == 8
        else [f"The chat is long: the model was not sent the oldest {8 - kept} of 8 messages"]
    )


async def test_the_chosen_model_is_asked_instead_of_the_default_one(endpoint: FakeEndpoint) -> None:
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model, question(model="large"))
    assert endpoint.completions[0]["model"] == "large"
    assert Step("model", "Asking large…", type="progress") in outputs


async def test_without_a_default_the_first_listed_model_is_asked(endpoint: FakeEndpoint) -> None:
    async with assistant(endpoint, model="") as model:
        await outputs_of(model)
        await outputs_of(model)
    assert [body["model"] for body in endpoint.completions] == ["tiny", "tiny"]
    assert len(endpoint.requests) == 3


# What becomes of its answer


async def test_chunks_that_arrive_together_are_one_text(endpoint: FakeEndpoint) -> None:
    async def tell(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(*(say(f"{n} ") for n in range(50)), end())
        await exchange.finish()

    endpoint.script(tell)
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    texts = [output.text for output in outputs if isinstance(output, Text)]
    assert "".join(texts) == "".join(f"{n} " for n in range(50))
    assert len(texts) <= 2


async def test_a_piece_is_passed_on_before_the_next_is_sent(endpoint: FakeEndpoint) -> None:
    seen = asyncio.Event()

    async def wait_between(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("One"))
        await seen.wait()
        await exchange.send(say(" two"), end())
        await exchange.finish()

    endpoint.script(wait_between)
    texts = []
    async with assistant(endpoint) as model, asyncio.timeout(30):
        async for output in model.answer(question()):
            if isinstance(output, Text):
                texts.append(output.text)
                seen.set()
    assert texts == ["One", " two"]


async def test_an_answer_is_complete_though_the_connection_stays_open(
    endpoint: FakeEndpoint,
) -> None:
    async def stay(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"), end())
        await exchange.hang()

    endpoint.script(stay)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        assert text(await outputs_of(model)) == "Hello"
        await until(lambda: not endpoint.open)


async def test_a_connection_is_used_again(endpoint: FakeEndpoint) -> None:
    async with assistant(endpoint) as model:
        await outputs_of(model)
        (first,) = endpoint.open
        await outputs_of(model)
        assert endpoint.open == {first}


# Attempts


@pytest.mark.parametrize(
    "bad",
    [
        refuse(500),
        refuse(503),
        refuse(429),
        refuse(429, **{"Retry-After": "0"}),
        lambda exchange: exchange.cut(),
        talk(b""),
    ],
)
async def test_what_may_pass_is_tried_again_and_says_so(endpoint: FakeEndpoint, bad: Any) -> None:
    endpoint.script(bad, bad, HELLO)
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    assert text(outputs) == "Hello world"
    assert [step for step in steps(outputs) if step[0] != "model"] == [
        ("retry 0", "running"),
        ("retry 0", "completed"),
        ("retry 1", "running"),
        ("retry 1", "completed"),
    ]
    assert len(endpoint.completions) == 3


async def test_a_connection_is_tried_again() -> None:
    model = OpenAIAssistant(f"http://127.0.0.1:{free_port()}/v1", model="tiny", retry_delay=0.001)
    outputs: list[Output] = []

    async def take() -> None:
        async for output in model.answer(question()):
            outputs.append(output)  # noqa: PERF401 - what came before the error counts

    async with model:
        with pytest.raises(ModelError, match="No server listens"):
            await take()
    assert [key for key, status in steps(outputs) if status == "completed"] == [
        "retry 0",
        "retry 1",
    ]


async def test_the_last_of_the_attempts_tells_why(endpoint: FakeEndpoint) -> None:
    endpoint.script(refuse(503))
    async with assistant(endpoint, retries=1) as model:
        with pytest.raises(ModelError, match="status 503"):
            await outputs_of(model)
    assert len(endpoint.completions) == 2


@pytest.mark.parametrize(
    "bad", [refuse(401), refuse(404), refuse(429, **{"Retry-After": "60"}), talk(end(0))]
)
async def test_what_will_not_pass_is_not_tried_again(endpoint: FakeEndpoint, bad: Any) -> None:
    endpoint.script(bad)
    async with assistant(endpoint) as model:
        with pytest.raises(ModelError):
            await outputs_of(model)
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize("first", [say("Hel"), delta(reasoning="Hm"), say("<think>Hm")])
async def test_nothing_is_tried_again_once_something_was_seen(
    endpoint: FakeEndpoint, first: bytes
) -> None:
    endpoint.script(talk(first))
    async with assistant(endpoint) as model:
        with pytest.raises(ModelError, match="closed the connection"):
            await outputs_of(model)
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("-1", None), ("²", None)]
)
def test_a_time_to_wait_may_be_a_number(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value) == seconds


def test_a_time_to_wait_may_be_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert 3500 < (parse_retry_after(format_datetime(soon, usegmt=True)) or 0) < 3700
    assert 3500 < (parse_retry_after(format_datetime(soon.replace(tzinfo=None))) or 0) < 3700
    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


# Models


async def test_models_are_listed_once_for_all_who_ask(endpoint: FakeEndpoint) -> None:
    async with assistant(endpoint, model="large") as model:
        lists = await asyncio.gather(model.models(), model.models())
        assert [*lists, await model.models()] == [Models(("tiny", "large"), "large")] * 3
    assert [request.path for request in endpoint.requests] == ["/v1/models"]


async def test_a_list_is_read_again_when_it_is_old(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.assistants.openai.assistant.LIST_KEPT", -1.0)
    async with assistant(endpoint) as model:
        await model.models()
        await model.models()
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (refuse(401), "does not accept the API key"),
        (refuse(404), "whether OPENAI_BASE_URL should end with /v1"),
        (refuse(200, b"<html>"), "OpenAI-compatible"),
        (lambda exchange: exchange.cut(), "closed the connection"),
    ],
)
async def test_a_list_that_fails_is_a_note_and_is_asked_for_again(
    endpoint: FakeEndpoint, bad: Any, words: str
) -> None:
    good, endpoint.models = endpoint.models, bad
    async with assistant(endpoint) as model:
        failed = await model.models()
        assert (failed.names, failed.default) == ((), "tiny")
        assert words in (failed.note or "")
        endpoint.models = good
        assert await model.models() == Models(("tiny", "large"), "tiny")


async def test_the_default_model_stays_known_while_a_list_is_read_again(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.assistants.openai.assistant.LIST_KEPT", -1.0)
    asked, go = asyncio.Event(), asyncio.Event()

    async def fail_slowly(exchange: Exchange) -> None:
        asked.set()
        await go.wait()
        await exchange.answer(500)

    known: list[str | None] = []
    async with OpenAIAssistant(endpoint.url) as model:
        known.append(model.default_model)
        await model.models()
        endpoint.models = fail_slowly
        waiting = asyncio.create_task(model.models())
        await asked.wait()
        known.append(model.default_model)
        go.set()
        assert (await waiting).note
        known.append(model.default_model)
        endpoint.models = refuse(200, {"data": [{"id": "large"}]})
        await model.models()
        known.append(model.default_model)
    assert known == [None, "tiny", "tiny", "large"]


async def endless_list(exchange: Exchange) -> None:
    exchange.begin("application/json")
    while True:
        await exchange.send(b" " * 1000)


@pytest.mark.parametrize(
    ("size", "patience", "words"),
    [(1000, 60.0, "OpenAI-compatible"), (2**60, 0.05, "for too long")],
)
async def test_a_list_without_an_end_is_read_up_to_a_bound(
    endpoint: FakeEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    patience: float,
    words: str,
) -> None:
    module = "quart_chat.assistants.openai.client"
    monkeypatch.setattr(f"{module}.MAX_LIST", size)
    monkeypatch.setattr(f"{module}.LIST_PATIENCE", patience)
    endpoint.models = endless_list
    async with assistant(endpoint) as model:
        assert words in ((await model.models()).note or "")
        await until(lambda: not endpoint.open)


async def test_closing_ends_a_list_that_nobody_waits_for_any_more(endpoint: FakeEndpoint) -> None:
    endpoint.models = lambda exchange: exchange.hang()
    async with assistant(endpoint) as model:
        waiting = asyncio.create_task(model.models())
        await until(lambda: endpoint.requests)
        waiting.cancel()
    await until(lambda: not endpoint.open)


async def test_a_list_that_fails_after_all_have_left_is_no_error_to_report(
    endpoint: FakeEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    go = asyncio.Event()

    async def fail_later(exchange: Exchange) -> None:
        await go.wait()
        await exchange.cut()

    good, endpoint.models = endpoint.models, fail_later
    async with assistant(endpoint) as model:
        waiting = asyncio.create_task(model.models())
        await until(lambda: endpoint.requests)
        waiting.cancel()
        await asyncio.wait([waiting])
        go.set()
        await until(lambda: not endpoint.open)
        endpoint.models = good
        # The first may still have been told of the failure.
        lists = [await model.models(), await model.models()]
    assert lists[-1].names == ("tiny", "large")
    assert "ERROR" not in caplog.text


# Stops


def open_sockets() -> int:
    return sum(1 for fd in Path("/proc/self/fd").iterdir() if _is_socket(fd))


def _is_socket(fd: Path) -> bool:
    try:
        return str(fd.readlink()).startswith("socket:")
    except FileNotFoundError:  # the one that lists the folder
        return False


class Talkative:
    """An endpoint's script that goes on for ever, as far as it is let.

    Attributes:
        after_stop: Of each answer, the chunks that could still be sent once it was to stop.
    """

    def __init__(self) -> None:
        self.after_stop: list[int] = []
        self._sent_before: int | None = None
        self._exchange: Exchange | None = None

    async def __call__(self, exchange: Exchange) -> None:
        self._exchange, self._sent_before = exchange, None
        model = exchange.request.json["model"]
        try:
            if model != "mute":
                exchange.begin()
            while model in ("steady", "burst"):
                await exchange.send(*[say("word ")] * (50 if model == "burst" else 1))
                await asyncio.sleep(0)
            await exchange.hang()
        finally:
            self.after_stop.append(exchange.sent - (self._sent_before or 0))

    def stop(self) -> None:
        assert self._exchange is not None
        self._sent_before = self._exchange.sent


async def test_a_stop_closes_the_socket_at_any_moment(
    endpoint: FakeEndpoint, repository: ChatRepository, events: StreamingEventManager
) -> None:
    async def wait_for(started: Started, asked: int, moment: int) -> None:
        await until(lambda: len(endpoint.completions) == asked)
        async with aclosing(events.stream_events(started.workflow_id)) as stream:
            async for event in stream:
                moment -= event.type == "delta"
                if moment <= 0:
                    return

    talkative = Talkative()
    endpoint.script(talkative)
    chance = random.Random(7)
    async with assistant(endpoint) as model, asyncio.timeout(60):
        service = make_service(repository, events, model, timeouts=RoundTimeouts())
        before = open_sockets()
        for asked, name in enumerate(["mute", "silent", "steady", "burst"] * 5, 1):
            started = await service.start(Ask(USER, "Hello", model=name))
            deltas = chance.randint(1, 20) if name in ("steady", "burst") else 0
            await wait_for(started, asked, deltas)
            talkative.stop()
            stopped = await service.stop(USER, started.workflow_id)
            await until(lambda: not endpoint.open)
            assert stopped is not None
            assert stopped.status == "stopped"
        await until(lambda: open_sockets() == before)
        await service.close()
    assert len(talkative.after_stop) == 20
    # What was on its way is all that it got rid of: an endless answer has an end.
    assert talkative.after_stop[0::4] == talkative.after_stop[1::4] == [0] * 5


@pytest.mark.parametrize("turns", range(25))
async def test_a_stop_on_the_way_to_an_answer_leaves_no_socket(
    endpoint: FakeEndpoint, turns: int
) -> None:
    endpoint.script(_say_and_hang)
    async with assistant(endpoint) as model, asyncio.timeout(60):
        before = open_sockets()
        round_ = asyncio.create_task(outputs_of(model))
        for _ in range(turns):
            await asyncio.sleep(0)
        round_.cancel()
        await asyncio.wait([round_])
        await until(lambda: open_sockets() == before)
    assert round_.cancelled()


async def test_a_generator_that_is_closed_lets_go(endpoint: FakeEndpoint) -> None:
    endpoint.script(_say_and_hang)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        async with aclosing(model.answer(question())) as outputs:
            async for output in outputs:
                if isinstance(output, Text):
                    break
        await until(lambda: not endpoint.open)


async def _say_and_hang(exchange: Exchange) -> None:
    exchange.begin()
    await exchange.send(say("Hello"))
    await exchange.hang()
