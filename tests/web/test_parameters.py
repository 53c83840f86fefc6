"""What a chat asks of its model: set over HTTP, told to all, and sent to the endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.assistants.openai.endpoint import FakeEndpoint, fake_endpoint
from tests.web.streams import ask, workflow_id
from tests.web.test_model_documents import chat

SET = {
    "temperature": 0.2,
    "topP": 0.5,
    "maxTokens": 100,
    "reasoningEffort": "high",
    "extra": {"seed": 7},
}
SENT = {
    "temperature": 0.2,
    "top_p": 0.5,
    "max_tokens": 100,
    "reasoning_effort": "high",
    "seed": 7,
}
API = "/api/chatbot/workflows"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def client(tmp_path: Path, endpoint: FakeEndpoint) -> AsyncIterator[Client]:
    async with chat(tmp_path, endpoint) as client:
        yield client


async def change(client: Client, id_: str, parameters: object) -> tuple[int, dict[str, Any]]:
    response = await client.patch(f"{API}/{id_}", json={"parameters": parameters})
    return response.status_code, await response.get_json()


def sent(endpoint: FakeEndpoint) -> dict[str, Any]:
    """What the last completion was asked for with, beside what is in each."""
    common = {"model", "messages", "stream", "stream_options"}
    return {name: value for name, value in endpoint.completions[-1].items() if name not in common}


async def regenerate(client: Client, id_: str) -> None:
    """Have the first answer of a chat written again."""
    start = {"workflowId": id_, "replaces": 1}
    response = await client.post("/api/chatbot/start/stream", json=start)
    assert response.status_code == 200
    await response.get_data()


async def test_what_is_set_is_sent_with_each_round_of_the_chat(
    client: Client, endpoint: FakeEndpoint
) -> None:
    id_ = workflow_id(await ask(client, "One", assistant="model"))
    assert sent(endpoint) == {}
    status, item = await change(client, id_, SET)
    assert (status, item["parameters"]) == (200, SET)
    assert (await (await client.get(f"{API}/{id_}")).get_json())["parameters"] == SET
    await ask(client, "Two", assistant="model", workflowId=id_)
    assert sent(endpoint) == SENT
    await ask(client, "Another chat", assistant="model")
    assert sent(endpoint) == {}


async def test_an_answer_that_is_written_again_is_asked_for_as_is_set_now(
    client: Client, endpoint: FakeEndpoint
) -> None:
    id_ = workflow_id(await ask(client, "One", assistant="model"))
    await change(client, id_, SET)
    await regenerate(client, id_)
    assert sent(endpoint) == SENT
    await change(client, id_, {"temperature": 1})
    await regenerate(client, id_)
    assert sent(endpoint) == {"temperature": 1}
    emptied: tuple[object, ...] = (None, {}, {"temperature": None, "extra": {}})
    for nothing in emptied:
        await change(client, id_, SET)
        assert (await change(client, id_, nothing))[1]["parameters"] is None
    await regenerate(client, id_)
    assert sent(endpoint) == {}


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"temperature": 3}, "parameters.temperature: "),
        ({"temperature": "0.5"}, "parameters.temperature: "),
        ({"topP": -0.1}, "parameters.topP: "),
        ({"maxTokens": 0}, "parameters.maxTokens: "),
        ({"maxTokens": 1.5}, "parameters.maxTokens: "),
        ({"reasoningEffort": "huge"}, "parameters.reasoningEffort: "),
        ({"extra": []}, "parameters.extra: "),
        ({"extra": {"messages": []}}, "extra: “messages” is set by the server."),
        ({"extra": {"seed": 10**30}}, "extra: A number in it is too large"),
        ({"extra": {"a": "x" * 8000}}, "extra: It has 8,008 bytes"),
        ("hot", "parameters: "),
    ],
)
async def test_what_can_not_be_used_is_refused_with_its_name(
    client: Client, parameters: object, reason: str
) -> None:
    id_ = workflow_id(await ask(client, "One"))
    status, answer = await change(client, id_, parameters)
    assert status == 422
    assert answer["error"]["message"].startswith(reason)
    assert (await (await client.get(f"{API}/{id_}")).get_json())["parameters"] is None


async def test_readers_of_a_link_are_not_told_of_them(client: Client) -> None:
    id_ = workflow_id(await ask(client, "One", assistant="model"))
    await change(client, id_, SET)
    token = (await (await client.post(f"{API}/{id_}/share")).get_json())["token"]
    page = await (await client.get(f"/shared/{token}")).get_data(as_text=True)
    assert "seed" not in page


async def test_an_exported_chat_keeps_them(client: Client) -> None:
    id_ = workflow_id(await ask(client, "One", assistant="model"))
    await change(client, id_, SET)
    file = await (await client.get(f"/chat/{id_}/export.json")).get_json()
    assert file["chat"]["parameters"] == SET
