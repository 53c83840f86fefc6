"""New versions of a round, and stepping through them, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.web.streams import ask, open_stream, workflow_id

WORKFLOWS = "/api/chatbot/workflows"
START = "/api/chatbot/start/stream"


@pytest.fixture
async def chat(client: Client) -> str:
    """A chat of one round."""
    return workflow_id(await ask(client, "count 1 0ms"))


async def head(client: Client, chat: str) -> int:
    item = await (await client.get(f"{WORKFLOWS}/{chat}")).get_json()
    number: int = item["headRound"]
    return number


async def prompts(client: Client, chat: str) -> list[str]:
    """What the page of a chat shows to have been asked."""
    page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
    return [part.split("<")[0] for part in page.split('<p class="prompt-text" dir="auto">')[1:-1]]


async def test_a_prompt_that_replaces_another_becomes_its_sibling(
    client: Client, chat: str
) -> None:
    await ask(client, "count 2 0ms", workflowId=chat)
    items = await ask(client, "count 3 0ms", workflowId=chat, replaces=2)
    prompt = next(item["item"] for item in items if item["type"] == "message")
    assert (prompt["roundNumber"], prompt["parentRound"], prompt["content"]) == (
        3,
        1,
        "count 3 0ms",
    )
    assert workflow(items)["headRound"] == 3
    assert await prompts(client, chat) == ["count 1 0ms", "count 3 0ms"]


def workflow(items: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = [item["item"] for item in items if item["type"] == "workflow"][-1]
    return found


async def test_without_a_prompt_the_answer_is_written_again(client: Client, chat: str) -> None:
    response = await client.post(START, json={"workflowId": chat, "replaces": 1})
    assert response.status_code == 200
    await response.get_data()
    assert await head(client, chat) == 2
    assert await prompts(client, chat) == ["count 1 0ms"]


async def test_a_failed_answer_may_be_asked_of_the_librarian(client: Client) -> None:
    items = await ask(client, "fail")
    end = items[-1]["item"]
    assert (items[-1]["type"], end["assistant"]) == ("error", "slow")
    again = {"workflowId": workflow_id(items), "replaces": 1, "assistant": "librarian"}
    response = await client.post(START, json=again)
    assert b'"assistant":"librarian"' in await response.get_data(as_text=False)
    assert workflow(items)["assistant"] == "slow"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"replaces": 7}, 404),
        ({"replaces": 7, "prompt": "x"}, 404),
        ({"replaces": 0}, 422),
        ({"replaces": -1}, 422),
        ({"replaces": "1"}, 422),
        ({"replaces": 2**70}, 422),
        ({"replaces": 1, "prompt": " "}, 422),
        ({"replaces": 1, "assistant": "nobody"}, 422),
        ({"replaces": 1, "documentIds": ["x"]}, 404),
        ({"replaces": 1, "workflowId": None}, 422),
        ({"replaces": 1, "workflowId": "0" * 32}, 404),
        ({}, 422),
    ],
)
async def test_what_can_not_be_replaced_is_refused_and_changes_nothing(
    client: Client, chat: str, body: dict[str, Any], status: int
) -> None:
    response = await client.post(START, json={"workflowId": chat, **body})
    assert response.status_code == status
    assert (await response.get_json())["error"]["message"]
    assert await head(client, chat) == 1


async def test_a_chat_is_stepped_to_another_version(client: Client, chat: str) -> None:
    await ask(client, "count 2 0ms", workflowId=chat, replaces=1)
    response = await client.patch(f"{WORKFLOWS}/{chat}", json={"head": 1})
    assert (response.status_code, (await response.get_json())["headRound"]) == (200, 1)
    assert await prompts(client, chat) == ["count 1 0ms"]


@pytest.mark.parametrize(("head", "status"), [(2, 404), (0, 422), ("1", 422), (2**64, 422)])
async def test_a_version_that_is_not_there_is_refused(
    client: Client, chat: str, head: Any, status: int
) -> None:
    response = await client.patch(f"{WORKFLOWS}/{chat}", json={"head": head})
    assert response.status_code == status


async def test_nothing_is_stepped_or_replaced_while_a_round_runs(client: Client, chat: str) -> None:
    start = {"prompt": "wait", "assistant": "slow", "workflowId": chat}
    async with open_stream(client, START, json=start) as stream:
        await stream.until("message")
        response = await client.patch(f"{WORKFLOWS}/{chat}", json={"head": 1})
        assert response.status_code == 409
        response = await client.post(START, json={"workflowId": chat, "replaces": 1})
        assert response.status_code == 409
        response = await client.post(f"/chat/{chat}/head", form={"head": "1"})
        assert response.status_code == 409
        await client.post(f"/chat/{chat}/stop")
        await stream.until("stopped")


async def test_every_stream_is_told_of_the_branch_that_is_shown(client: Client, chat: str) -> None:
    await ask(client, "count 2 0ms", workflowId=chat, replaces=1)
    async with open_stream(client, f"/api/stream?workflowId={chat}&since=0-0") as stream:
        while (await stream.until("workflow"))["item"]["headRound"] != 2:
            pass
        await client.patch(f"{WORKFLOWS}/{chat}", json={"head": 1})
        while (await stream.until("workflow"))["item"]["headRound"] != 1:
            pass


async def test_prompts_are_edited_answers_written_again_and_versions_shown_by_form(
    client: Client, chat: str
) -> None:
    form = {"prompt": "count 2\r\n", "replaces": "1"}
    assert (await client.post(f"/chat/{chat}", form=form)).status_code == 303
    await client.post(f"/chat/{chat}/stop")
    assert await prompts(client, chat) == ["count 2\n"]
    assert (await client.post(f"/chat/{chat}", form={"replaces": "1"})).status_code == 303
    await client.post(f"/chat/{chat}/stop")
    assert (await prompts(client, chat), await head(client, chat)) == (["count 1 0ms"], 3)
    response = await client.post(f"/chat/{chat}/head", form={"head": "2"})
    assert (response.status_code, response.location) == (303, f"/chat/{chat}#round-2")
    assert await prompts(client, chat) == ["count 2\n"]


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 30])
async def test_a_form_without_the_number_of_a_round_is_refused(
    client: Client, chat: str, number: str
) -> None:
    assert (await client.post(f"/chat/{chat}/head", form={"head": number})).status_code == 422
    form = {"prompt": "", "replaces": number}
    assert (await client.post(f"/chat/{chat}", form=form)).status_code == 422


async def test_a_page_shows_a_round_of_another_branch(client: Client, chat: str) -> None:
    await ask(client, "count 2 0ms", workflowId=chat, replaces=1)
    page = await (await client.get(f"/chat/{chat}?round=1")).get_data(as_text=True)
    assert "count 1 0ms" in page
    assert "These are not the latest messages" in page
    assert await head(client, chat) == 2


@pytest.mark.parametrize(
    ("query", "status"), [("round=9", 404), ("round=x", 400), ("round=0", 422)]
)
async def test_a_page_of_a_round_that_is_not_there_is_refused(
    client: Client, chat: str, query: str, status: int
) -> None:
    assert (await client.get(f"/chat/{chat}?{query}")).status_code == status


async def test_rounds_are_read_as_a_piece_of_a_page(client: Client, chat: str) -> None:
    await ask(client, "count 2 0ms", workflowId=chat)
    piece = await (await client.get(f"/chat/{chat}/rounds")).get_data(as_text=True)
    assert 'data-head="2"' in piece
    assert "<html" not in piece
    piece = await (await client.get(f"/chat/{chat}/rounds?before=2")).get_data(as_text=True)
    assert "count 1 0ms" in piece
    assert "count 2 0ms" not in piece
    for before, status in (("7", 404), ("x", 400), ("0", 422)):
        response = await client.get(f"/chat/{chat}/rounds?before={before}")
        assert response.status_code == status


@pytest.mark.parametrize("number", [0, 2, 10**30])
async def test_a_prompt_that_is_not_there_can_not_be_edited(
    client: Client, chat: str, number: int
) -> None:
    assert (await client.get(f"/chat/{chat}/rounds/{number}/edit")).status_code == 404


async def test_a_prompt_is_edited_as_it_was_written(client: Client) -> None:
    chat = workflow_id(await ask(client, "\n<b>one</b>\n</textarea>"))
    page = await (await client.get(f"/chat/{chat}/rounds/1/edit")).get_data(as_text=True)
    assert "\n\n&lt;b&gt;one&lt;/b&gt;\n&lt;/textarea&gt;</textarea>" in page


async def test_an_answer_is_read_as_it_was_written(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 3 0ms"))
    response = await client.get(f"/chat/{chat}/rounds/1/answer.md")
    assert response.mimetype == "text/markdown"
    assert await response.get_data(as_text=True) == "1 2 3 "
    assert (await client.get(f"/chat/{chat}/rounds/2/answer.md")).status_code == 404
    assert (await client.get("/chat/none/rounds/1/answer.md")).status_code == 404
