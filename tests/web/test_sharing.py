"""Read-only links: what their readers see, and when they see it no longer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.events.sse import StreamParser
from tests.app import create_test_app
from tests.server import Server
from tests.web.streams import open_stream, parse, workflow_id
from tests.web.test_transfer import ask

API = "/api/chatbot"


async def share(client: Client, id_: str) -> str:
    response = await client.post(f"{API}/workflows/{id_}/share")
    assert response.status_code == 200
    return str((await response.get_json())["token"])


async def text(client: Client, path: str) -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


@pytest.mark.parametrize("token", ["x", "0" * 43, "..", "0" * 4000])
async def test_a_link_that_nobody_made_leads_nowhere(client: Client, token: str) -> None:
    for path in (f"/shared/{token}", f"/shared/{token}/rounds", f"/api/shared/{token}/stream"):
        assert (await client.get(path)).status_code == 404


async def test_a_link_is_made_once_and_can_be_found_again(client: Client) -> None:
    id_ = await ask(client, "count 3 0ms")
    assert (await client.get(f"{API}/workflows/{id_}/share")).status_code == 404
    token = await share(client, id_)
    assert re.fullmatch(r"[\w-]{43}", token)
    assert await share(client, id_) == token
    found = await (await client.get(f"{API}/workflows/{id_}/share")).get_json()
    assert (found["token"], found["path"]) == (token, f"/shared/{token}")
    other = await ask(client, "count 3 0ms")
    assert await share(client, other) != token
    await client.delete(f"{API}/workflows/{id_}/share")
    gone = await client.get(f"{API}/workflows/{id_}/share")
    assert (gone.status_code, (await gone.get_json())["error"]["message"]) == (
        404,
        "This chat has no link.",
    )


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        ({"Referer": "https://localhost/chat/a/share"}, "https"),
        ({"Origin": "https://localhost"}, "https"),
        ({"Referer": "https://localhost:8000/"}, "http"),
        ({"Referer": "https://elsewhere.example/localhost"}, "http"),
        ({"Referer": "javascript://localhost/"}, "http"),
        ({}, "http"),
    ],
)
async def test_the_link_begins_as_the_address_that_has_led_to_it(
    client: Client, headers: dict[str, str], scheme: str
) -> None:
    id_ = await ask(client, "count 3 0ms")
    token = await share(client, id_)
    response = await client.get(f"/chat/{id_}/share", headers=headers)
    page = await response.get_data(as_text=True)
    assert f'value="{scheme}://localhost/shared/{token}"' in page
    assert f'href="/shared/{token}"' in page


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_chat_that_is_not_there_has_no_link(client: Client, method: str) -> None:
    response = await client.open(  # type: ignore[call-arg]  # Quart types it with too few
        f"{API}/workflows/{'0' * 32}/share", method=method
    )
    assert response.status_code == 404


async def test_the_page_shows_the_chat_and_nothing_to_do_with_it(client: Client) -> None:
    id_ = await ask(client, "count 3 0ms")
    await ask(client, "another chat that is private")
    await ask(client, "count 4 0ms", workflowId=id_, replaces=1)
    token = await share(client, id_)
    response = await client.get(f"/shared/{token}")
    page = await response.get_data(as_text=True)
    assert "1 2 3 4" in page
    assert "private" not in page
    for control in ("<form", "/edit", "chat-composer", "chat-list", "Regenerate", id_):
        assert control not in page, control
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert "<form" not in await text(client, f"/shared/{token}/rounds")


async def test_a_link_reads_and_does_not_write(client: Client) -> None:
    token = await share(client, await ask(client, "count 3 0ms"))
    for path in (f"/shared/{token}", f"/api/shared/{token}/stream"):
        assert (await client.post(path)).status_code == 405
    for path in (f"{API}/{token}/chatdata", f"/chat/{token}", f"{API}/{token}/stop"):
        assert (await client.get(path)).status_code in (404, 405)


async def test_long_chats_are_read_page_by_page(client: Client) -> None:
    id_ = await ask(client, "count 1 0ms")
    for number in range(2, 33):
        await ask(client, f"count {number} 0ms", workflowId=id_)
    token = await share(client, id_)
    page = await text(client, f"/shared/{token}")
    assert ">count 3 0ms<" in page
    assert ">count 2 0ms<" not in page
    (earlier,) = re.findall(rf'href="(/shared/{token}\?round=\d+)"', page)
    assert ">count 2 0ms<" in await text(client, earlier)


async def test_only_the_branch_that_is_shown_can_be_read(client: Client) -> None:
    id_ = await ask(client, "my password is hunter2")
    await ask(client, "count 3 0ms", workflowId=id_, replaces=1)
    token = await share(client, id_)
    for path in (f"/shared/{token}", f"/shared/{token}/rounds"):
        assert "1 2 3" in await text(client, f"{path}?round=2")
        for number in (1, 3):
            response = await client.get(f"{path}?round={number}")
            assert response.status_code == 404, (path, number)
            assert "hunter2" not in await response.get_data(as_text=True)
    assert "hunter2" not in (await text(client, f"/shared/{token}/rounds"))
    async with open_stream(client, f"/api/shared/{token}/stream?since=0") as stream:
        await stream.until("pulse")
    assert {entry["item"].get("roundNumber", 2) for entry in stream.items} == {2}
    await client.patch(f"{API}/workflows/{id_}", json={"head": 1})
    assert "hunter2" in await text(client, f"/shared/{token}?round=1")
    assert (await client.get(f"/shared/{token}?round=2")).status_code == 404


async def test_of_another_chat_a_reader_sees_what_is_quoted_and_nothing_else(
    client: Client,
) -> None:
    third = await ask(client, "count 3 0ms")
    pasted = f"see http://localhost/chat/{third}#round-1"
    other = await ask(client, f"The zebrafish protocol needs a glockenspiel on Tuesdays, {pasted}")
    await client.patch(f"{API}/workflows/{other}", json={"title": "Secret [plan]"})
    id_ = await ask(client, "Which glockenspiel for the zebrafish?", assistant="librarian")
    own = await text(client, f"/chat/{id_}")
    assert "Secret [plan]" in own
    assert own.count(f"localhost/chat/{third}") >= 2
    token = await share(client, id_)
    page = await text(client, f"/shared/{token}")
    assert page.count("Another chat") == 4
    assert page.count("needs a glockenspiel on Tuesdays") == 2
    assert '<a class="source-link">Another chat</a>' in page
    async with open_stream(client, f"/api/shared/{token}/stream") as stream:
        await stream.until("pulse")
    streamed = str(stream.items)
    for shown in (page, streamed):
        assert other not in shown
        assert third not in shown
        assert "Secret" not in shown
    assert "needs a glockenspiel on Tuesdays" in streamed


async def test_a_deleted_chat_is_not_shared_until_it_is_restored(client: Client) -> None:
    id_ = await ask(client, "count 3 0ms")
    token = await share(client, id_)
    await client.delete(f"{API}/workflows/{id_}")
    assert (await client.get(f"/shared/{token}")).status_code == 404
    await client.post(f"{API}/workflows/{id_}/restore")
    assert (await client.get(f"/shared/{token}")).status_code == 200


async def test_the_page_of_the_owner_makes_and_revokes_the_link(client: Client) -> None:
    id_ = await ask(client, "count 3 0ms")
    page = await text(client, f"/chat/{id_}/share")
    assert "Create link" in page
    response = await client.post(f"/chat/{id_}/share")
    assert (response.status_code, response.location) == (303, f"/chat/{id_}/share")
    page = await text(client, f"/chat/{id_}/share")
    (token,) = re.findall(r'value="http://localhost/shared/([\w-]{43})"', page)
    asking = await text(client, f"/chat/{id_}/share/revoke")
    assert "Revoke the link to “count 3 0ms”?" in asking
    assert (await client.get(f"/shared/{token}")).status_code == 200
    await client.post(f"/chat/{id_}/share/revoke")
    assert "Create link" in await text(client, f"/chat/{id_}/share")
    assert (await client.get(f"/shared/{token}")).status_code == 404
    assert await share(client, id_) != token


@asynccontextmanager
async def reading(server: Server, token: str, since: int = 0) -> AsyncIterator[Any]:
    """The items of a link's stream, one by one; None at its end."""
    async with (
        asyncio.timeout(60),
        httpx2.AsyncClient(base_url=server.url, trust_env=False) as http,
        http.stream("GET", f"/api/shared/{token}/stream?since={since}") as response,
    ):
        assert response.status_code == 200
        parser, chunks = StreamParser(), response.aiter_bytes()
        waiting: list[Any] = []

        async def item() -> Any:
            while not waiting:
                chunk = await anext(chunks, None)
                if chunk is None:
                    return None
                items = [orjson.loads(frame.data) for frame in parser.feed(chunk)]
                waiting.extend(item for item in items if item["type"] != "pulse")
            return waiting.pop(0)

        yield item


async def post(server: Server, path: str, method: str = "POST", **json: Any) -> Any:
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as http:
        return await http.request(method, path, json=json or None)


async def start(server: Server, prompt: str) -> str:
    response = await post(server, f"{API}/start/stream", prompt=prompt, assistant="slow")
    return workflow_id(parse(response.content))


async def test_a_reader_follows_live_and_revoking_ends_the_stream(server: Server) -> None:
    id_ = await start(server, "count 3 0ms")
    await post(server, f"{API}/workflows/{id_}", "PATCH", systemPrompt="Top secret")
    token = (await post(server, f"{API}/workflows/{id_}/share")).json()["token"]
    async with reading(server, token) as item, reading(server, token) as other:
        while (await item())["type"] != "complete":
            pass
        going_on = asyncio.create_task(
            post(
                server,
                f"{API}/start/stream",
                prompt="count 5 5ms",
                workflowId=id_,
                assistant="slow",
            )
        )
        items = [await item()]
        while items[-1]["type"] != "complete":
            items.append(await item())
        await going_on
        assert {"workflow", "message", "log", "delta"} <= {entry["type"] for entry in items}
        entries = [entry["item"] for entry in items if entry["type"] == "workflow"]
        assert all("systemPrompt" not in entry and "pinned" not in entry for entry in entries)
        await post(server, f"{API}/workflows/{id_}/share", "DELETE")
        last = await item()
        assert (last["type"], last["item"]) == ("workflow", {"id": id_, "deleted": True})
        assert await item() is None
        while await other() is not None:
            pass


async def test_deleting_the_chat_ends_the_stream(server: Server) -> None:
    id_ = await start(server, "count 3 0ms")
    token = (await post(server, f"{API}/workflows/{id_}/share")).json()["token"]
    async with reading(server, token) as item:
        while (await item())["type"] != "complete":
            pass
        await post(server, f"{API}/workflows/{id_}", "DELETE")
        last = await item()
        assert (last["type"], last["item"]) == ("workflow", {"id": id_, "deleted": True})
        assert await item() is None


async def test_readers_of_a_link_take_slots_of_its_own(tmp_path: Path) -> None:
    config = {"QUART_CHAT_INSTANCE": tmp_path / "instance", "QUART_CHAT_MAX_STREAMS": 1}
    async with create_test_app(config).test_app() as running:
        client = running.test_client()
        token = await share(client, await ask(client, "count 3 0ms"))
        async with client.request(f"/api/shared/{token}/stream") as first:
            await first.receive()
            assert (await client.get(f"/api/shared/{token}/stream")).status_code == 429
            await ask(client, "count 3 0ms")
            await first.disconnect()
