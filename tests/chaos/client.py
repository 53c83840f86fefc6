"""A copy of a chat that checks what it is sent as it comes, and a client that keeps one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from unittest.mock import patch

import httpcore2
import httpx2
import orjson
from httpcore2._backends.anyio import AnyIOStream

from quart_chat.events.sse import StreamParser

Item = dict[str, Any]
Following = asyncio.Task[None]
_ENDS = frozenset({"complete", "stopped", "error"})


@asynccontextmanager
async def beside(works: Iterable[Coroutine[Any, Any, None]]) -> AsyncGenerator[list[Following]]:
    """Work that goes on beside a block, and is given up with its end; one that fails ends both."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()


_get_extra_info = AnyIOStream.get_extra_info


def _find_extra_info(stream: AnyIOStream, info: str) -> Any:
    """Say that a connection is lost which was reset at once: uvloop has no socket of it any more.

    The client takes that for an error of its own.
    """
    try:
        return _get_extra_info(stream, info)
    except AttributeError as error:
        raise httpcore2.ConnectError("The connection was reset.") from error


patch.object(AnyIOStream, "get_extra_info", _find_extra_info).start()


def plain_client(**options: Any) -> httpx2.AsyncClient:
    """A client for HTTP without TLS: reading the certificates takes longer than most of a case."""
    return httpx2.AsyncClient(verify=False, **options)


class ChatCopy:
    """What a client has of one chat: ``items``, ``ends`` and ``queue``, at version ``seq``.

    Every event is held against the contract: ids only grow, so nothing comes twice; a delta
    continues a text that is known; nothing of a round comes after its one end.
    """

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.ends: dict[int, str] = {}
        self.workflow: Item = {}
        self.queue: dict[str, Item] = {}
        self.seq = 0
        self.resets = 0
        self._changed = asyncio.Event()

    def take(self, data: str, last_event_id: str) -> None:
        """Bring it up to date with an event.

        Args:
            data: The event's data.
            last_event_id: Its own id; for one without, the last id or nothing, as clients differ.
        """
        payload = orjson.loads(data)
        type_, item = payload["type"], payload["item"]
        if type_ == "reset":
            self.resets += 1
            self.items, self.ends, self.workflow, self.queue, self.seq = {}, {}, {}, {}, 0
            return
        durable = last_event_id not in {"", str(self.seq)}
        if durable:
            assert int(last_event_id) > self.seq, f"{last_event_id} after {self.seq}"
        if type_ == "delta":
            self._append(item)
        elif type_ in _ENDS:
            assert item["roundNumber"] not in self.ends, "a second end"
            self.ends[item["roundNumber"]] = type_
        elif type_ == "workflow":
            self.workflow = item
        elif type_ == "queued":
            self.queue[item["id"]] = item
        else:
            assert item["roundNumber"] not in self.ends, "after the end"
            self.items[item["id"]] = payload
        if durable:
            self.seq = int(last_event_id)
        self._changed.set()

    async def reached(self, seq: int) -> None:
        """Wait until it has version ``seq``."""
        while self.seq < seq:
            self._changed.clear()
            await self._changed.wait()

    async def written(self, round_number: int, length: int) -> None:
        """Wait until it has so many characters of a round's answer; fail where that ends before."""
        while self._length(round_number) < length:
            assert round_number not in self.ends, f"it has ended: {self}"
            self._changed.clear()
            await self._changed.wait()

    def __repr__(self) -> str:
        texts = {number: self._length(number) for number in {1, *self.ends}}
        return f"<{self.seq=}, {self.ends=}, {self.resets=}, characters: {texts}>"

    def _length(self, round_number: int) -> int:
        items = [payload["item"] for payload in self.items.values()]
        answers = [i for i in items if i["roundNumber"] == round_number and "content" in i]
        return max((len(i["content"]) for i in answers if i["role"] == "assistant"), default=-1)

    def _append(self, item: Item) -> None:
        message = self.items[item["messageId"]]["item"]
        assert message["status"] == "streaming", "a delta after the end of its message"
        have, offset = message["content"], item["offset"]
        assert offset <= len(have), "a hole in a text"
        message["content"] = have[:offset] + item["text"]
        assert len(message["content"]) >= len(have), "a text that shrank"


class FollowingClient(ChatCopy):
    """Follows one chat with this project's own parser.

    While ``reading`` is cleared it takes nothing from its connection.

    Attributes:
        waits_for_the_store: Whether it comes back, too, where the store can't be read for now.
    """

    waits_for_the_store = False

    def __init__(self, base_url: str, workflow_id: str) -> None:
        super().__init__()
        self.connections = 0
        self._url = stream_url(base_url, workflow_id)
        self.reading = asyncio.Event()
        self.reading.set()

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

    async def _read(self, http: httpx2.AsyncClient) -> None:
        parser = StreamParser(str(self.seq) if self.seq else "")
        headers = {"Last-Event-ID": parser.last_event_id} if self.seq else {}
        async with http.stream("GET", self._url, headers=headers) as response:
            if response.status_code == 503 and self.waits_for_the_store:
                raise httpx2.ReadError("the store is away")
            assert response.status_code == 200, response.status_code
            async for chunk in response.aiter_bytes():
                await self.reading.wait()
                for frame in parser.feed(chunk):
                    self.take(frame.data, frame.id)


def stream_url(base_url: str, workflow_id: str) -> str:
    """The stream of a chat that goes on after the end of a round."""
    return f"{base_url}/api/chatbot/{workflow_id}/stream?follow=1"


def in_order(items: list[Item]) -> list[Item]:
    """The order in which a page shows items."""

    def place(payload: Item) -> tuple[int, float, str]:
        return payload["item"]["roundNumber"], payload["createdAt"], payload["item"]["id"]

    return sorted(items, key=place)


def following(*clients: FollowingClient) -> AbstractAsyncContextManager[list[Following]]:
    """Clients that follow their chats during a block."""
    return beside(client.follow() for client in clients)
