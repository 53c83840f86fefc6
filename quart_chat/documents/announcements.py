"""What is told of documents: in the context of each, and in its owner's list."""

from __future__ import annotations

import time

from quart_chat.documents.models import Document, Progress, Status, context_of
from quart_chat.events import StreamingEventManager
from quart_chat.texts import N_, _
from quart_chat.wire import Item, chat_data, list_context

CATEGORY = "document"

_SENTENCES = {
    Status.WAITING: N_("Waiting to be read"),
    Status.READING: N_("Being read"),
    Status.READY: N_("Ready"),
    Status.DELETING: N_("Deleted"),
}
_TERMINAL = {Status.READY: "complete", Status.FAILED: "error", Status.DELETING: "stopped"}


class DocumentPublisher:
    """Emits how documents change, after it is committed."""

    def __init__(self, events: StreamingEventManager) -> None:
        self._events = events

    async def changed(self, document: Document) -> None:
        """A document has another status."""
        await self._tell_list(document, None)
        await self._tell_context(document)

    async def advanced(self, document: Document, progress: Progress) -> None:
        """The reading of a document goes on."""
        await self._tell_list(document, progress)
        data = {"id": document.id, "progress": progress.fraction, "step": progress.step}
        await self._events.emit_event(
            context_of(document.id), "progress", data, CATEGORY, progress.step
        )

    async def repeat(self, document: Document) -> None:
        """Say in the document's context how it is, where nothing says so any more."""
        if not self._events.has_queue(context_of(document.id)):
            # Other processes have readers of their own, who know how it is.
            self._events.emit_here(*_status(document))

    async def _tell_context(self, document: Document) -> None:
        await self._events.emit_event(*_status(document))

    async def _tell_list(self, document: Document, progress: Progress | None) -> None:
        data = chat_data("document", time.time(), document.to_item(progress))
        await self._events.emit_event(list_context(document.user_id), "chatdata", data, CATEGORY)


def _status(document: Document) -> tuple[str, str, Item, str, str]:
    """What a document's context is told: context, type, data, category and a sentence."""
    message = document.message or _(_SENTENCES[document.status])
    type_ = _TERMINAL.get(document.status, "status")
    return context_of(document.id), type_, document.to_item(), CATEGORY, message
