"""What a stream has delivered of a user's list: of its chats and of its documents.

Every change in the list takes the next number of it, whether it is one of a chat or of a document.
How far the reading of a document is comes between these numbers and is never stored. It counts only
for readers that have been told of the very reading that it is about: what was emitted of it before
the database was read, or after the document was deleted, would bring back what is no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from quart_chat.chat.streams.position import Body, Disposition, Frame, Part, Redact, transient
from quart_chat.texts import language, use
from quart_chat.wire import Item, list_context

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService
    from quart_chat.chat.views import ListEntry
    from quart_chat.events import Event


class ListPosition:
    """A user's list of chats and documents; it never ends."""

    redact: Redact | None = None
    elsewhere = False

    def __init__(self, service: ChatService, user_id: str, since: int) -> None:
        self.context_id = list_context(user_id)
        self.seq = since
        self.ended = False
        self._service = service
        self._user_id = user_id
        # A stream outlives the request that asked for it, and with it the request's language.
        self._language = language()
        # The documents that are being read, each with the seq since which it is.
        self._reading: dict[str, int] = {}

    async def catch_up(self) -> Part:
        changes = await self._service.lists.changes(self._user_id, self.seq)
        if changes.entries is None:
            return await self._begin_anew()
        self.seq = changes.list_seq
        self._reading = dict(changes.reading)
        with use(self._language):
            frames: list[Frame] = [(entry.list_seq, _encode(entry)) for entry in changes.entries]
        return Part(frames, changes.more)

    async def _begin_anew(self) -> Part:
        """Begin with a page of the chats; what has changed since that is read is the next part."""
        page = await self._service.lists.page(self._user_id)
        self.seq = page.list_seq
        frames = [transient("reset", {"workflowId": None, "seq": page.list_seq, "next": page.next})]
        frames += [(None, _encode(w)) for w in page.workflows]
        # A page is not in the order of changes: only with the last frame has a client all of it.
        frames[-1] = (page.list_seq, frames[-1][1])
        return Part(frames, more=True)

    def classify(self, event: Event) -> Disposition:
        if event.seq is None:
            return self._classify_transient(event)
        if event.seq <= self.seq:
            return Disposition.COVERED
        if event.seq > self.seq + 1:
            return Disposition.HOLE
        self.seq = event.seq
        if event.data["type"] == "document":
            self._note(event.data["item"])
        return Disposition.FORWARD

    def _classify_transient(self, event: Event) -> Disposition:
        if event.type != "chatdata":
            return Disposition.FORWARD
        document = event.data["item"]
        if document["seq"] > self.seq:
            return Disposition.HOLE
        known = self._reading.get(document["id"])
        return Disposition.FORWARD if known == document["seq"] else Disposition.COVERED

    def _note(self, document: Item) -> None:
        self._reading.pop(document["id"], None)
        if document.get("status") == "reading":
            self._reading[document["id"]] = document["seq"]

    def give_up(self, event: Event) -> None:
        """A list has no text in flight: reading it covers every event so far."""


def _encode(entry: ListEntry) -> Body:
    return Body(orjson.dumps(entry.to_chat_data()))
