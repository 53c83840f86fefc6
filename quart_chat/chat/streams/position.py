"""What a stream has delivered of a context, and what it takes to go on from there exactly.

A stream subscribes, reads the database and follows the events. Seqs say which events the reading
has covered and whether one is missing; offsets say the same of the text in flight. Where something
is missing, the database is read once more, from the last seq delivered on.

The database is read in bounded parts, the next one once the client has taken the one before, so
that a client that takes nothing costs a part of a chat and not a chat. Each part is a short read of
its own: no transaction waits for a client.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

import orjson

from quart_chat.chat.storage import PART
from quart_chat.chat.views import Snapshot
from quart_chat.errors import NotFound
from quart_chat.events import TERMINAL_TYPES, Event
from quart_chat.texts import language, use
from quart_chat.wire import Item, chat_data

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService


class Body:
    """The JSON of a frame; that of a large item is kept once for all streams that send it."""

    __slots__ = ("__weakref__", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def large(self) -> bool:
        return len(self.data) > LARGE


LARGE = 64 * 1024
"""Bytes of a body past which it is not copied."""

_large: WeakValueDictionary[Hashable, Body] = WeakValueDictionary()

Frame = tuple[int | None, Body]
"""The seq that a client has once it has the frame, where it has one, and the frame's body."""


@dataclass(frozen=True, slots=True)
class Part:
    """Frames of what is missing, in order, and whether there are more."""

    frames: list[Frame]
    more: bool = False


Redact = Callable[[Event], Event | None]

UNKNOWN = -1
"""The seq of a client that has nothing, or nothing that can be built on."""


class Disposition(Enum):
    """What is to be done with an event."""

    FORWARD = auto()
    COVERED = auto()
    HOLE = auto()


class StreamPosition(Protocol):
    """One context as a stream follows it.

    Attributes:
        context_id: The context.
        seq: What of it has been delivered.
        ended: Whether there is nothing more to deliver.
        redact: What the reader is shown in the place of an event, None for nothing of it; without
            one, events are shown as they were emitted.
        elsewhere: Whether what is in flight may not be in the memory of this process. The database
            has of it what was saved last, and the context's log what follows that.
    """

    context_id: str
    seq: int

    @property
    def ended(self) -> bool: ...

    @property
    def redact(self) -> Redact | None: ...

    @property
    def elsewhere(self) -> bool: ...

    async def catch_up(self) -> Part:
        """Read from the database the next part of what is missing."""
        ...

    def classify(self, event: Event) -> Disposition:
        """Decide about an event; one that is forwarded counts as delivered."""
        ...

    def give_up(self, event: Event) -> None:
        """Do without an event whose hole the database does not fill."""
        ...


class WorkflowPosition:
    """A workflow's items; ``until`` is the round whose terminal event ends it."""

    redact: Redact | None = None

    def __init__(
        self,
        service: ChatService,
        user_id: str,
        workflow_id: str,
        since: int,
        *,
        follow: bool,
        until: int | None = None,
    ) -> None:
        self.context_id = workflow_id
        self.seq = since
        self.ended = False
        self._service = service
        self._user_id = user_id
        self._follow = follow
        self._until = until
        # A stream outlives the request that asked for it, and with it the request's language.
        self._language = language()
        # What is in flight, by id: of a message the revision of its text and how many characters
        # of that are delivered, of a step nothing.
        self._in_flight: dict[str, tuple[int, int]] = {}

    @property
    def elsewhere(self) -> bool:
        return self._service.rounds.are_shared

    async def catch_up(self) -> Part:
        try:
            snapshot = await self._snapshot()
        except NotFound:
            return self.end()
        frames = self._read(snapshot)
        if snapshot.part_end is None and not self._follow:
            self.ended = self.ended or not snapshot.running
            self._until = self._until or snapshot.running_round
        return Part(frames, more=snapshot.part_end is not None and not self.ended)

    def end(self) -> Part:
        """Say that there is no such workflow, or no longer, and nothing after that."""
        self.ended = True
        return Part([transient("workflow", {"id": self.context_id, "deleted": True})])

    async def _snapshot(self) -> Snapshot:
        return await self._service.snapshot(self._user_id, self.context_id, self.seq, PART)

    def _read(self, snapshot: Snapshot) -> list[Frame]:
        frames: list[Frame] = []
        if snapshot.since != self.seq:
            item = {"workflowId": self.context_id, "seq": snapshot.seq}
            frames.append(transient("reset", item))
        with use(self._language):
            items = snapshot.items
        for seq, data in items:
            if seq <= snapshot.since and self._has_more(data):
                continue
            frames.append((seq if seq > snapshot.since else None, self._encode(seq, data)))
            self._note(data["type"], data["item"])
            if self.ended:
                break
        self.seq = snapshot.end
        return frames

    def _encode(self, seq: int, data: Item) -> Body:
        shown = self.shown_item(data)
        if data["type"] != "message" or len(data["item"]["content"]) < LARGE // 8:
            return Body(orjson.dumps(shown))
        # Text that is still being written grows without a seq.
        item = data["item"]
        key = (type(self), self._language, item["id"], seq, len(item["content"]))
        body = _large.get(key)
        if body is None:
            body = Body(orjson.dumps(shown))
            if body.large:
                _large[key] = body
        return body

    def shown_item(self, data: Item) -> Item:
        """An item of the database as the reader is shown it."""
        return data

    def classify(self, event: Event) -> Disposition:
        if event.seq is not None:
            return self._classify_durable(event, event.seq)
        if event.type == "delta":
            return self._classify_delta(event.data)
        if event.type == "chatdata" and event.data["item"]["id"] not in self._in_flight:
            # The progress of a step that has ended since.
            return Disposition.COVERED
        return Disposition.FORWARD

    def _classify_durable(self, event: Event, seq: int) -> Disposition:
        if seq <= self.seq:
            return Disposition.COVERED
        if seq > self.seq + 1:
            return Disposition.HOLE
        self.seq = seq
        if event.type == "chatdata":
            self._note(event.data["type"], event.data["item"])
        else:
            self._note(event.type, event.data)
        return Disposition.FORWARD

    def _classify_delta(self, delta: Item) -> Disposition:
        known = self._in_flight.get(delta["messageId"])
        if known is None:
            # Its message came with the snapshot, final; or else it would be known here.
            return Disposition.COVERED
        revision, length = known
        offset, written = delta["offset"], delta.get("revision", 0)
        end = offset + len(delta["text"])
        if written > revision or (written == revision and offset > length):
            return Disposition.HOLE
        if written < revision or end <= length:
            return Disposition.COVERED
        self._in_flight[delta["messageId"]] = revision, end
        return Disposition.FORWARD

    def give_up(self, event: Event) -> None:
        self._in_flight.pop(event.data.get("messageId", ""), None)

    def _has_more(self, data: Item) -> bool:
        """Whether the reader has more of a text in flight than the database."""
        item = data["item"]
        if data["type"] != "message" or item["status"] != "streaming":
            return False
        revision, length = self._in_flight.get(item["id"], (0, 0))
        return bool(revision == item.get("revision", 0) and length > len(item["content"]))

    def _note(self, type_: str, item: Item) -> None:
        if type_ == "message" and item["status"] == "streaming":
            self._in_flight[item["id"]] = item.get("revision", 0), len(item["content"])
        elif type_ == "log" and item["status"] == "running":
            self._in_flight[item["id"]] = 0, 0
        elif type_ in TERMINAL_TYPES:
            self.ended = self._until is not None and item["roundNumber"] >= self._until
        else:
            self._in_flight.pop(item["id"], None)
            self.ended = item.get("deleted", False)


def transient(type_: str, item: Item) -> Frame:
    """The frame of what is no stored item."""
    return None, Body(orjson.dumps(chat_data(type_, time.time(), item)))
