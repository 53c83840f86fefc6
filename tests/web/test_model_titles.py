"""Titles that a model gives: read from its reply, asked for beside the rounds, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart.typing import TestClientProtocol as Client

from quart_chat.chat.rounds import titling
from quart_chat.chat.rounds.titling import MAX_TOKENS, read_title
from quart_chat.markdown.titles import MAX_TITLE, make_title
from quart_chat.web.context import EXTENSION
from tests.app import create_test_app
from tests.assistants.openai.endpoint import (
    HELLO,
    Exchange,
    FakeEndpoint,
    Script,
    end,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.waiting import until
from tests.web.streams import ask, open_stream, workflow_id

WORKFLOWS = "/api/chatbot/workflows"
GIVEN = talk(say("**Roofs and", " rafters**"), end(6))


@pytest.mark.parametrize(
    ("reply", "title"),
    [
        ("Roofs and rafters", "Roofs and rafters"),
        ("  Roofs and rafters.\n", "Roofs and rafters"),
        ("**Roofs and rafters**", "Roofs and rafters"),
        ("# Roofs and rafters", "Roofs and rafters"),
        ('"Roofs and rafters"', "Roofs and rafters"),
        ("„Dächer und Sparren“", "Dächer und Sparren"),
        ("«Toits»", "Toits"),
        ("Title: Roofs and rafters", "Roofs and rafters"),
        ("**Title:** Roofs and rafters", "Roofs and rafters"),
        ("Titel: „Dächer“", "Dächer"),
        ("Here is a title:\n\nRoofs and rafters", "Roofs and rafters"),
        ("- Roofs and rafters", "Roofs and rafters"),
        ("`Roofs`", "Roofs"),
        ("[Roofs](https://example.com)", "Roofs"),
        ("```\nRoofs\n```", "Roofs"),
        ("Roofs...", "Roofs..."),
        ("Roofs\nRafters\nTiles", "Roofs"),
        ("屋根と垂木", "屋根と垂木"),
        ("", None),
        (" \n\u200b\n", None),
        ('""', None),
    ],
)
def test_a_title_is_read_from_a_reply(reply: str, title: str | None) -> None:
    assert read_title(reply) == title


def test_a_long_reply_is_cut() -> None:
    title = read_title("word " * 100)
    assert title is not None
    assert len(title) <= MAX_TITLE
    assert title.endswith("…")


@given(st.text(max_size=300))
def test_whatever_the_reply_a_title_is_one_short_line_without_marks(reply: str) -> None:
    title = read_title(reply)
    assert title is None or (0 < len(title) <= MAX_TITLE and "\n" not in title)


@given(st.text(alphabet='ab *_`[]()#>-."', max_size=60))
def test_a_title_has_no_marks_that_could_be_taken_off(reply: str) -> None:
    title = read_title(reply)
    assert title is None or not title.startswith(("#", "> ", "**")) or make_title(title) == title


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        endpoint.titles = GIVEN
        yield endpoint


Open = Callable[..., Awaitable[Client]]


@pytest.fixture
async def open_app(tmp_path: Path, endpoint: FakeEndpoint) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_(**settings: Any) -> Client:
            config = {
                "QUART_CHAT_INSTANCE": tmp_path / "instance",
                "OPENAI_BASE_URL": endpoint.url,
                "OPENAI_MODEL": "tiny",
                **settings,
            }
            app: Any = create_test_app(config)
            running = await stack.enter_async_context(app.test_app())
            client: Client = running.test_client()
            return client

        yield open_


async def read(client: Client, chat: str) -> dict[str, Any]:
    chats = (await (await client.get(WORKFLOWS)).get_json())["workflows"]
    return next(item for item in chats if item["id"] == chat)


async def rest(client: Client) -> None:
    """Return once no model is asked for a title any more."""
    app = client.app
    titling = app.extensions[EXTENSION].chat.rounds.titling
    await until(lambda: not titling.is_busy)


async def asked(client: Client, prompt: str = "What is under the tiles?", **where: Any) -> str:
    """Ask the model, and return the chat once its title is settled."""
    chat = workflow_id(await ask(client, prompt, assistant="model", **where))
    await rest(client)
    return chat


async def test_a_chat_gets_its_title_from_the_model_after_the_first_answer(
    open_app: Open, endpoint: FakeEndpoint
) -> None:
    client = await open_app()
    chat = await asked(client, model="large")
    item = await read(client, chat)
    assert item["title"] == "Roofs and rafters"
    # What it took is counted apart from the answer.
    assert item["titleUsage"]["model"] == "large"
    assert (item["titleUsage"]["promptTokens"], item["titleUsage"]["answerTokens"]) == (9, 6)
    (request,) = endpoint.title_requests
    assert request.json["model"] == "large"
    assert request.json["max_tokens"] == MAX_TOKENS
    told = request.json["messages"][-1]["content"]
    assert "What is under the tiles?" in told
    assert "Hello world" in told
    # It is asked for once.
    await asked(client, "And under those?", workflowId=chat)
    assert len(endpoint.title_requests) == 1
    assert len(endpoint.completions) == 2


async def test_the_setting_switches_it_off(open_app: Open, endpoint: FakeEndpoint) -> None:
    client = await open_app(QUART_CHAT_MODEL_TITLES="off")
    chat = await asked(client)
    assert (await read(client, chat))["title"] == "What is under the tiles?"
    assert endpoint.title_requests == []


async def test_the_librarian_is_asked_for_no_title(open_app: Open, endpoint: FakeEndpoint) -> None:
    client = await open_app()
    chat = workflow_id(await ask(client, "What is a cursor?", assistant="librarian"))
    await rest(client)
    assert (await read(client, chat))["title"] == "What is a cursor?"
    assert endpoint.title_requests == []


@pytest.mark.parametrize(
    "script",
    [
        refuse(500),
        refuse(400, {"error": {"message": "max_tokens is too small"}}),
        talk(say("Roofs")),
        talk(say(" "), end()),
        talk(end()),
        lambda exchange: exchange.cut(),
        talk(b"data: what?\n\n"),
    ],
    ids=["500", "400", "half", "blank", "empty", "cut", "garbled"],
)
async def test_whatever_goes_wrong_the_chat_keeps_its_title_and_its_answer(
    open_app: Open, endpoint: FakeEndpoint, script: Script
) -> None:
    endpoint.titles = script
    client = await open_app(QUART_CHAT_MODEL_RETRIES=0)
    chat = await asked(client)
    item = await read(client, chat)
    assert item["title"] == "What is under the tiles?"
    assert item["status"] == "idle"
    data = await (await client.get(f"/api/chatbot/{chat}/chatdata")).get_json()
    assert "Hello world" in str(data)


@pytest.mark.parametrize("title", ["Mine", "What is under the tiles?"])
async def test_a_title_that_a_person_gives_meanwhile_stays_also_if_it_is_the_same(
    open_app: Open, endpoint: FakeEndpoint, title: str
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        begun.set()
        await go_on.wait()
        await exchange.stream(say("Roofs"), end(6))

    endpoint.titles = wait
    client = await open_app()
    chat = workflow_id(await ask(client, "What is under the tiles?", assistant="model"))
    await begun.wait()
    response = await client.patch(f"{WORKFLOWS}/{chat}", json={"title": title})
    assert response.status_code == 200
    go_on.set()
    await rest(client)
    item = await read(client, chat)
    assert item["title"] == title
    # The model has written it all the same.
    assert item["titleUsage"]["answerTokens"] == 6


async def test_the_next_question_does_not_wait_for_a_title(
    open_app: Open, endpoint: FakeEndpoint
) -> None:
    gone = asyncio.Event()

    async def hang(exchange: Exchange) -> None:
        await exchange.hang()
        gone.set()

    endpoint.titles = hang
    client = await open_app()
    chat = workflow_id(await ask(client, "What is under the tiles?", assistant="model"))
    await until(lambda: endpoint.title_requests)
    endpoint.titles = GIVEN
    # The model is free for it, and is asked for the title after that.
    await asked(client, "And under those?", workflowId=chat)
    await gone.wait()
    assert (await read(client, chat))["title"] == "Roofs and rafters"


async def test_a_queued_question_comes_before_the_title(
    open_app: Open, endpoint: FakeEndpoint
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    titles_before: list[int] = []

    async def first(exchange: Exchange) -> None:
        begun.set()
        await go_on.wait()
        await exchange.stream(say("Rafters"), end())

    async def second(exchange: Exchange) -> None:
        titles_before.append(len(endpoint.title_requests))
        await exchange.stream(say("Walls"), end())

    endpoint.script(first, second)
    client = await open_app()
    body = {"prompt": "What is under the tiles?", "assistant": "model"}
    async with open_stream(client, "/api/chatbot/start/stream", json=body) as stream:
        chat = (await stream.until("workflow"))["item"]["id"]
        await begun.wait()
        queued = await client.post(f"/api/chatbot/{chat}/queue", json={"prompt": "And those?"})
        assert queued.status_code == 200
        go_on.set()
    await until(lambda: endpoint.title_requests)
    await rest(client)
    assert titles_before == [0]
    assert len(endpoint.completions) == 2
    assert (await read(client, chat))["title"] == "Roofs and rafters"


async def test_a_model_that_takes_too_long_is_given_up(
    tmp_path: Path, endpoint: FakeEndpoint, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titling, "TIMEOUT", 0.2)
    endpoint.titles = lambda exchange: exchange.hang()
    client = await open_app()
    chat = await asked(client)
    assert len(endpoint.title_requests) == 1
    assert (await read(client, chat))["title"] == "What is under the tiles?"


async def test_a_model_without_an_end_is_given_up(open_app: Open, endpoint: FakeEndpoint) -> None:
    async def babble(exchange: Exchange) -> None:
        exchange.begin()
        while True:
            await exchange.send(say("word " * 100))

    endpoint.titles = babble
    client = await open_app()
    chat = await asked(client)
    title = (await read(client, chat))["title"]
    assert len(title) <= MAX_TITLE


async def test_stopped_and_failed_answers_get_no_title(
    open_app: Open, endpoint: FakeEndpoint
) -> None:
    endpoint.script(refuse(400), HELLO)
    client = await open_app()
    chat = await asked(client)
    assert endpoint.title_requests == []
    assert (await read(client, chat))["title"] == "What is under the tiles?"
    # The first answer that is complete does.
    await asked(client, "Once more", workflowId=chat)
    assert (await read(client, chat))["title"] == "Roofs and rafters"


async def test_a_title_leaves_the_order_of_the_list_alone(
    open_app: Open, endpoint: FakeEndpoint
) -> None:
    client = await open_app()
    chat = await asked(client)
    data = await (await client.get(f"/api/chatbot/{chat}/chatdata")).get_json()
    (workflow,) = [entry["item"] for entry in data["items"] if entry["type"] == "workflow"]
    (answer,) = [e["item"] for e in data["items"] if e["item"].get("role") == "assistant"]
    assert workflow["title"] == "Roofs and rafters"
    assert workflow["updatedAt"] <= answer["updatedAt"] + 1
    assert workflow["unread"] is True
    page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
    assert "Title: tiny · 9 in · 6 out" in page
