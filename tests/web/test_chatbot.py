from __future__ import annotations

from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.web.streams import ask, open_stream, parse, workflow_id


async def test_a_prompt_is_answered_as_a_stream_that_ends(client: Client) -> None:
    items = await ask(client, "count 3 0ms")
    types = [item["type"] for item in items]
    assert types[:2] == ["workflow", "message"]
    assert "log" in types
    assert types[-1] == "complete"
    answers = [i["item"] for i in items if i["type"] == "message" and i["item"]["role"] != "user"]
    assert answers[-1]["content"] == "1 2 3 "
    assert answers[-1]["status"] == "complete"


async def test_a_stream_has_the_headers_that_proxies_need(client: Client) -> None:
    response = await client.post("/api/chatbot/start/stream", json={"prompt": "Hello"})
    await response.get_data()
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert response.headers["X-Accel-Buffering"] == "no"


@pytest.mark.parametrize("place", ["body", "query"])
async def test_a_second_prompt_continues_the_chat(client: Client, place: str) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    body: dict[str, Any] = {"prompt": "count 2 0ms", "assistant": "slow"}
    query: dict[str, Any] = {}
    (body if place == "body" else query)["workflowId"] = chat
    response = await client.post("/api/chatbot/start/stream", json=body, query_string=query)
    items = parse(await response.get_data(as_text=False))
    assert workflow_id(items) == chat
    assert items[-1]["item"]["roundNumber"] == 2
    assert {item["item"].get("roundNumber", 2) for item in items} == {2}


async def test_a_request_that_is_sent_again_starts_no_second_round(client: Client) -> None:
    body = {"prompt": "count 3 0ms", "assistant": "slow", "requestId": "request-1"}
    answers = []
    for _ in range(2):
        response = await client.post("/api/chatbot/start/stream", json=body)
        answers.append(parse(await response.get_data(as_text=False)))
    first, again = answers
    assert workflow_id(first) == workflow_id(again)
    assert again[-1]["type"] == "complete"
    answer = [i["item"] for i in again if i["type"] == "message"][-1]
    assert answer["content"] == "1 2 3 "
    other = await client.post("/api/chatbot/start/stream", json={**body, "requestId": "request-2"})
    chat = workflow_id(parse(await other.get_data(as_text=False)))
    assert chat != workflow_id(first)
    wrong = await client.post("/api/chatbot/start/stream", json={**body, "workflowId": chat})
    assert wrong.status_code == 422


@pytest.mark.parametrize("request_id", ["", "short", "x" * 101, 7])
async def test_a_request_needs_a_proper_name(client: Client, request_id: object) -> None:
    body = {"prompt": "Hello", "requestId": request_id}
    response = await client.post("/api/chatbot/start/stream", json=body)
    assert response.status_code == 422


async def test_an_unknown_assistant_is_refused(client: Client) -> None:
    response = await client.post(
        "/api/chatbot/start/stream", json={"prompt": "Hello", "assistant": "nobody"}
    )
    assert response.status_code == 422


async def test_documents_that_do_not_exist_are_not_found(client: Client) -> None:
    response = await client.post(
        "/api/chatbot/start/stream", json={"prompt": "Hello", "documentIds": ["d1"]}
    )
    assert response.status_code == 404


async def test_a_client_that_has_it_all_gets_204(client: Client) -> None:
    items = await ask(client, "count 1 0ms")
    path = f"/api/chatbot/{workflow_id(items)}/stream"
    by_header = await client.get(path, headers={"Last-Event-ID": items[-1]["id"]})
    by_query = await client.get(path, query_string={"since": items[-1]["id"]})
    assert (by_header.status_code, by_query.status_code) == (204, 204)


async def test_a_client_gets_what_it_missed_and_the_end(client: Client) -> None:
    items = await ask(client, "count 1 0ms")
    durable = [item for item in items if item["id"]]
    middle = durable[len(durable) // 2]["id"]
    response = await client.get(
        f"/api/chatbot/{workflow_id(items)}/stream", headers={"Last-Event-ID": middle}
    )
    missed = parse(await response.get_data(as_text=False))
    assert missed[-1]["type"] == "complete"
    assert missed[-1]["id"] == items[-1]["id"]
    assert all(int(item["id"]) > int(middle) for item in missed if item["id"])


async def test_the_header_wins_over_since(client: Client) -> None:
    items = await ask(client, "count 1 0ms")
    response = await client.get(
        f"/api/chatbot/{workflow_id(items)}/stream?since=0",
        headers={"Last-Event-ID": items[-1]["id"]},
    )
    assert response.status_code == 204


@pytest.mark.parametrize(
    "last_id", ["", "0f3a:17", "-1", "abc", "9" * 400, "12-5", "9007199254740991"]
)
async def test_an_id_that_means_nothing_here_gets_all_from_a_reset_on(
    client: Client, last_id: str
) -> None:
    started = await ask(client, "count 1 0ms")
    response = await client.get(
        f"/api/chatbot/{workflow_id(started)}/stream", headers={"Last-Event-ID": last_id}
    )
    items = parse(await response.get_data(as_text=False))
    assert items[0]["type"] == "reset"
    assert [i["item"]["role"] for i in items if i["type"] == "message"] == ["user", "assistant"]
    assert items[-1]["type"] == "complete"


@pytest.mark.parametrize(
    ("since", "status"),
    [
        *((text, 400) for text in ("-1", "abc", "", "1.5", "1e3")),
        *((text, 422) for text in ("9007199254740992", "9" * 400)),
    ],
)
@pytest.mark.parametrize("route", ["stream", "chatdata"])
async def test_a_since_that_is_no_seq_is_refused(
    client: Client, route: str, since: str, status: int
) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    response = await client.get(f"/api/chatbot/{chat}/{route}", query_string={"since": since})
    assert response.status_code == status
    assert (await response.get_json())["error"]["message"].startswith("since: ")


async def test_a_stream_that_follows_stays_open_across_rounds(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    async with open_stream(client, f"/api/chatbot/{chat}/stream?follow=1") as stream:
        assert (await stream.until("complete"))["item"]["roundNumber"] == 1
        await ask(client, "count 1 0ms", workflowId=chat)
        assert (await stream.until("complete"))["item"]["roundNumber"] == 2


async def test_a_running_round_can_be_stopped_and_stopped_again(client: Client) -> None:
    async with open_stream(
        client, "/api/chatbot/start/stream", json={"prompt": "wait", "assistant": "slow"}
    ) as stream:
        chat = (await stream.until("workflow"))["item"]["id"]
        answers = [await (await client.post(f"/api/chatbot/{chat}/stop")).get_json() for _ in "12"]
        await stream.until("stopped")
    assert answers == [
        {"workflowId": chat, "roundNumber": 1, "status": "stopped"},
        {"workflowId": chat, "roundNumber": None, "status": "idle"},
    ]


async def test_a_chat_runs_one_round_at_a_time(client: Client) -> None:
    async with open_stream(
        client, "/api/chatbot/start/stream", json={"prompt": "wait", "assistant": "slow"}
    ) as stream:
        chat = (await stream.until("workflow"))["item"]["id"]
        response = await client.post(
            "/api/chatbot/start/stream", json={"prompt": "Hello", "workflowId": chat}
        )
        assert response.status_code == 409
        assert (await response.get_json())["error"]["code"] == "round_running"
        await client.post(f"/api/chatbot/{chat}/stop")


async def test_stop_where_nothing_runs_says_so(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    response = await client.post(f"/api/chatbot/{chat}/stop")
    assert await response.get_json() == {
        "workflowId": chat,
        "roundNumber": None,
        "status": "idle",
    }


async def test_a_failing_assistant_ends_in_an_error_item(client: Client) -> None:
    items = await ask(client, "fail")
    assert items[-1]["type"] == "error"
    assert items[-1]["item"]["code"] == "out_of_words"


async def test_chatdata_is_what_the_stream_left(client: Client) -> None:
    items = await ask(client, "count 3 0ms")
    response = await client.get(f"/api/chatbot/{workflow_id(items)}/chatdata")
    snapshot = await response.get_json()
    final = {}
    for item in items:
        if item["type"] in {"message", "log", "workflow"}:
            final[item["item"]["id"]] = item["item"]
    stored = {
        item["item"]["id"]: item["item"]
        for item in snapshot["items"]
        if item["type"] in {"message", "log", "workflow"}
    }
    assert stored == final
    assert snapshot["seq"] == int(items[-1]["id"])
    assert snapshot["running"] is False


async def test_chatdata_since_the_end_is_empty(client: Client) -> None:
    items = await ask(client, "count 1 0ms")
    response = await client.get(
        f"/api/chatbot/{workflow_id(items)}/chatdata", query_string={"since": items[-1]["id"]}
    )
    assert (await response.get_json())["items"] == []
