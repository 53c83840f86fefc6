"""Who can be asked, as clients are told, and who is asked where nobody is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat import create_app
from quart_chat.assistants.protocol import Models, Output, Question
from quart_chat.events.sse import StreamParser
from quart_chat.web.api import assistants
from tests.app import create_test_app
from tests.assistants.openai.endpoint import Exchange, FakeEndpoint, fake_endpoint, refuse, say
from tests.server import Server, free_port
from tests.waiting import until
from tests.web.streams import parse, workflow_id

LIBRARIAN: dict[str, Any] = {
    "name": "librarian",
    "title": "Librarian",
    "models": [],
    "defaultModel": None,
    "note": None,
    "restricted": False,
}


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def open_client(tmp_path: Path) -> Callable[..., Any]:
    @asynccontextmanager
    async def open_client(**settings: Any) -> AsyncIterator[Client]:
        config = {"QUART_CHAT_INSTANCE": tmp_path / "instance", **settings}
        async with create_test_app(config).test_app() as running:
            yield running.test_client()

    return open_client


async def list_assistants(client: Client) -> dict[str, Any]:
    response = await client.get("/api/chatbot/assistants")
    assert response.status_code == 200
    answer: dict[str, Any] = await response.get_json()
    return answer


async def start(client: Client, **fields: Any) -> list[dict[str, Any]]:
    response = await client.post(
        "/api/chatbot/start/stream", json={"prompt": "What is a round?", **fields}
    )
    assert response.status_code == 200
    return parse(await response.get_data(as_text=False))


def who_answered(items: list[dict[str, Any]]) -> str:
    return str(
        next(
            i["item"]["assistant"]
            for i in items
            if i["type"] == "message" and i["item"]["role"] == "assistant"
        )
    )


async def test_without_an_endpoint_the_librarian_answers(client: Client) -> None:
    listed = await list_assistants(client)
    assert listed["default"] == "librarian"
    assert listed["assistants"][0] == LIBRARIAN
    assert [a["name"] for a in listed["assistants"]] == ["librarian", "slow"]


class Broken:
    """Can't say which models it has: it fails, or never comes to an end."""

    title = "Broken"

    def __init__(self, name: str) -> None:
        self.name = name

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        yield "Hello"

    async def models(self) -> Models:
        if self.name == "fails":
            raise RuntimeError("a key of somebody")
        await asyncio.Event().wait()
        return Models(())


async def test_one_that_can_not_list_its_models_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistants, "PATIENCE", 0.01)
    config = {"QUART_CHAT_INSTANCE": tmp_path / "instance"}
    app = create_app(config, assistants=[Broken("fails"), Broken("hangs")])
    async with app.test_app() as running:
        listed = (await list_assistants(running.test_client()))["assistants"]
    assert listed[0] == LIBRARIAN
    assert [(entry["name"], entry["models"], entry["note"]) for entry in listed[1:]] == [
        ("fails", [], "The models can't be listed. The reason is in the server's log."),
        ("hangs", [], "The models were not listed in time."),
    ]


async def test_with_an_endpoint_the_model_answers_and_comes_first(
    open_client: Callable[..., Any], endpoint: FakeEndpoint
) -> None:
    async with open_client(OPENAI_BASE_URL=endpoint.url + "/", OPENAI_MODEL="large") as client:
        listed = await list_assistants(client)
        assert listed["default"] == "model"
        assert listed["assistants"][:2] == [
            {
                "name": "model",
                "title": "large",
                "models": ["tiny", "large"],
                "defaultModel": "large",
                "note": None,
                "restricted": False,
            },
            LIBRARIAN,
        ]
        items = await start(client)
        assert who_answered(items) == "model"
        assert items[-1]["type"] == "complete"
        page = await (await client.get("/")).get_data(as_text=True)
        assert page.index('<option value="model"') < page.index('<option value="librarian"')


async def test_a_key_alone_means_the_endpoint_it_is_for(open_client: Callable[..., Any]) -> None:
    async with open_client(OPENAI_API_KEY="sk-nothing", OPENAI_MODEL="any") as client:
        page = await (await client.get("/")).get_data(as_text=True)
    assert '<option value="model"' in page
    assert "sk-nothing" not in page


async def test_the_librarian_can_be_chosen_beside_a_model(
    open_client: Callable[..., Any], endpoint: FakeEndpoint
) -> None:
    async with open_client(OPENAI_BASE_URL=endpoint.url) as client:
        items = await start(client, assistant="librarian")
        assert who_answered(items) == "librarian"
        assert who_answered(await start(client, workflowId=workflow_id(items))) == "librarian"
    # It may look for embeddings, and asks no model for an answer.
    assert {request.path for request in endpoint.requests} <= {"/v1/models", "/v1/embeddings"}


async def test_a_chosen_model_is_remembered_in_its_chat(
    open_client: Callable[..., Any], endpoint: FakeEndpoint
) -> None:
    async with open_client(OPENAI_BASE_URL=endpoint.url) as client:
        chat = workflow_id(await start(client, assistant="model", model="large"))
        await start(client, workflowId=chat)
        form = {"prompt": "Hello", "assistant": "model", "model": "tiny"}
        await client.post(f"/chat/{chat}", form=form)
        item = await (await client.get(f"/api/chatbot/workflows/{chat}")).get_json()
    assert [body["model"] for body in endpoint.completions][:2] == ["large", "large"]
    assert (item["assistant"], item["model"]) == ("model", "tiny")


async def test_a_model_list_that_fails_is_empty_and_says_why(
    open_client: Callable[..., Any], endpoint: FakeEndpoint
) -> None:
    endpoint.models = refuse(500)
    async with open_client(OPENAI_BASE_URL=endpoint.url) as client:
        model = (await list_assistants(client))["assistants"][0]
    assert model["models"] == []
    assert "has failed with status 500" in model["note"]
    assert (model["title"], model["defaultModel"]) == ("Model", None)


async def test_an_endpoint_that_is_down_is_not_replaced(open_client: Callable[..., Any]) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    async with open_client(
        OPENAI_BASE_URL=url, OPENAI_MODEL="tiny", QUART_CHAT_MODEL_RETRIES=0
    ) as client:
        items = await start(client)
    assert (items[-1]["type"], items[-1]["item"]["code"]) == ("error", "endpoint_refused")
    assert [i for i in items if i["type"] == "message" and i["item"]["role"] != "user"] == []


async def test_a_model_for_an_assistant_without_models_is_refused(client: Client) -> None:
    response = await client.post(
        "/api/chatbot/start/stream", json={"prompt": "Hello", "model": "tiny"}
    )
    assert response.status_code == 422
    assert (await response.get_json())["error"]["message"].startswith("model: ")


async def test_the_command_needs_only_an_address_and_a_stop_reaches_the_endpoint(
    start_server: Callable[..., Server], endpoint: FakeEndpoint
) -> None:
    async def go_on(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Hello"))
        await exchange.hang()

    endpoint.script(go_on)
    server = await asyncio.to_thread(start_server, env={"OPENAI_BASE_URL": endpoint.url})
    body = {"prompt": "Hello"}
    async with (
        asyncio.timeout(30),
        httpx2.AsyncClient(base_url=f"{server.url}/api/chatbot", trust_env=False) as http,
        http.stream("POST", "/start/stream", json=body) as response,
    ):
        parser, items = StreamParser(), []
        async for chunk in response.aiter_bytes():
            items += [orjson.loads(frame.data) for frame in parser.feed(chunk)]
            if any(item["type"] == "delta" for item in items) and endpoint.open:
                chat = workflow_id(items)
                await http.post(f"/{chat}/stop")
                await until(lambda: not endpoint.open)
    assert items[-1]["type"] == "stopped"
    answer = [item["item"] for item in items if item["type"] == "message"][-1]
    assert (answer["content"], answer["assistant"]) == ("Hello", "model")
