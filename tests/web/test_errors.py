"""Bad input: each gets its status, its code and a sentence, and the server goes on."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart
from quart.testing import WebsocketResponseError
from quart.typing import TestClientProtocol as Client

from tests.web.streams import ask, workflow_id

START = "/api/chatbot/start/stream"
JSON = {"Content-Type": "application/json"}


async def error(response: Any) -> tuple[int, str]:
    body = await response.get_json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"].endswith(".")
    return response.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", (422, "invalid_input")),
        (" \n\t ", (422, "invalid_input")),
        (None, (422, "invalid_input")),
        (5, (422, "invalid_input")),
        (["Hello"], (422, "invalid_input")),
        ("x" * 32_001, (413, "prompt_too_long")),
        ("\U0001f600" * 32_001, (413, "prompt_too_long")),
    ],
)
async def test_a_prompt_that_is_none(
    client: Client, prompt: object, expected: tuple[int, str]
) -> None:
    assert await error(await client.post(START, json={"prompt": prompt})) == expected


@pytest.mark.parametrize("prompt", ["x" * 32_000, "\U0001f600" * 32_000])
async def test_a_prompt_of_32000_characters_is_taken(client: Client, prompt: str) -> None:
    assert (await ask(client, prompt))[-1]["type"] == "complete"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (400, "invalid_json")),
        (b"{", (400, "invalid_json")),
        (b'{"prompt": "\xff"}', (400, "invalid_json")),
        (b'{"prompt": "\\ud800"}', (400, "invalid_json")),
        (b'{"prompt": "\x00"}', (400, "invalid_json")),
        (b'{"prompt": "a", "x": ' + b"[" * 100_000, (400, "invalid_json")),
        (b"[]", (422, "invalid_input")),
        (b"{}", (422, "invalid_input")),
        (b'"prompt"', (422, "invalid_input")),
    ],
)
async def test_a_body_that_is_no_prompt(
    client: Client, data: bytes, expected: tuple[int, str]
) -> None:
    assert await error(await client.post(START, data=data, headers=JSON)) == expected


@pytest.mark.parametrize(
    "media_type", [None, "application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]
)
async def test_a_body_that_is_not_called_json(client: Client, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    response = await client.post(START, data=b'{"prompt":"Hello"}', headers=headers)
    assert await error(response) == (415, "wrong_media_type")
    assert "Content-Type: application/json" in (await response.get_json())["error"]["message"]


async def test_a_body_that_is_too_large(client: Client) -> None:
    response = await client.post(START, data=b" " * (512 * 1024 + 1), headers=JSON)
    assert await error(response) == (413, "body_too_large")


@pytest.mark.parametrize("chat", ["unknown", "%00", "..%2F..", "%ED%A0%80", "x" * 5000, "1'--"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/chatbot/{}/stream"),
        ("GET", "/api/chatbot/{}/chatdata"),
        ("POST", "/api/chatbot/{}/stop"),
        ("GET", "/api/chatbot/workflows/{}"),
        ("PATCH", "/api/chatbot/workflows/{}"),
        ("DELETE", "/api/chatbot/workflows/{}"),
        ("GET", "/api/stream?workflowId={}"),
        ("GET", "/api/events/{}"),
    ],
)
async def test_a_chat_that_does_not_exist(
    client: Client, method: str, path: str, chat: str
) -> None:
    json = {"title": "New"} if method == "PATCH" else None
    response = await client.open(path.format(chat), method=method, json=json)
    assert await error(response) == (404, "not_found")


@pytest.mark.parametrize("chat", ["unknown", ""])
async def test_a_prompt_for_a_chat_that_does_not_exist(client: Client, chat: str) -> None:
    response = await client.post(START, json={"prompt": "Hello", "workflowId": chat})
    assert await error(response) == (404, "not_found")
    response = await client.post(f"{START}?workflowId={chat}", json={"prompt": "Hello"})
    assert await error(response) == (404, "not_found")


async def test_the_list_of_somebody_else_is_not_found(client: Client) -> None:
    assert await error(await client.get("/api/events/user:alice")) == (404, "not_found")


async def test_a_method_that_is_not_allowed_names_those_that_are(
    client: Client,
) -> None:
    response = await client.put("/api/chatbot/workflows")
    assert await error(response) == (405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


async def test_an_address_of_the_api_that_is_none(client: Client) -> None:
    assert await error(await client.get("/api/nothing")) == (404, "not_found")


@pytest.mark.parametrize(("path", "status"), [("/api/stream", 400), ("/nothing", 404)])
async def test_a_web_socket_is_refused(client: Client, path: str, status: int) -> None:
    with pytest.raises(WebsocketResponseError) as refused:
        async with client.websocket(path) as websocket:
            await websocket.receive()
    response = refused.value.response
    assert response.status_code == status
    assert set(await response.get_json()) == {"error"}


async def test_what_goes_wrong_inside_is_told_without_detail(app: Quart) -> None:
    @app.get("/api/broken")
    async def broken() -> str:
        raise ValueError("a secret")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    async with app.test_app() as running:
        response = await running.test_client().get("/api/broken")
    assert await error(response) == (500, "internal")
    assert "secret" not in await response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing", 404), ("/chat/unknown", 404), ("/handbook/nothing", 404)]
)
async def test_a_page_that_is_none_is_a_page(client: Client, path: str, status: int) -> None:
    response = await client.get(path)
    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert str(status) in await response.get_data(as_text=True)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "NUL \0 here", "\u202e\ufeff\uffff"])
async def test_strange_text_is_kept_and_shown_as_text(client: Client, text: str) -> None:
    items = await ask(client, text)
    chat = workflow_id(items)
    snapshot = await (await client.get(f"/api/chatbot/{chat}/chatdata")).get_json()
    prompts = [item["item"]["content"] for item in snapshot["items"] if item["type"] == "message"]
    assert prompts[0] == text.replace("\0", "\ufffd")
    await client.patch(f"/api/chatbot/workflows/{chat}", json={"title": f"T {text}"})
    page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
    assert "<script>alert" not in page
