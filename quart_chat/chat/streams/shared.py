"""A chat as the readers of its link follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from msgspec.structs import replace

from quart_chat.chat.models import MessageStatus, Workflow, WorkflowStatus
from quart_chat.chat.storage import PART
from quart_chat.chat.streams.position import UNKNOWN, Disposition, Part, Redact, WorkflowPosition
from quart_chat.chat.streams.redaction import Redacted, Redaction
from quart_chat.chat.streams.writer import ChatFrames
from quart_chat.chat.views import Snapshot
from quart_chat.errors import NotFound
from quart_chat.events import TERMINAL_TYPES, Event
from quart_chat.texts import use
from quart_chat.wire import Item, chat_data

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService
from quart_chat.chat.shares import Sharing, share_context

PUBLIC = frozenset({"id", "title", "status", "headRound", "seq", "createdAt", "updatedAt"})
"""What a reader of the link is told of the chat's entry in its owner's list."""


def stream_shared(service: ChatService, workflow: Workflow, token: str, since: int) -> ChatFrames:
    """Stream a chat to a reader of its link, until the link is revoked or the chat deleted."""
    chat = SharedPosition(service, workflow.user_id, workflow.id, since)
    link = LinkPosition(service.sharing, token, chat)
    return ChatFrames(service.events, {chat: str, link: lambda _seq: None}, heartbeat=True)


class SharedPosition(WorkflowPosition):
    """A chat as a reader of its link sees it: the branch that is shown, and nothing of others."""

    def __init__(self, service: ChatService, user_id: str, workflow_id: str, since: int) -> None:
        super().__init__(service, user_id, workflow_id, since, follow=True)
        self._branch: tuple[int, ...] = ()
        self._redaction = Redaction(workflow_id)
        self._written: dict[str, Redacted] = {}

    async def _snapshot(self) -> Snapshot:
        snapshot, branch = await self._read_shown()
        if branch[: len(self._branch)] != self._branch:
            # Nothing is to stay of the branch that the reader has been shown so far.
            self.seq = UNKNOWN
            snapshot, branch = await self._read_shown()
        self._branch = branch
        return snapshot

    async def _read_shown(self) -> tuple[Snapshot, tuple[int, ...]]:
        return await self._service.shown_snapshot(self._user_id, self.context_id, self.seq, PART)

    def classify(self, event: Event) -> Disposition:
        if event.seq is not None and event.seq > self.seq and self._departs(event):
            return Disposition.HOLE
        disposition = super().classify(event)
        if disposition is Disposition.FORWARD and not self._is_shown(event):
            return Disposition.COVERED
        return disposition

    def _departs(self, event: Event) -> bool:
        """Note how an event lengthens the branch; whether it shows another, which is to be read."""
        type_, item = event.data.get("type"), event.data.get("item", {})
        if event.type != "chatdata" or item.get("deleted"):
            return False
        head = self._branch[-1] if self._branch else None
        if type_ == "workflow":
            # Of a round that has begun the prompt comes next, and says where it belongs.
            return bool(item["status"] != WorkflowStatus.RUNNING and item["headRound"] != head)
        if type_ != "message":
            return False
        number: int = item["roundNumber"]
        if item["role"] == "user" and number not in self._branch and item["parentRound"] == head:
            self._branch += (number,)
        return number not in self._branch

    def _is_shown(self, event: Event) -> bool:
        if event.type == "delta":
            return True
        type_, item = event.type, event.data
        if type_ == "chatdata":
            type_, item = item["type"], item["item"]
        if type_ == "workflow":
            return True
        of_round = type_ in {"message", "log", *TERMINAL_TYPES}
        return of_round and item["roundNumber"] in self._branch

    def shown_item(self, data: Item) -> Item:
        item = data["item"]
        if data["type"] == "workflow" and not item.get("deleted"):
            return {**data, "item": {key: item[key] for key in item if key in PUBLIC}}
        if data["type"] == "log":
            with use(self._language):
                return {**data, "item": {**item, "message": self._redaction.text(item["message"])}}
        if data["type"] != "message":
            return data
        if item["status"] == MessageStatus.STREAMING:
            self._written[item["id"]] = Redacted(self._redaction, item["content"])
        else:
            self._written.pop(item["id"], None)
        with use(self._language):
            return {**data, "item": self._redaction.item(item)}

    def redact(self, event: Event) -> Event | None:
        if event.type == "delta":
            return self._redact_delta(event)
        if event.type != "chatdata" or event.data["type"] not in {"workflow", "message", "log"}:
            return event
        return replace(event, body=orjson.dumps(self.shown_item(event.data)))

    def _redact_delta(self, event: Event) -> Event | None:
        delta = event.data
        with use(self._language):
            offset, text = self._written[delta["messageId"]].add(delta["offset"], delta["text"])
        if (offset, text) == (delta["offset"], delta["text"]):
            return event
        if not text:
            return None
        item = {**delta, "offset": offset, "text": text}
        data = chat_data("delta", event.created_at, item)
        return replace(event, data=item, body=orjson.dumps(data))


class LinkPosition:
    """The link itself: with it ends the stream."""

    redact: Redact | None = None
    elsewhere = False

    def __init__(self, sharing: Sharing, token: str, chat: SharedPosition) -> None:
        self.context_id = share_context(token)
        self.seq = 0
        self._sharing = sharing
        self._token = token
        self._chat = chat

    @property
    def ended(self) -> bool:
        return self._chat.ended

    async def catch_up(self) -> Part:
        """See whether the link is revoked, which may be so before anybody listens."""
        try:
            await self._sharing.open(self._token)
        except NotFound:
            return self._chat.end()
        return Part([])

    def classify(self, event: Event) -> Disposition:
        # All that is said of a link is that it is revoked.
        return Disposition.HOLE

    def give_up(self, event: Event) -> None:
        """Nothing is missing of a link."""
