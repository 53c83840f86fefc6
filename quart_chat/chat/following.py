"""What a stream has delivered of a context, and what it takes to go on from there exactly.

A stream subscribes, reads the database once and follows the events. Seqs say which events the
reading has covered and whether one is missing; offsets say the same of the text in flight. Where
something is missing, the database is read once more, from the last seq delivered on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

import orjson

from quart_chat.chat.journal import list_context
from quart_chat.chat.models import Item, chat_data
from quart_chat.chat.readings import Snapshot
from quart_chat.errors import NotFound
from quart_chat.events import TERMINAL_TYPES, Event
from quart_chat.texts import language, use

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService

Frame = tuple[int | None, bytes]
"""The seq that a client has once it has the frame, where it has one, and the frame's JSON."""

Redact = Callable[[Event], Event | None]

UNKNOWN = -1
"""The seq of a client that has nothing, or nothing that can be built on."""


class Verdict(Enum):
    """What is to be done with an event."""

    FORWARD = auto()
    COVERED = auto()
    HOLE = auto()


class Following(Protocol):
    """One context as a stream follows it.

    Attributes:
        context_id: The context.
        seq: What of it has been delivered.
        ended: Whether there is nothing more to deliver.
        redact: What the reader is shown in the place of an event, None for nothing of it; without
            one, events are shown as they were emitted.
    """

    context_id: str
    seq: int

    @property
    def ended(self) -> bool: ...

    @property
    def redact(self) -> Redact | None: ...

    async def catch_up(self) -> list[Frame]:
        """Read from the database what is missing."""
        ...

    def judge(self, event: Event) -> Verdict:
        """Decide about an event; one that is forwarded counts as delivered."""
        ...

    def give_up(self, event: Event) -> None:
        """Do without an event whose hole the database does not fill."""
        ...


class FollowingWorkflow:
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

    async def catch_up(self) -> list[Frame]:
        try:
            snapshot = await self._snapshot()
        except NotFound:
            return self.end()
        frames = self._read(snapshot)
        if not self._follow:
            self.ended = self.ended or not snapshot.running
            self._until = self._until or snapshot.running_round
        return frames

    def end(self) -> list[Frame]:
        """Say that there is no such workflow, or no longer, and nothing after that."""
        self.ended = True
        return [_transient("workflow", {"id": self.context_id, "deleted": True})]

    async def _snapshot(self) -> Snapshot:
        return await self._service.snapshot(self._user_id, self.context_id, self.seq)

    def _read(self, snapshot: Snapshot) -> list[Frame]:
        frames: list[Frame] = []
        if snapshot.since != self.seq:
            item = {"workflowId": self.context_id, "seq": snapshot.seq}
            frames.append(_transient("reset", item))
        with use(self._language):
            items = snapshot.items
        for seq, data in items:
            frames.append(
                (seq if seq > snapshot.since else None, orjson.dumps(self.shown_item(data)))
            )
            self._note(data["type"], data["item"])
            if self.ended:
                break
        self.seq = snapshot.seq
        return frames

    def shown_item(self, data: Item) -> Item:
        """An item of the database as the reader is shown it."""
        return data

    def judge(self, event: Event) -> Verdict:
        if event.seq is not None:
            return self._judge_durable(event, event.seq)
        if event.type == "delta":
            return self._judge_delta(event.data)
        if event.type == "chatdata" and event.data["item"]["id"] not in self._in_flight:
            # The progress of a step that has ended since.
            return Verdict.COVERED
        return Verdict.FORWARD

    def _judge_durable(self, event: Event, seq: int) -> Verdict:
        if seq <= self.seq:
            return Verdict.COVERED
        if seq > self.seq + 1:
            return Verdict.HOLE
        self.seq = seq
        if event.type == "chatdata":
            self._note(event.data["type"], event.data["item"])
        else:
            self._note(event.type, event.data)
        return Verdict.FORWARD

    def _judge_delta(self, delta: Item) -> Verdict:
        known = self._in_flight.get(delta["messageId"])
        if known is None:
            # Its message came with the snapshot, final; or else it would be known here.
            return Verdict.COVERED
        revision, length = known
        offset, written = delta["offset"], delta.get("revision", 0)
        end = offset + len(delta["text"])
        if written > revision or (written == revision and offset > length):
            return Verdict.HOLE
        if written < revision or end <= length:
            return Verdict.COVERED
        self._in_flight[delta["messageId"]] = revision, end
        return Verdict.FORWARD

    def give_up(self, event: Event) -> None:
        self._in_flight.pop(event.data.get("messageId", ""), None)

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


class FollowingList:
    """A user's list of workflows; it never ends."""

    redact: Redact | None = None

    def __init__(self, service: ChatService, user_id: str, since: int) -> None:
        self.context_id = list_context(user_id)
        self.seq = since
        self.ended = False
        self._service = service
        self._user_id = user_id

    async def catch_up(self) -> list[Frame]:
        changes = await self._service.list_changes(self._user_id, self.seq)
        if changes.workflows is None:
            return await self._begin_anew()
        self.seq = changes.list_seq
        return [(w.list_seq, orjson.dumps(w.to_chat_data())) for w in changes.workflows]

    async def _begin_anew(self) -> list[Frame]:
        page = await self._service.list_workflows(self._user_id)
        self.seq = page.list_seq
        frames = [
            _transient("reset", {"workflowId": None, "seq": page.list_seq, "next": page.next})
        ]
        frames += [(None, orjson.dumps(w.to_chat_data())) for w in page.workflows]
        # A page is not in the order of changes: only with the last frame has a client all of it.
        frames[-1] = (page.list_seq, frames[-1][1])
        return frames

    def judge(self, event: Event) -> Verdict:
        if event.seq is None:
            return Verdict.FORWARD
        if event.seq <= self.seq:
            return Verdict.COVERED
        if event.seq > self.seq + 1:
            return Verdict.HOLE
        self.seq = event.seq
        return Verdict.FORWARD

    def give_up(self, event: Event) -> None:
        """A list has no text in flight: reading it covers every event so far."""


def _transient(type_: str, item: Item) -> Frame:
    return None, orjson.dumps(chat_data(type_, time.time(), item))
