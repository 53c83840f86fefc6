from __future__ import annotations

import re

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client


async def test_the_document_covers_every_route_of_the_api(app: Quart, client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    documented = {
        (path, method.upper()) for path, item in document["paths"].items() for method in item
    }
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert documented == routes


async def test_every_operation_is_described(client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    assert document["openapi"].startswith("3.1")
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"].endswith("."), path
            assert operation["tags"], path


@pytest.mark.parametrize(
    ("method", "path", "answers"),
    [
        ("post", "/api/chatbot/start/stream", {"200": "text/event-stream"}),
        ("get", "/api/chatbot/{workflow_id}/stream", {"200": "text/event-stream", "204": None}),
        ("get", "/api/stream", {"200": "text/event-stream"}),
        ("get", "/api/events/{context_id}", {"200": "text/event-stream", "204": None}),
        ("get", "/api/chatbot/workflows", {"200": "application/json"}),
        ("delete", "/api/chatbot/workflows/{workflow_id}", {"204": None}),
    ],
)
async def test_the_document_says_how_success_looks(
    client: Client, method: str, path: str, answers: dict[str, str | None]
) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    responses = document["paths"][path][method]["responses"]
    assert answers == {
        status: next(iter(response.get("content", {})), None)
        for status, response in responses.items()
        if status.startswith("2")
    }


async def test_the_document_says_how_a_refusal_looks(client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    for item in document["paths"].values():
        for operation in item.values():
            schema = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert schema["required"] == ["error"]


async def test_the_document_says_what_a_prompt_is(client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    operation = document["paths"]["/api/chatbot/start/stream"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    prompt = schema["properties"]["prompt"]
    assert prompt == {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert schema["required"] == []


@pytest.mark.parametrize("path", ["/docs", "/redocs", "/scalar"])
async def test_no_page_loads_scripts_from_elsewhere(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 404
