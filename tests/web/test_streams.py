from __future__ import annotations

from typing import Any, cast

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.events.sse import encode_frame
from tests.web.streams import Stream, ask, open_stream, workflow_id


async def test_the_page_stream_shows_list_and_chat_on_one_connection(
    client: Client,
) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    async with open_stream(client, f"/api/stream?workflowId={chat}") as stream:
        await stream.until("complete")
        other = workflow_id(await ask(client, "count 1 0ms"))
        while (await stream.until("workflow"))["item"]["id"] != other:
            pass
        await ask(client, "count 2 0ms", workflowId=chat)
        assert (await stream.until("complete"))["item"]["roundNumber"] == 2


async def test_the_id_of_a_page_stream_is_a_cursor_for_both(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    async with open_stream(client, f"/api/stream?workflowId={chat}") as stream:
        await stream.until("complete")
        cursor = stream.parser.last_event_id
    await ask(client, "count 1 0ms", workflowId=chat)
    async with open_stream(
        client, f"/api/stream?workflowId={chat}", headers={"Last-Event-ID": cursor}
    ) as stream:
        await stream.until("complete")
    rounds = {item["item"].get("roundNumber", 2) for item in stream.items}
    assert rounds == {2}
    assert "reset" not in {item["type"] for item in stream.items}


async def test_the_list_alone_is_streamed_without_a_chat(client: Client) -> None:
    async with open_stream(client, "/api/stream") as stream:
        chat = workflow_id(await ask(client, "count 1 0ms"))
        assert (await stream.until("workflow"))["item"]["id"] == chat


async def test_a_cursor_that_means_nothing_here_starts_anew(client: Client) -> None:
    chat = workflow_id(await ask(client, "count 1 0ms"))
    async with open_stream(
        client, f"/api/stream?workflowId={chat}", headers={"Last-Event-ID": "0f3a:9"}
    ) as stream:
        await stream.until("complete")
    assert "reset" in {item["type"] for item in stream.items}


async def test_the_events_of_a_chat_can_be_read_by_category(client: Client) -> None:
    start = {"prompt": "wait", "assistant": "slow"}
    async with open_stream(client, "/api/chatbot/start/stream", json=start) as stream:
        chat = (await stream.until("workflow"))["item"]["id"]
        path = f"/api/events/{chat}?categories=workflow"
        async with open_stream(client, path) as events:
            await client.post(f"/api/chatbot/{chat}/stop")
            await events.until("stopped")
    assert [item["type"] for item in events.items] == ["stopped"]


async def test_the_events_of_the_own_list_can_be_read(client: Client) -> None:
    async with open_stream(client, "/api/events/user:local") as events:
        chat = workflow_id(await ask(client, "count 1 0ms"))
        assert (await events.until("workflow"))["item"]["id"] == chat


async def test_a_test_that_waits_for_an_item_misses_none_that_came_with_it() -> None:
    class Connection:
        status_code = 200

        async def receive(self) -> bytes:
            return b"".join(encode_frame(b'{"type": "%b"}' % kind) for kind in (b"a", b"b", b"a"))

    stream = Stream(cast("Any", Connection()))
    assert [(await stream.until(kind))["type"] for kind in ("a", "b", "a")] == ["a", "b", "a"]
    assert len(stream.items) == 3


async def paths_of_streams(client: Client) -> tuple[str, ...]:
    """A path for each kind of stream, of a chat that has one round."""
    chat = workflow_id(await ask(client, "count 1 0ms"))
    share = await (await client.post(f"/api/chatbot/workflows/{chat}/share")).get_json()
    return (
        f"/api/stream?workflowId={chat}",
        "/api/stream",
        f"/api/chatbot/{chat}/stream",
        f"/api/events/{chat}",
        f"/api/shared/{share['token']}/stream",
        "/api/doctor/stream",
    )


async def test_every_stream_begins_with_a_time_to_come_back_after(client: Client) -> None:
    for path in await paths_of_streams(client):
        async with client.request(path) as connection:
            await connection.send_complete()
            assert (await connection.receive()).startswith(b"retry: "), path
            await connection.disconnect()


@pytest.mark.parametrize("last_id", ["", "nonsense"])
async def test_in_every_frame_of_every_stream_the_data_comes_before_the_id(
    client: Client, last_id: str
) -> None:
    for path in await paths_of_streams(client):
        received = b""
        async with client.request(path, headers={"Last-Event-ID": last_id}) as connection:
            await connection.send_complete()
            while b"\nid: " not in received:
                received += await connection.receive()
            await connection.disconnect()
        for frame in received.split(b"\n\n")[:-1]:
            fields = [line.partition(b": ")[0] for line in frame.split(b"\n")]
            sent = [name for name in fields if name not in (b"retry", b"")]
            assert sent in ([b"data"], [b"data", b"id"]), (path, frame)
