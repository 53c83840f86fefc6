"""Numbers and names in queries, paths, headers and forms: taken as they are meant, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quart.typing import TestClientProtocol as Client

from quart_chat.web.inputs import parse_seq
from quart_chat.web.schemas.requests import MAX_SEQ
from tests.app import create_test_app
from tests.web.streams import ask, open_stream, parse, workflow_id

NO_NUMBERS = ["1e3", "+5", " 5", "5 ", "1_000", "\u0663", "\uff15", "\u00b2", "0x10", "0b1", "5.0"]
NO_NUMBERS += [
    "-0",
    "-1",
    "",
    "007",
    "00",
    "1,000",
    "NaN",
    "Infinity",
    "true",
    "null",
    "5\n",
    "5\0",
]

QUERIES = {
    "since": "/api/chatbot/{chat}/chatdata",
    "follow": "/api/chatbot/{chat}/stream",
    "limit": "/api/chatbot/workflows",
    "after": "/api/documents/{chat}",
    "events": "/api/doctor/stream",
}


@pytest.fixture
async def chat(client: Client) -> str:
    return workflow_id(await ask(client, "count 1 0ms"))


async def refusal(client: Client, path: str) -> tuple[int, str, str]:
    response = await client.get(path)
    error: dict[str, str] = (await response.get_json())["error"]
    return response.status_code, error["code"], error["message"]


async def test_what_is_no_number_in_a_query_is_refused(client: Client, chat: str) -> None:
    for name, path in QUERIES.items():
        for text in NO_NUMBERS:
            found = await refusal(client, f"{path.format(chat=chat)}?{name}={quote(text)}")
            assert found[:2] == (400, "invalid_parameter"), (name, text)
            assert found[2].startswith(f"{name}: "), (name, text)


async def test_a_plus_sign_in_a_query_is_a_blank_and_no_number(client: Client, chat: str) -> None:
    found = await refusal(client, f"/api/chatbot/{chat}/chatdata?since=+5")
    assert found[:2] == (400, "invalid_parameter")


@pytest.mark.parametrize("path", ["/chat/{chat}?round={}", "/chat/{chat}/rounds?before={}"])
async def test_pages_read_numbers_in_the_same_way(client: Client, chat: str, path: str) -> None:
    for text in NO_NUMBERS:
        response = await client.get(path.format(quote(text), chat=chat))
        assert response.status_code == 400, text


@pytest.mark.parametrize(
    ("query", "status"), [("limit=101", 422), ("limit=0", 422), (f"limit={'9' * 5000}", 422)]
)
async def test_a_number_out_of_range_is_understood_and_refused(
    client: Client, query: str, status: int
) -> None:
    found = await refusal(client, f"/api/chatbot/workflows?{query}")
    assert found[:2] == (status, "invalid_input")


async def test_the_largest_seq_is_a_seq(client: Client, chat: str) -> None:
    response = await client.get(f"/api/chatbot/{chat}/chatdata?since={MAX_SEQ}")
    assert response.status_code == 200
    found = await refusal(client, f"/api/chatbot/{chat}/chatdata?since={MAX_SEQ + 1}")
    assert found[:2] == (422, "invalid_input")


@pytest.mark.parametrize("query", ["since=0&since=0", "since=1&since=2"])
async def test_a_parameter_that_comes_twice_is_refused(
    client: Client, chat: str, query: str
) -> None:
    found = await refusal(client, f"/api/chatbot/{chat}/chatdata?{query}")
    assert found[:2] == (400, "invalid_parameter")


async def test_a_text_that_comes_twice_is_refused(client: Client) -> None:
    found = await refusal(client, "/api/chatbot/workflows?q=tea&q=milk")
    assert found[:2] == (400, "invalid_parameter")


async def test_a_parameter_that_is_not_known_is_ignored(client: Client) -> None:
    assert (await client.get("/api/chatbot/workflows?utm=1&utm=2")).status_code == 200


async def test_the_cursor_of_a_page_is_two_numbers(client: Client) -> None:
    for since in ("1e3", "5", "", "1-", "-1", "01-2", "1-2-3", "\u0661-2", "1- 2", "1-2e3"):
        found = await refusal(client, f"/api/stream?since={quote(since)}")
        assert found[:2] == (400, "invalid_parameter"), since


async def test_what_is_no_number_in_a_path_leads_nowhere(client: Client, chat: str) -> None:
    for number in ("\u0661", "01", "+1", "1.0", "1e0", "-1", "0x1", "1_0", "%201", "0"):
        for page in ("edit", "answer.md"):
            response = await client.get(f"/chat/{chat}/rounds/{quote(number, '%')}/{page}")
            assert response.status_code == 404, number
    assert (await client.get(f"/chat/{chat}/rounds/1/answer.md")).status_code == 200


async def test_what_is_no_number_in_a_form_is_refused(client: Client, chat: str) -> None:
    for number in NO_NUMBERS:
        response = await client.post(f"/chat/{chat}/head", form={"head": number})
        assert response.status_code == 422, number


async def test_a_last_id_that_is_no_seq_is_answered_with_everything(
    client: Client, chat: str
) -> None:
    for last_id in ("1e3", "+1", "1_0", "01", "0x1", "1.0", "-0", "\xb2"):
        headers = {"Last-Event-ID": last_id}
        response = await client.get(f"/api/chatbot/{chat}/stream", headers=headers)
        assert parse(await response.get_data(as_text=False))[0]["type"] == "reset", last_id


@given(text=st.text(st.characters(categories=["N", "P", "Z", "S"]), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_plain_numbers_are_seqs(text: str) -> None:
    seq = parse_seq(text)
    assert seq is None or (str(seq) == text and 0 <= seq <= MAX_SEQ)


@given(seq=st.integers(0, MAX_SEQ))
def test_every_seq_is_read_back(seq: int) -> None:
    assert parse_seq(str(seq)) == seq


JSON = {"Content-Type": "application/json"}
START = "/api/chatbot/start/stream"
DOCUMENTS = "/api/documents"


BODIES = [
    (b'{"prompt": "a", "replaces": ' + b"9" * 5000 + b"}", 422),
    (b'{"prompt": "a", "replaces": 1e400}', 422),
    (b'{"prompt": "a", "replaces": 5.5}', 422),
    (b'{"prompt": "a", "replaces": true}', 422),
    (b'{"prompt": ["a"], "prompt": 5}', 422),
    (b'{"prompt": "\\udc00\\ud800"}', 400),
    (b'{"x": ' + b"[" * 100_000, 400),
    (b'{"a":' * 50_000, 400),
    (b'\xef\xbb\xbf{"prompt": "a"}', 400),
    (b'{"prompt": "a"} {"prompt": "b"}', 400),
    (b"NaN", 400),
]


async def test_a_body_that_is_odd_is_refused(client: Client) -> None:
    for data, status in BODIES:
        response = await client.post(START, data=data, headers=JSON)
        assert response.status_code == status, data[:50]
        assert set(await response.get_json()) == {"error"}


async def test_a_name_that_can_be_of_nothing_is_not_found(client: Client) -> None:
    paths = [
        "/api/chatbot/{}/chatdata",
        "/api/chatbot/workflows/{}",
        "/api/documents/{}",
        "/api/shared/{}/stream",
        "/api/events/{}",
        "/api/events/document:{}",
        "/api/{}",
    ]
    for name in ("%ff", "%c0%80", "%00", "%ED%A0%80", "%E2%28%A1", "%2e%2e", "a" * 9000):
        for path in paths:
            for method in ("GET", "HEAD"):
                response = await client.open(path.format(name), method=method, json=None)
                assert response.status_code == 404, (path, name[:20])


async def test_another_method_is_told_those_that_are(client: Client) -> None:
    for method in ("PUT", "PATCH", "TRACE", "QUERY", "PROPFIND"):
        for path, allowed in ((START, "POST"), ("/api/stream", "GET"), (DOCUMENTS, "POST")):
            response: Any = await client.open(path, method=method, json=None)
            assert response.status_code == 405, (method, path)
            assert allowed in response.headers["Allow"]
            assert set(await response.get_json()) == {"error"}


async def test_the_address_that_starts_rounds_is_no_chat(client: Client) -> None:
    response = await client.get(START)
    assert response.status_code == 405
    options = await client.options(START)
    assert set(options.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


async def test_what_may_be_tried_again_says_when(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_MAX_STREAMS": 1})
    async with app.test_app() as running:
        client = running.test_client()
        async with open_stream(client, "/api/stream") as stream:
            await stream.until("pulse")
            response = await client.get("/api/stream")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
