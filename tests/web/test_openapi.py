from __future__ import annotations

import json
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from quart import Quart
from quart.typing import TestClientProtocol as Client

PAGES = (
    *("/chat/", "/documents", "/handbook/", "/shared/", "/static/", "/transfer"),
    *("/admin", "/chat", "/doctor", "/language", "/offline", "/settings"),
    *("/manifest.webmanifest", "/openapi.json", "/service-worker.js"),
    *("/healthz", "/readyz", "/metrics"),
)
"""What people see, and what it is made of: of these the document says nothing."""


async def test_the_document_is_one_of_openapi(client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


async def test_each_operation_and_each_schema_has_a_name_of_its_own(client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    names = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]
    assert len(names) == len(set(names))
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert referred | {"ChatData"} >= set(document["components"]["schemas"]) - {"StreamEvent"}
    assert referred <= set(document["components"]["schemas"])
    assert [server["url"] for server in document["servers"]] == ["/"]


@pytest.mark.parametrize("path", ["/api/documents", "/api/chatbot/import"])
async def test_the_document_says_how_files_are_sent(client: Client, path: str) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["required"] == ["files"]
    assert form["schema"]["properties"]["files"]["items"]["format"] == "binary"


async def test_the_document_covers_every_route_of_the_api(app: Quart, client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    documented = {
        (path, method.upper()) for path, item in document["paths"].items() for method in item
    }
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule != "/" and not rule.rule.startswith(PAGES)
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


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("post", "/api/chatbot/start/stream", "400 403 404 408 409 413 415 422 429 500 503"),
        ("get", "/api/chatbot/{workflow_id}/stream", "400 403 404 422 429 500 503"),
        ("post", "/api/documents", "400 403 408 413 415 422 500 503"),
        ("post", "/api/chatbot/{workflow_id}/stop", "400 403 404 422 500 503"),
    ],
)
async def test_the_document_says_how_a_refusal_looks(
    client: Client, method: str, path: str, statuses: str
) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    responses = document["paths"][path][method]["responses"]
    refused = {status: found for status, found in responses.items() if status >= "400"}
    assert " ".join(sorted(refused)) == statuses
    for status, found in refused.items():
        schema = found["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}
        assert ("Retry-After" in found.get("headers", {})) == (status in {"429", "503"})


async def test_the_document_says_what_a_prompt_is(client: Client) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    operation = document["paths"]["/api/chatbot/start/stream"]["post"]
    body = operation["requestBody"]
    assert body["required"] is True
    schema = body["content"]["application/json"]["schema"]
    assert schema["$ref"] == "#/components/schemas/StartRequest"
    prompt = document["components"]["schemas"]["StartRequest"]["properties"]["prompt"]
    assert prompt["anyOf"] == [{"type": "string", "minLength": 1}, {"type": "null"}]


async def test_the_document_says_what_a_stream_carries(client: Client) -> None:
    schemas = (await (await client.get("/openapi.json")).get_json())["components"]["schemas"]
    assert set(schemas["ChatData"]["discriminator"]["mapping"]) == {
        *("message", "log", "delta", "queued", "workflow", "complete", "stopped", "error", "reset"),
        *("pulse", "document", "status", "progress", "probe", "figures"),
    }
    assert schemas["MessageItem"]["properties"]["role"] == {"enum": ["assistant", "user"]}
    assert schemas["LogItem"]["properties"]["durationMs"]["anyOf"][1] == {"type": "null"}


@pytest.mark.parametrize(
    ("path", "name", "place"),
    [
        ("/api/chatbot/{workflow_id}/stream", "workflow_id", "path"),
        ("/api/chatbot/{workflow_id}/stream", "since", "query"),
        ("/api/chatbot/{workflow_id}/stream", "Last-Event-ID", "header"),
        ("/api/shared/{token}/stream", "Last-Event-ID", "header"),
        ("/api/documents/{document_id}", "limit", "query"),
    ],
)
async def test_the_document_names_each_parameter(
    client: Client, path: str, name: str, place: str
) -> None:
    document = await (await client.get("/openapi.json")).get_json()
    (found,) = [p for p in document["paths"][path]["get"]["parameters"] if p["name"] == name]
    assert (found["in"], found.get("required", False)) == (place, place == "path")
    assert found["description"]


@pytest.mark.parametrize("path", ["/docs", "/redocs", "/scalar"])
async def test_no_page_loads_scripts_from_elsewhere(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 404
