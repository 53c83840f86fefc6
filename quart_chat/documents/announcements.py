"""What is told of documents: in the context of each, and in its owner's list."""

from __future__ import annotations

from quart_chat.committer import Emission
from quart_chat.documents.models import Document, Progress, Status, context_of
from quart_chat.events import StreamingEventManager, make_event
from quart_chat.texts import N_, _
from quart_chat.wire import list_context

CATEGORY = "document"

_SENTENCES = {
    Status.WAITING: N_("Waiting to be read"),
    Status.READING: N_("Being read"),
    Status.READY: N_("Ready"),
    Status.DELETING: N_("Deleted"),
}
_TERMINAL = {Status.READY: "complete", Status.FAILED: "error", Status.DELETING: "stopped"}


def list_emission(document: Document) -> Emission:
    """The event of a change in the list of the document's owner."""
    data = document.to_chat_data()
    return Emission(
        list_context(document.user_id), "chatdata", data, CATEGORY, seq=document.list_seq
    )


def document_emission(document: Document) -> Emission:
    """The event of a change in the document's own context."""
    return Emission(
        context_of(document.id),
        _TERMINAL.get(document.status, "status"),
        document.to_item(),
        CATEGORY,
        message=document.message or _(_SENTENCES[document.status]),
    )


class DocumentPublisher:
    """Emits what is no change of a document: how far its reading is, and how it is."""

    def __init__(self, events: StreamingEventManager) -> None:
        self._events = events

    async def advanced(self, document: Document, progress: Progress) -> None:
        """The reading of a document goes on."""
        await self._events.emit_event(
            list_context(document.user_id), "chatdata", document.to_chat_data(progress), CATEGORY
        )
        data = {"id": document.id, "progress": progress.fraction, "step": progress.step}
        await self._events.emit_event(
            context_of(document.id), "progress", data, CATEGORY, progress.step
        )

    async def repeat(self, document: Document) -> None:
        """Say in the document's context how it is, where nothing says so any more."""
        if not self._events.has_queue(context_of(document.id)):
            # Other processes have readers of their own, who know how it is.
            told = document_emission(document)
            self._events.emit_here(
                make_event(told.context_id, told.type, told.data, told.category, told.message)
            )
