"""Reading streams of the app under test."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import orjson

from quart_chat.events.sse import StreamParser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from quart.testing.connections import TestHTTPConnection
    from quart.typing import TestClientProtocol as Client


def parse(body: bytes) -> list[dict[str, Any]]:
    """The chatData of a stream that has ended, each with its frame's id."""
    return [{**orjson.loads(frame.data), "id": frame.id} for frame in StreamParser().feed(body)]


@dataclass
class Stream:
    """A stream that stays open.

    Attributes:
        items: All that has arrived.
    """

    connection: TestHTTPConnection
    items: list[dict[str, Any]] = field(default_factory=list)
    parser: StreamParser = field(default_factory=StreamParser)
    _looked_at: int = 0

    async def until(self, type_: str) -> dict[str, Any]:
        """Read on to the next item of a type; what arrived behind it is looked at next."""
        while True:
            for item in self.items[self._looked_at :]:
                self._looked_at += 1
                if item["type"] == type_:
                    return item
            content = await self.connection.receive()
            assert self.connection.status_code == 200, content
            frames = self.parser.feed(content)
            self.items += [orjson.loads(frame.data) for frame in frames]


@asynccontextmanager
async def open_stream(
    client: Client,
    path: str,
    *,
    json: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[Stream]:
    """Open a stream, by POST where there is something to send; leave it after the block."""
    sent = {**(headers or {}), **({} if json is None else {"Content-Type": "application/json"})}
    method = "GET" if json is None else "POST"
    async with client.request(path, method=method, headers=sent) as connection:
        if json is not None:
            await connection.send(orjson.dumps(json))
        await connection.send_complete()
        yield Stream(cast("TestHTTPConnection", connection))
        await connection.disconnect()


async def ask(client: Client, prompt: str, **fields: Any) -> list[dict[str, Any]]:
    """Start a round and read its stream to the end."""
    response = await client.post(
        "/api/chatbot/start/stream", json={"prompt": prompt, "assistant": "slow", **fields}
    )
    assert response.status_code == 200, await response.get_data()
    return parse(await response.get_data(as_text=False))


def workflow_id(items: list[dict[str, Any]]) -> str:
    """The chat that a stream is of."""
    found: str = next(item["item"]["id"] for item in items if item["type"] == "workflow")
    return found
