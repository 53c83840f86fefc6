"""Servers that share a folder, and clients that go from one of them to another."""

from __future__ import annotations

import itertools
import signal
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import httpx2
import orjson

from quart_chat.events.sse import StreamParser
from tests import databases
from tests.chaos.client import FollowingClient, Item, plain_client, stream_url
from tests.server import Server

LEASE = 2.0
"""Seconds after which a silent node of these tests counts as dead."""

PATIENCE = 0.5
"""Seconds, longer than any node's own transaction takes."""

SHARED = {"QUART_CHAT_BROKER": "bus", "QUART_CHAT_NODE_LEASE": str(LEASE)}
STORE, BUS = "chat.sqlite", "bus/events.sqlite"


class Place(Protocol):
    """Where a client connects to: a node, or what is in front of several."""

    @property
    def url(self) -> str: ...


class Client(FollowingClient):
    """Follows one chat, at the next place with each connection.

    Attributes:
        shown: The longest text that was shown of each message.
    """

    def __init__(self, workflow_id: str, *places: Place) -> None:
        super().__init__(places[0].url, workflow_id)
        self.shown: dict[str, str] = {}
        self._urls = itertools.cycle([stream_url(place.url, workflow_id) for place in places])

    async def _read(self, http: httpx2.AsyncClient) -> None:
        self._url = next(self._urls)
        await super()._read(http)

    def take(self, data: str, last_event_id: str) -> None:
        super().take(data, last_event_id)
        item = orjson.loads(data)["item"]
        id_ = item.get("messageId") or item.get("id")
        if id_ in self.items and "content" in self.items[id_]["item"]:
            text = self.items[id_]["item"]["content"]
            self.shown[id_] = max(self.shown.get(id_, ""), text, key=len)

    def check_shown(self, final: Item) -> None:
        """Check that nothing that was shown is missing from what is stored."""
        for payload in final["items"]:
            if payload["type"] == "message":
                item = payload["item"]
                assert item["content"].startswith(self.shown.get(item["id"], ""))


@asynccontextmanager
async def asked(
    node: Place, prompt: str, chat: str | None = None, **body: Any
) -> AsyncGenerator[str, None]:
    """Ask a question, and read its stream up to the first piece of the answer; the chat's id."""
    body = {"prompt": prompt, "assistant": "slow", **body}
    if chat is not None:
        body["workflowId"] = chat
    async with (
        plain_client(base_url=node.url, timeout=30) as http,
        http.stream("POST", "/api/chatbot/start/stream", json=body) as response,
    ):
        assert response.status_code == 200, await response.aread()
        parser = StreamParser()
        async for chunk in response.aiter_bytes():
            payloads = [orjson.loads(frame.data) for frame in parser.feed(chunk)]
            found = [p["item"]["id"] for p in payloads if p["type"] == "workflow"]
            chat = found[0] if found else chat
            if any(payload["type"] == "delta" for payload in payloads):
                break
        assert chat is not None
        yield chat


def freeze(node: Server) -> None:
    """Stop a node in its tracks, but not while it keeps others from the files.

    There is one writer at a time: one that is frozen in the middle of a transaction stops all.
    """
    while True:
        node.process.send_signal(signal.SIGSTOP)
        if _is_store_free(node.instance) and _is_bus_free(node.instance / BUS):
            return
        node.process.send_signal(signal.SIGCONT)


def thaw(node: Server) -> None:
    node.process.send_signal(signal.SIGCONT)


def _is_store_free(instance: Path) -> bool:
    if databases.current is None:
        return _is_writable(instance / STORE)
    sql = "SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' AND locktype = 'advisory'"
    deadline = monotonic() + PATIENCE
    while databases.query(instance, f"{sql} AND granted")[0][0]:
        if monotonic() > deadline:
            return False
    return True


def _is_bus_free(path: Path) -> bool:
    return not path.exists() or _is_writable(path)


def _is_writable(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def rounds_of(node: Server, chat: str) -> list[tuple[Any, ...]]:
    """Number, status, code and node of the rounds that are stored of a chat."""
    return query(
        node, "SELECT number, status, code, node_id FROM rounds WHERE workflow_id = ?", chat
    )


def query(node: Server, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
    return databases.query(node.instance, sql, *parameters)


async def settled(nodes: Sequence[Place], chat: str) -> Item:
    """What every node says of a chat once nothing runs any more."""
    snapshots = []
    for node in nodes:
        async with plain_client(base_url=node.url, timeout=30) as http:
            async with http.stream("GET", f"/api/chatbot/{chat}/stream") as response:
                async for _ in response.aiter_bytes():
                    pass
            snapshots.append((await http.get(f"/api/chatbot/{chat}/chatdata")).json())
    assert all(snapshot == snapshots[0] for snapshot in snapshots)
    assert not snapshots[0]["running"]
    first: Item = snapshots[0]
    return first
