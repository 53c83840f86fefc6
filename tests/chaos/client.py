"""A client that follows a chat through cuts, and checks what it is sent as it comes."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import orjson

from quart_chat.events.sse import Frame, StreamParser

Item = dict[str, Any]
_ENDS = frozenset({"complete", "stopped", "error"})


def plain_client(**options: Any) -> httpx2.AsyncClient:
    """A client for HTTP without TLS: reading the certificates takes longer than most of a case."""
    return httpx2.AsyncClient(verify=False, **options)


class FollowingClient:
    """Follows one chat: what it has is in ``items`` and ``ends``, at version ``seq``.

    While ``reading`` is cleared it takes nothing from its connection.

    Every frame is held against the contract: ids only grow, so nothing comes twice; a delta
    continues a text that is known; nothing of a round comes after its one end.
    """

    def __init__(self, base_url: str, workflow_id: str) -> None:
        self.items: dict[str, Item] = {}
        self.ends: dict[int, str] = {}
        self.workflow: Item = {}
        self.seq = 0
        self.connections = 0
        self.resets = 0
        self._url = f"{base_url}/api/chatbot/{workflow_id}/stream?follow=1"
        self.reading = asyncio.Event()
        self.reading.set()
        self._changed = asyncio.Event()

    async def follow(self) -> None:
        """Read, and come back with the last id whenever the connection ends, until cancelled."""
        async with plain_client(timeout=60) as http:
            while True:
                self.connections += 1
                try:
                    await self._read(http)
                except httpx2.TransportError:
                    # Cut off, or the server is not there: what a browser would do as well.
                    await asyncio.sleep(0.01)

    async def reached(self, seq: int) -> None:
        """Wait until the client has version ``seq``."""
        while self.seq < seq:
            self._changed.clear()
            await self._changed.wait()

    async def written(self, round_number: int, length: int) -> None:
        """Wait until it has so many characters of a round's answer."""
        while self._length(round_number) < length:
            self._changed.clear()
            await self._changed.wait()

    def _length(self, round_number: int) -> int:
        items = [payload["item"] for payload in self.items.values()]
        answers = [i for i in items if i["roundNumber"] == round_number and "content" in i]
        return max((len(i["content"]) for i in answers if i["role"] == "assistant"), default=-1)

    async def _read(self, http: httpx2.AsyncClient) -> None:
        parser = StreamParser(str(self.seq) if self.seq else "")
        headers = {"Last-Event-ID": parser.last_event_id} if self.seq else {}
        async with http.stream("GET", self._url, headers=headers) as response:
            assert response.status_code == 200, response.status_code
            async for chunk in response.aiter_bytes():
                await self.reading.wait()
                before = parser.last_event_id
                for frame in parser.feed(chunk):
                    self._take(frame, durable=frame.id != before)
                    before = frame.id

    def _take(self, frame: Frame, *, durable: bool) -> None:
        payload = orjson.loads(frame.data)
        type_, item = payload["type"], payload["item"]
        if type_ == "reset":
            self.resets += 1
            self.items, self.ends, self.workflow, self.seq = {}, {}, {}, 0
            return
        if durable:
            assert int(frame.id) > self.seq, f"{frame.id} after {self.seq}"
        if type_ == "delta":
            self._append(item)
        elif type_ in _ENDS:
            assert item["roundNumber"] not in self.ends, "a second end"
            self.ends[item["roundNumber"]] = type_
        elif type_ == "workflow":
            self.workflow = item
        else:
            assert item["roundNumber"] not in self.ends, "after the end"
            self.items[item["id"]] = payload
        if durable:
            self.seq = int(frame.id)
        self._changed.set()

    def _append(self, item: Item) -> None:
        message = self.items[item["messageId"]]["item"]
        assert message["status"] == "streaming", "a delta after the end of its message"
        have, offset = message["content"], item["offset"]
        assert offset <= len(have), "a hole in a text"
        message["content"] = have[:offset] + item["text"]
        assert len(message["content"]) >= len(have), "a text that shrank"


def in_order(items: list[Item]) -> list[Item]:
    """The order in which a page shows items."""

    def place(payload: Item) -> tuple[int, float, str]:
        return payload["item"]["roundNumber"], payload["createdAt"], payload["item"]["id"]

    return sorted(items, key=place)
