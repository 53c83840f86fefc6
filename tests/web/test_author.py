"""An answer is signed with the name of the model that gave it: live, stored and exported."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat import create_app
from quart_chat.assistants.decorator import assistant
from quart_chat.assistants.protocol import Output, Question, Text, Usage
from quart_chat.chat.author import author
from tests.assistants.openai.endpoint import (
    Exchange,
    FakeEndpoint,
    end,
    event,
    fake_endpoint,
    say,
    talk,
)
from tests.web.streams import ask, workflow_id

TITLES = {"model": "tiny", "poet": "Poet"}
CASES = [
    ("model", Usage("large"), "large"),
    ("model", Usage(""), "tiny"),
    ("model", None, "tiny"),
    ("poet", Usage("large"), "Poet"),
    ("poet", None, "Poet"),
    ("gone", Usage("large"), "large"),
    ("gone", None, "gone"),
]
"""The assistant of an answer, what it took, and who signs it."""


class Answer:
    def __init__(self, assistant: str, usage: Usage | None) -> None:
        self.assistant, self.usage = assistant, usage


@pytest.mark.parametrize(("name", "usage", "signed"), CASES)
def test_who_signs(name: str, usage: Usage | None, signed: str) -> None:
    assert author(Answer(name, usage), TITLES) == signed


@assistant("poet", title="Poet")
async def poet(question: Question) -> AsyncGenerator[Output, None]:
    yield Usage("large")
    yield Text("Roses")


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def client(tmp_path: Path, endpoint: FakeEndpoint) -> AsyncIterator[Client]:
    config = {
        "QUART_CHAT_INSTANCE": tmp_path / "instance",
        "OPENAI_BASE_URL": endpoint.url,
        "OPENAI_MODEL": "tiny",
    }
    async with create_app(config, assistants=[poet]).test_app() as running:
        yield running.test_client()


def answers(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [i["item"] for i in items if i["type"] == "message" and i["item"]["role"] == "assistant"]


async def signatures(client: Client, chat: str) -> tuple[list[str], list[str]]:
    """Who signs the answers on the page, and in the file."""
    page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
    shown = re.findall(r'<h3 class="answer-author">([^<]+)</h3>', page)
    file = await (await client.get(f"/chat/{chat}/export.md")).get_data(as_text=True)
    return shown, [name for name in re.findall(r"^## (.+)$", file, re.MULTILINE) if name != "You"]


@pytest.mark.parametrize(
    ("chosen", "signed"), [("large", "large"), (None, "tiny"), ("a/b:c", "a/b:c")]
)
async def test_the_model_that_was_asked_signs(
    client: Client, endpoint: FakeEndpoint, chosen: str | None, signed: str
) -> None:
    items = await ask(client, "Hello", assistant="model", model=chosen)
    live = answers(items)
    assert [item["usage"]["model"] for item in live] == [signed] * len(live)
    assert await signatures(client, workflow_id(items)) == ([signed], [signed])


async def test_behind_a_router_the_one_that_answers_signs(
    client: Client, endpoint: FakeEndpoint
) -> None:
    endpoint.script(talk(event({"model": "large-7b", "choices": []}), say("Hi"), end()))
    items = await ask(client, "Hello", assistant="model", model="openrouter/auto")
    assert await signatures(client, workflow_id(items)) == (["large-7b"], ["large-7b"])


async def test_an_assistant_with_a_title_of_its_own_signs_with_it(client: Client) -> None:
    items = await ask(client, "Hello", assistant="poet")
    assert await signatures(client, workflow_id(items)) == (["Poet"], ["Poet"])


async def test_an_answer_in_flight_is_signed_and_says_nothing_of_what_it_took(
    client: Client, endpoint: FakeEndpoint
) -> None:
    async def stay(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"))
        await exchange.hang()

    async def page() -> str:
        listed = await (await client.get("/api/chatbot/workflows")).get_json()
        for chat in listed["workflows"]:
            return await (await client.get(f"/chat/{chat['id']}")).get_data(as_text=True)
        return ""

    endpoint.script(stay)
    asking = asyncio.create_task(ask(client, "Hi", assistant="model", model="large"))
    async with asyncio.timeout(60):
        while "Hello" not in (shown := await page()):
            pass
    assert '<h3 class="answer-author">large</h3>' in shown
    # Its room is kept.
    assert '<p class="usage" ></p>' in shown
    listed = await (await client.get("/api/chatbot/workflows")).get_json()
    await client.post(f"/api/chatbot/{listed['workflows'][0]['id']}/stop")
    await asking


async def test_name_and_speed_are_said_once(client: Client, endpoint: FakeEndpoint) -> None:
    async def take_time(exchange: Exchange) -> None:
        exchange.begin()
        for word in ("One", " two"):
            await exchange.send(say(word))
            await asyncio.sleep(0.15)
        await exchange.send(end(300))
        await exchange.finish()

    endpoint.script(take_time)
    items = await ask(client, "Hello", assistant="model")
    page = await (await client.get(f"/chat/{workflow_id(items)}")).get_data(as_text=True)
    round_ = page[page.index("<chat-round") : page.index("</chat-round>")]
    assert len(re.findall(r"[\d,.]+ tok/s", round_)) == 1
    assert re.findall(r">[^<]*tiny[^<]*<", round_) == [">tiny<"]
