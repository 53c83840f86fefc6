"""The API of queued prompts."""

from __future__ import annotations

from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.web.streams import open_stream

Item = dict[str, Any]


@pytest.fixture
async def chat(client: Client) -> str:
    """A chat whose round goes on until it is stopped."""
    body = {"prompt": "wait", "assistant": "slow"}
    async with open_stream(client, "/api/chatbot/start/stream", json=body) as stream:
        found: str = (await stream.until("workflow"))["item"]["id"]
    return found


async def send(client: Client, method: str, path: str, **body: Any) -> tuple[int, Item]:
    response = await client.open(f"/api/chatbot/{path}", method=method, json=body or None)
    return response.status_code, await response.get_json()


async def call(client: Client, method: str, path: str, **body: Any) -> Item:
    """Send a request that succeeds."""
    status, answer = await send(client, method, path, **body)
    assert status == 200, answer
    return answer


async def queue(client: Client, chat: str, prompt: str, **body: Any) -> Item:
    placed = await call(client, "POST", f"{chat}/queue", prompt=prompt, **body)
    assert (placed["workflowId"], placed["roundNumber"]) == (chat, None)
    item: Item = placed["queued"]
    return item


async def waiting(client: Client, chat: str) -> list[str]:
    listed = await call(client, "GET", f"{chat}/queue")
    return [prompt["content"] for prompt in listed["prompts"]]


async def refusal(client: Client, method: str, path: str, **body: Any) -> tuple[int, str]:
    status, answer = await send(client, method, path, **body)
    return status, answer["error"]["code"]


async def test_a_second_prompt_is_refused_unless_it_is_queued(client: Client, chat: str) -> None:
    body = {"prompt": "next", "workflowId": chat}
    assert await refusal(client, "POST", "start/stream", **body) == (409, "round_running")
    item = await queue(client, chat, "next", model=None, assistant="slow")
    assert (item["status"], item["content"], item["assistant"]) == ("queued", "next", "slow")
    assert item["documentIds"] is None
    assert await waiting(client, chat) == ["next"]


async def test_a_stream_shows_the_queue_and_each_change_of_it(client: Client, chat: str) -> None:
    first = await queue(client, chat, "count 1 0ms", assistant="slow")
    async with open_stream(client, f"/api/chatbot/{chat}/stream?follow=1") as stream:
        assert (await stream.until("queued"))["item"] == first
        edited = await call(client, "PATCH", f"{chat}/queue/{first['id']}", prompt="count 2 0ms")
        assert (await stream.until("queued"))["item"] == edited
        removed = await queue(client, chat, "never")
        assert (await stream.until("queued"))["item"] == removed
        await call(client, "DELETE", f"{chat}/queue/{removed['id']}")
        gone = (await stream.until("queued"))["item"]
        assert (gone["status"], gone["content"]) == ("removed", "")
        placed = await call(client, "POST", f"{chat}/queue/{first['id']}/send")
        assert placed["roundNumber"] == 2
        await stream.until("stopped")
        prompt = (await stream.until("message"))["item"]
        assert (prompt["content"], prompt["roundNumber"]) == ("count 2 0ms", 2)
        sent = (await stream.until("queued"))["item"]
        assert (sent["status"], sent["roundNumber"]) == ("sent", 2)
        assert (await stream.until("complete"))["item"]["roundNumber"] == 2


async def test_a_snapshot_and_the_stream_of_a_page_have_the_queue(
    client: Client, chat: str
) -> None:
    item = await queue(client, chat, "next")
    snapshot = await call(client, "GET", f"{chat}/chatdata")
    assert [data["item"] for data in snapshot["items"] if data["type"] == "queued"] == [item]
    async with open_stream(client, f"/api/stream?workflowId={chat}") as stream:
        assert (await stream.until("queued"))["item"] == item


async def test_a_removed_prompt_is_answered_with_its_text_once(client: Client, chat: str) -> None:
    item = await queue(client, chat, "next")
    path = f"{chat}/queue/{item['id']}"
    assert (await call(client, "DELETE", path))["content"] == "next"
    assert await refusal(client, "DELETE", path) == (404, "not_found")
    assert await refusal(client, "PATCH", path, prompt="late") == (404, "not_found")
    assert await refusal(client, "POST", f"{path}/send") == (404, "not_found")


async def test_what_was_sent_is_answered_with_its_round(client: Client, chat: str) -> None:
    item = await queue(client, chat, "wait", assistant="slow", requestId="request-1")
    path = f"{chat}/queue/{item['id']}"
    await call(client, "POST", f"{path}/send")
    assert await refusal(client, "DELETE", path) == (409, "prompt_sent")
    assert await refusal(client, "PATCH", path, prompt="late") == (409, "prompt_sent")
    assert (await call(client, "POST", f"{path}/send"))["roundNumber"] == 2
    body = {"prompt": "wait", "assistant": "slow", "requestId": "request-1"}
    assert (await call(client, "POST", f"{chat}/queue", **body))["roundNumber"] == 2
    assert await waiting(client, chat) == []


async def test_a_prompt_starts_at_once_where_nothing_runs(client: Client, chat: str) -> None:
    await client.post(f"/api/chatbot/{chat}/stop")
    placed = await call(client, "POST", f"{chat}/queue", prompt="wait", assistant="slow")
    assert placed == {"workflowId": chat, "roundNumber": 2, "queued": None}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "invalid_input")),
        ({"prompt": ""}, (422, "invalid_input")),
        ({"prompt": None}, (422, "invalid_input")),
        ({"prompt": 7}, (422, "invalid_input")),
        ({"prompt": "x" * 32_001}, (413, "prompt_too_long")),
        ({"prompt": "x", "assistant": "unknown"}, (422, "invalid_input")),
        ({"prompt": "x", "documentIds": ["d1"]}, (404, "not_found")),
        ({"prompt": "x", "requestId": "short"}, (422, "invalid_input")),
    ],
)
async def test_what_can_not_be_queued_is_refused(
    client: Client, chat: str, body: Item, expected: tuple[int, str]
) -> None:
    response = await client.post(f"/api/chatbot/{chat}/queue", json=body)
    answer = await response.get_json()
    assert (response.status_code, answer["error"]["code"]) == expected
    assert await waiting(client, chat) == []


@pytest.mark.parametrize("id_", ["0" * 32, "x", "%00", "é"])
async def test_an_unknown_prompt_is_not_found(client: Client, chat: str, id_: str) -> None:
    path = f"{chat}/queue/{id_}"
    assert await refusal(client, "DELETE", path) == (404, "not_found")
    assert await refusal(client, "PATCH", path, prompt="text") == (404, "not_found")
    assert await refusal(client, "POST", f"{path}/send") == (404, "not_found")
    unknown = f"{'0' * 32}/queue"
    assert await refusal(client, "GET", unknown) == (404, "not_found")
    assert await refusal(client, "POST", unknown, prompt="text") == (404, "not_found")


async def test_a_full_queue_is_refused_with_how_many_wait(client: Client, chat: str) -> None:
    for number in range(20):
        await queue(client, chat, f"question {number}")
    status, answer = await send(client, "POST", f"{chat}/queue", prompt="one more")
    assert (status, answer["error"]["code"]) == (409, "queue_full")
    assert answer["error"]["message"].startswith("20 questions wait in this chat")


async def test_readers_of_a_link_are_not_shown_the_queue(client: Client, chat: str) -> None:
    await queue(client, chat, "secret plan")
    share = await call(client, "POST", f"workflows/{chat}/share")
    page = await (await client.get(share["path"])).get_data(as_text=True)
    assert "secret plan" not in page
    async with open_stream(client, f"/api/shared/{share['token']}/stream?since=0") as stream:
        await stream.until("message")
        item = await queue(client, chat, "another secret plan")
        await call(client, "POST", f"{chat}/queue/{item['id']}/send")
        await stream.until("stopped")
        shown = (await stream.until("message"))["item"]
        assert shown["content"] == "another secret plan", "once it is asked, it is a question"
        await stream.until("complete")
    assert "queued" not in [item["type"] for item in stream.items]


async def test_an_export_leaves_the_queue_out(client: Client, chat: str) -> None:
    await queue(client, chat, "not asked yet")
    for kind in ("json", "md"):
        exported = await client.get(f"/chat/{chat}/export.{kind}")
        assert exported.status_code == 200
        assert "not asked yet" not in await exported.get_data(as_text=True)


async def test_the_page_and_the_rounds_that_a_script_reads_show_the_queue(
    client: Client, chat: str
) -> None:
    await queue(client, chat, "<next> & last")
    for path in (f"/chat/{chat}", f"/chat/{chat}/rounds"):
        page = await (await client.get(path)).get_data(as_text=True)
        assert "&lt;next&gt; &amp; last</p>" in page


async def test_a_form_queues_while_an_answer_is_written(client: Client, chat: str) -> None:
    response = await client.post(f"/chat/{chat}", form={"prompt": "next\r\nline"})
    assert (response.status_code, response.headers["Location"]) == (303, f"/chat/{chat}")
    assert await waiting(client, chat) == ["next\nline"]
    again = await client.post(f"/chat/{chat}", form={"replaces": "1"})
    assert again.status_code == 409


async def test_forms_edit_remove_and_send(client: Client, chat: str) -> None:
    first, second = [await queue(client, chat, text) for text in ("first", "wait")]
    path = f"/chat/{chat}/queue"
    form = await (await client.get(f"{path}/{first['id']}/edit")).get_data(as_text=True)
    assert "first</textarea>" in form
    await client.post(f"{path}/{first['id']}/edit", form={"prompt": "edited\r\ntext"})
    assert await waiting(client, chat) == ["edited\ntext", "wait"]
    removed = await client.post(f"{path}/{first['id']}/remove", form={})
    assert "edited\ntext</textarea>" in await removed.get_data(as_text=True)
    await client.post(f"{path}/{second['id']}/send", form={})
    assert await waiting(client, chat) == []
    for gone in (first, second):
        assert (await client.get(f"{path}/{gone['id']}/edit")).status_code == 404
