from __future__ import annotations

import pytest
from quart.typing import TestClientProtocol as Client

from tests.web.streams import ask, workflow_id

PATH = "/api/chatbot/workflows"


async def test_an_empty_list_is_a_page_without_a_next(client: Client) -> None:
    assert await (await client.get(PATH)).get_json() == {"workflows": [], "next": None}


async def test_the_list_comes_in_pages(client: Client) -> None:
    chats = [workflow_id(await ask(client, f"count {n} 0ms")) for n in (1, 2, 3)]
    first = await (await client.get(f"{PATH}?limit=2")).get_json()
    rest = await (
        await client.get(PATH, query_string={"limit": 2, "before": first["next"]})
    ).get_json()
    listed = [chat["id"] for chat in first["workflows"] + rest["workflows"]]
    assert listed == chats[::-1]
    assert rest["next"] is None


async def test_what_is_searched_for_has_a_length(client: Client) -> None:
    assert (await client.get(PATH, query_string={"q": "x" * 200})).status_code == 200
    response = await client.get(PATH, query_string={"q": "x" * 201})
    assert response.status_code == 422
    assert (await response.get_json())["error"]["message"].startswith("q: ")


async def test_a_search_finds_words_of_a_chat(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    await ask(client, "Something else")
    found = await (await client.get(f"{PATH}?q=count")).get_json()
    (item,) = found["workflows"]
    assert item["id"] == chat
    assert item["match"]["title"] == [
        {"text": "count", "hit": True},
        {"text": " 1 0ms", "hit": False},
    ]
    assert (item["match"]["snippet"], item["match"]["round"]) == ([], None)


async def test_a_search_says_in_which_round_it_found_a_word(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    await ask(client, "kiwi", workflowId=chat)
    await ask(client, "count 2 0ms", workflowId=chat)
    found = await (await client.get(f"{PATH}?q=kiwi")).get_json()
    assert [item["match"]["round"] for item in found["workflows"]] == [2]


async def test_a_search_for_blanks_is_the_list(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    listed = await (await client.get(PATH, query_string={"q": " \n"})).get_json()
    assert [entry["id"] for entry in listed["workflows"]] == [chat]


async def test_an_answer_is_marked_as_read(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    item = await (await client.get(f"{PATH}/{chat}")).get_json()
    assert item["unread"] is True
    response = await client.patch(f"{PATH}/{chat}", json={"readSeq": item["seq"]})
    assert (await response.get_json())["unread"] is False
    assert (await client.patch(f"{PATH}/{chat}", json={"readSeq": -1})).status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=x", 400),
        ("before=%00", 422),
        ("before=x", 422),
    ],
)
async def test_a_page_that_can_not_be_is_refused(client: Client, query: str, status: int) -> None:
    response = await client.get(f"{PATH}?{query}")
    assert response.status_code == status


@pytest.mark.parametrize("query", ["%00", '"', "*", "a AND", "%ED%A0%80", "(" * 200])
async def test_no_search_is_an_error(client: Client, query: str) -> None:
    await ask(client, "count 1 0ms")
    response = await client.get(f"{PATH}?q={query}")
    assert response.status_code == 200


async def test_a_chat_is_renamed_and_pinned(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    response = await client.patch(
        f"{PATH}/{chat}", json={"title": "<b>Backups</b>", "pinned": True}
    )
    item = await response.get_json()
    assert (item["id"], item["title"], item["pinned"]) == (chat, "<b>Backups</b>", True)
    assert await (await client.get(f"{PATH}/{chat}")).get_json() == item


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"title": ""},
        {"title": 5},
        {"title": None},
        {"pinned": "yes"},
        [],
        {"title": "New", "systemPrompt": "a" * 8001},
    ],
)
async def test_a_change_that_is_none_is_refused_as_a_whole(client: Client, change: object) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    before = await (await client.get(f"{PATH}/{chat}")).get_json()
    assert (await client.patch(f"{PATH}/{chat}", json=change)).status_code == 422
    assert await (await client.get(f"{PATH}/{chat}")).get_json() == before


async def test_a_deleted_chat_is_gone(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    response = await client.delete(f"{PATH}/{chat}")
    assert (response.status_code, await response.get_data(as_text=False)) == (204, b"")
    assert (await client.get(f"{PATH}/{chat}")).status_code == 404
    assert (await client.get(f"/api/chatbot/{chat}/chatdata")).status_code == 404
    assert await (await client.get(PATH)).get_json() == {"workflows": [], "next": None}


async def test_a_deleted_chat_is_restored(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    item = await (await client.get(f"{PATH}/{chat}")).get_json()
    await client.delete(f"{PATH}/{chat}")
    response = await client.post(f"{PATH}/{chat}/restore")
    assert response.status_code == 200
    assert (await response.get_json())["title"] == item["title"]
    assert (await client.get(f"{PATH}/{chat}")).status_code == 200
    assert (await client.post(f"{PATH}/{'0' * 32}/restore")).status_code == 404
