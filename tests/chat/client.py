"""A client of the streams as small as it can be: it applies frames, and notes what is amiss."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from itertools import cycle
from typing import Any

import orjson

from quart_chat.chat.views import Snapshot
from quart_chat.events import Batch
from quart_chat.events.sse import StreamParser
from quart_chat.wire import Item

STORED = {"message", "log", "workflow", "queued"}
TERMINAL = {"complete", "stopped", "error"}


class Client:
    """Keeps what it has across connections, as a tab does.

    Attributes:
        items: Messages, logs and workflows by id.
        terminals: Terminal events by round, each once for every time it came.
        frames: All payloads, in order.
        ids: Ids of frames that carried one.
    """

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.terminals: dict[int, list[tuple[str, Item]]] = {}
        self.frames: list[Item] = []
        self.ids: list[str] = []
        self.last_id = ""
        self.parser = StreamParser()
        self.resets = 0
        self._order: dict[str, None] = {}

    @property
    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    @property
    def since(self) -> int:
        return int(self.last_id or 0)

    def forget(self) -> None:
        """Begin as another client would that has nothing."""
        vars(self).update(vars(type(self)()))

    @property
    def farewells(self) -> set[str]:
        return {f["item"]["farewell"] for f in self.frames if "farewell" in f["item"]}

    @property
    def order(self) -> list[str]:
        """What it has, each at the place of its latest frame with an id."""
        return list(self._order)

    def connect(self) -> None:
        """Begin a new connection; what an earlier one left unfinished is forgotten."""
        self.parser = StreamParser(self.last_id)

    def feed(self, chunk: bytes) -> None:
        for frame in self.parser.feed(chunk):
            data = orjson.loads(frame.data)
            if frame.id != self.last_id:
                self.last_id = frame.id
                self.ids.append(frame.id)
                self._order.pop(identity(data), None)
                self._order[identity(data)] = None
            self.apply(data)

    def apply(self, data: Item) -> None:
        assert set(data) == {"type", "createdAt", "item"}
        self.frames.append(data)
        kind, item = data["type"], data["item"]
        if kind == "reset":
            self.resets += 1
            self.items.clear()
            self.terminals.clear()
            self._order.clear()
        elif kind == "delta":
            self._append(item)
        elif kind in TERMINAL:
            self.terminals.setdefault(item["roundNumber"], []).append((kind, item))
        elif kind in STORED:
            self.items[item["id"]] = item

    def _append(self, delta: dict[str, Any]) -> None:
        message = self.items[delta["messageId"]]
        have = len(message["content"])
        assert delta["offset"] <= have, "a hole in the text"
        message["content"] += delta["text"][have - delta["offset"] :]

    async def read(self, stream: AsyncGenerator[bytes, None], chunks: int | None = None) -> None:
        """Read a stream to its end, or so many chunks of it."""
        self.connect()
        if chunks == 0:
            return
        async with aclosing(stream):
            async for chunk in stream:
                self.feed(chunk)
                if chunks is not None:
                    chunks -= 1
                    if chunks == 0:
                        return


class DirectClient:
    """A connection that is written to directly, while its client takes what it is sent.

    Args:
        client: Reads what is written.
        room: Whether there is room for what comes next, over and over.
    """

    def __init__(self, client: Client, room: Iterable[bool]) -> None:
        self.written = 0
        self._client = client
        self._room = cycle(room)

    def takes(self, size: int) -> bool:
        return next(self._room)

    def write_now(self, data: bytes) -> None:
        assert data, "an empty chunk would end the response"
        self.written += 1
        self._client.feed(data)

    def accept(self, batch: Batch) -> bool:
        raise AssertionError("a chat decides about each event before it is written")

    def give_up(self, *, dead: bool) -> None:
        raise AssertionError("the client takes all it is sent")


class EagerClient(Client):
    """Takes an id as soon as it has read that line, as a widely used client for ``fetch`` does.

    Between that line and the empty one a cut would cost it the frame, whatever a server does:
    :func:`spare` moves such a cut.
    """

    def connect(self) -> None:
        self._rest = b""
        self._data: bytes | None = None
        self._numbered = False

    def feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                self._data = line[6:]
            elif line.startswith(b"id: "):
                self._numbered = self.last_id != line[4:].decode()
                self.last_id = line[4:].decode()
            elif not line:
                assert self._data is not None, "an empty message"
                self._dispatch(orjson.loads(self._data))

    def _dispatch(self, data: Item) -> None:
        if self._numbered:
            self.ids.append(self.last_id)
            self._order.pop(identity(data), None)
            self._order[identity(data)] = None
        self._data, self._numbered = None, False
        self.apply(data)


def spare(chunk: bytes, cut_at: int) -> int:
    """Where to cut instead of between the line of an id and the empty line after it."""
    return cut_at + 1 if chunk[cut_at - 1 : cut_at + 1] == b"\n\n" else cut_at


def identity(data: Item) -> str:
    """What a frame is about: an item, or the end of a round."""
    item = data["item"]
    return str(item["roundNumber"]) if data["type"] in TERMINAL else str(item.get("id"))


def state_of(snapshot: Snapshot) -> tuple[dict[str, Item], dict[int, list[tuple[str, Item]]]]:
    """What a client must have that has all of a snapshot."""
    everything = Client()
    for _, data in snapshot.items:
        everything.apply(orjson.loads(orjson.dumps(data)))
    return everything.items, everything.terminals
