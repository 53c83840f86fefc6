"""The pages with plain forms, as a browser without JavaScript uses them."""

from __future__ import annotations

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.web.context import EXTENSION
from tests.web.streams import ask, open_stream, workflow_id


async def listed(client: Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (
        await (await client.get("/api/chatbot/workflows")).get_json()
    )["workflows"]
    return found


async def test_the_first_page_offers_a_form(client: Client) -> None:
    response = await client.get("/")
    page = await response.get_data(as_text=True)
    assert response.status_code == 200
    assert 'action="/chat"' in page
    assert "Librarian" in page


async def test_a_prompt_by_form_leads_to_its_chat(client: Client) -> None:
    response = await client.post("/chat", form={"prompt": "count 2 0ms", "assistant": "slow"})
    (chat,) = await listed(client)
    assert (response.status_code, response.location) == (303, f"/chat/{chat['id']}")


async def test_line_ends_of_a_form_are_those_of_the_api(client: Client) -> None:
    await client.post("/chat", form={"prompt": "one\r\ntwo", "assistant": "slow"})
    (chat,) = await listed(client)
    snapshot = await (await client.get(f"/api/chatbot/{chat['id']}/chatdata")).get_json()
    prompt = next(item for item in snapshot["items"] if item["type"] == "message")
    assert prompt["item"]["content"] == "one\ntwo"


async def test_a_chat_is_readable_as_a_page(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 3 0ms"))
    page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
    assert "count 3 0ms" in page
    assert "Counted to 3" in page
    assert "1 2 3" in page
    assert 'http-equiv="refresh"' not in page


async def test_a_running_chat_is_loaded_again_without_scripts(client: Client) -> None:
    start = {"prompt": "wait", "assistant": "slow"}
    async with open_stream(client, "/api/chatbot/start/stream", json=start) as stream:
        chat = (await stream.until("workflow"))["item"]["id"]
        page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
        assert '<noscript><meta http-equiv="refresh"' in "".join(page.split("\n"))
        response = await client.post(f"/chat/{chat}/stop")
        assert (response.status_code, response.location) == (303, f"/chat/{chat}")
        await stream.until("stopped")


async def test_a_failed_round_says_why(client: Client) -> None:
    chat = workflow_id(await ask(client, "fail"))
    page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
    assert "The words have run out." in page


async def test_a_chat_is_renamed_pinned_and_unpinned_by_form(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    await client.post(f"/chat/{chat}/rename", form={"title": "Numbers"})
    await client.post(f"/chat/{chat}/pin")
    (row,) = await listed(client)
    assert (row["title"], row["pinned"]) == ("Numbers", True)
    await client.post(f"/chat/{chat}/pin")
    (row,) = await listed(client)
    assert row["pinned"] is False


async def test_a_chat_is_deleted_by_form(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    response = await client.post(f"/chat/{chat}/delete")
    assert (response.status_code, response.location) == (303, f"/?deleted={chat}")
    assert await listed(client) == []
    page = await (await client.get(response.location)).get_data(as_text=True)
    assert f'action="/chat/{chat}/restore"' in page
    response = await client.post(f"/chat/{chat}/restore")
    assert (response.status_code, response.location) == (303, f"/chat/{chat}")
    assert [row["id"] for row in await listed(client)] == [chat]


@pytest.mark.parametrize("deleted", ["x", "0" * 32, "%00"])
async def test_what_was_not_deleted_is_not_offered_back(client: Client, deleted: str) -> None:
    response = await client.get(f"/?deleted={deleted}")
    assert response.status_code == 200
    assert "Undo" not in (await response.get_data(as_text=True)).split("<template")[0]


async def test_a_chat_that_is_opened_is_read(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    (row,) = await listed(client)
    assert row["unread"] is True
    assert (await client.get(f"/chat/{chat}")).status_code == 200
    (row,) = await listed(client)
    assert row["unread"] is False


async def test_a_search_shows_its_hits(client: Client) -> None:
    chat = workflow_id(await ask(client, "<i>Kiwi<b> and others"))
    await ask(client, "count 1 0ms")
    page = await (await client.get("/?q=KIWI")).get_data(as_text=True)
    assert f'href="/chat/{chat}?q=KIWI"' in page
    assert "&lt;i&gt;<mark>Kiwi</mark>&lt;b&gt; and others" in page
    page = await (await client.get("/", query_string={"q": "<u>"})).get_data(as_text=True)
    assert "Nothing found for “&lt;u&gt;”." in page


@pytest.mark.sqlite
async def test_a_search_that_takes_too_long_says_so_beside_the_list(
    app: Quart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    monkeypatch.setattr("quart_chat.storage.sqlite.file.connection._STEPS", 1)
    monkeypatch.setattr(app.extensions[EXTENSION].chat.lists, "_search_seconds", 0.0)
    response = await client.get(f"/chat/{chat}?q=count")
    page = await response.get_data(as_text=True)
    assert response.status_code == 200
    assert "This search takes too long." in page
    assert "Nothing found" not in page
    assert "Counted to 1" in page
    response = await client.get("/api/chatbot/workflows?q=count")
    assert response.status_code == 422
    assert (await response.get_json())["error"]["code"] == "search_too_broad"


async def test_a_search_beyond_its_length_is_cut(client: Client) -> None:
    assert (await client.get("/", query_string={"q": "x " * 500})).status_code == 200


@pytest.mark.parametrize(("prompt", "status"), [("", 422), ("x" * 32_001, 413)])
async def test_a_bad_prompt_by_form_is_an_error_page(
    client: Client, prompt: str, status: int
) -> None:
    response = await client.post("/chat", form={"prompt": prompt})
    assert (response.status_code, response.mimetype) == (status, "text/html")
