"""What a person can do with documents."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from quart_chat.availability.patience import outlive_request
from quart_chat.cluster.node import Node
from quart_chat.documents.announcements import DocumentPublisher
from quart_chat.documents.files import Files, not_kept
from quart_chat.documents.hits import FoundHits, find_hits
from quart_chat.documents.models import (
    PAGE_SIZE,
    Document,
    PassagePage,
    Status,
)
from quart_chat.documents.names import check_name
from quart_chat.documents.reading.queue import IngestionQueue, IngestionTimeouts, delete_contents
from quart_chat.documents.reading.subprocess import ResourceLimits
from quart_chat.documents.renaming import Renaming
from quart_chat.documents.storage import DocumentStorage
from quart_chat.documents.unit_of_work import DocumentCommitter, DocumentUnitOfWork
from quart_chat.documents.uploads import DocumentLimits, Upload, Uploads
from quart_chat.errors import (
    DatabaseUnavailable,
    InterruptedReading,
    InvalidInput,
    NotFound,
    Unavailable,
    UnreadableFile,
)
from quart_chat.events import StreamingEventManager
from quart_chat.policies import ContextPolicies
from quart_chat.search.sought import Sought
from quart_chat.texts import _
from quart_chat.wire import Item

T = TypeVar("T")

MAX_ATTEMPTS = 3
"""Readings that may end with the server before a document is held to be what ends it."""

_ID = re.compile(r"[0-9a-f]{32}")


class DocumentService:
    """Takes, reads, shows and deletes documents; each call is on behalf of a user.

    What belongs to another user is NotFound, just as what does not exist.
    """

    def __init__(
        self,
        storage: DocumentStorage,
        events: StreamingEventManager,
        folder: Path,
        *,
        limits: DocumentLimits | None = None,
        resource_limits: ResourceLimits | None = None,
        timeouts: IngestionTimeouts | None = None,
        node: Node | None = None,
    ) -> None:
        self._storage = storage
        self._node = node or Node()
        self._files = Files(folder, self._node.id)
        begin = partial(DocumentUnitOfWork, node_id=self._node.id)
        self._committer = DocumentCommitter(storage, events, begin)
        self._publisher = DocumentPublisher(events)
        resource_limits = resource_limits or ResourceLimits()
        self._uploads = Uploads(
            storage, self._committer, self._files, limits or DocumentLimits(), resource_limits
        )
        self._queue = IngestionQueue(
            storage,
            self._committer,
            self._files,
            self._publisher,
            resource_limits,
            timeouts or IngestionTimeouts(),
            self._node,
        )
        self._renaming = Renaming(storage, self._committer, self._queue)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    async def add(self, user_id: str, name: str, chunks: AsyncIterator[bytes]) -> Document:
        """Store an upload as it comes, and begin to read it.

        Raises:
            FileTooLarge: It has more bytes than a document may.
            QuotaExceeded: The user's documents would have more bytes than they may.
            UnsupportedFile: It is of no kind that can be read, or not what its name says.
            UnreadableFile: It is empty, protected or damaged.
            Unavailable: The service is closing, or the database or the disk can't be written.
        """
        if self._closing:
            raise Unavailable(_("The server is restarting. Try again in a moment."))
        upload = await self._uploads.receive(user_id, name, chunks)
        return await self._finish(self._enter(upload))

    async def _enter(self, upload: Upload) -> Document:
        document = await self._uploads.enter(upload)
        self._queue.start(document)
        return document

    async def documents(self, user_id: str) -> list[Document]:
        """Read the user's documents, the latest first."""
        return await self._storage.read(lambda reader: reader.select_documents(user_id))

    async def document(self, user_id: str, document_id: str) -> Document:
        """Read a document."""
        found = None
        if _ID.fullmatch(document_id):
            found = await self._storage.read(
                lambda reader: reader.select_document(user_id, document_id)
            )
        if found is None:
            raise _no_document()
        return found

    def item(self, document: Document) -> Item:
        """What clients are shown of a document, with how far its reading is."""
        return document.to_item(self._queue.progress(document.id))

    async def passages(
        self, user_id: str, document_id: str, after: int = 0, limit: int = PAGE_SIZE
    ) -> PassagePage:
        """Read passages of a document: those that follow number ``after``."""
        document = await self.document(user_id, document_id)
        # One more than asked for tells whether there are more.
        rows = await self._storage.read(
            lambda reader: reader.select_passages(document_id, after, limit + 1)
        )
        passages = rows[:limit]
        return PassagePage(document, passages, passages[-1].number if len(rows) > limit else None)

    async def check_ids(self, user_id: str, document_ids: Iterable[str]) -> tuple[str, ...]:
        """Make sure that the user has these documents and that they can be searched.

        Raises:
            NotFound: One of them is not there.
            InvalidInput: One of them is not ready.
        """
        wanted = tuple(dict.fromkeys(document_ids))
        for document_id in wanted:
            document = await self.document(user_id, document_id)
            if document.status is not Status.READY:
                raise InvalidInput(
                    _("documentIds: “{name}” is not ready to be searched.").format(
                        name=document.name
                    )
                )
        return wanted

    async def find(self, user_id: str, document_id: str, sought: Sought) -> FoundHits:
        """Find a text in all of a document, however it is written.

        Raises:
            NotFound: There is no such document.
        """
        await self.document(user_id, document_id)
        return await find_hits(self._storage, document_id, sought)

    async def original(self, user_id: str, document_id: str) -> tuple[Document, Path]:
        """A document and its file as it was uploaded.

        Raises:
            NotFound: There is no such document, or it failed and its file was not kept.
        """
        document = await self.document(user_id, document_id)
        if not await self._files.exists(document_id):
            raise not_kept()
        return document, self._files.path(document_id)

    async def rename(self, user_id: str, document_id: str, name: Any) -> Document:
        """Give a document another name, by which it is found from now on.

        Raises:
            InvalidInput: The name is no text, a blank one, or too long.
            NotFound: There is no such document.
        """
        name = check_name(name)
        await self.document(user_id, document_id)
        return await self._finish(self._rename(user_id, document_id, name))

    async def _rename(self, user_id: str, document_id: str, name: str) -> Document:
        renamed = await self._renaming.rename(user_id, document_id, name)
        if renamed is None:
            raise _no_document()
        self._begin(self._renaming.rename_passages(document_id))
        return renamed

    async def announce(self, user_id: str, document_id: str) -> None:
        """Have the document's context say how it is, to be streamed from its beginning."""
        await self._publisher.repeat(await self.document(user_id, document_id))

    def register_contexts(self, policies: ContextPolicies) -> None:
        """Say who may read the contexts of documents, which begin with how each document is."""
        policies.register("document", self.announce)

    async def delete(self, user_id: str, document_id: str) -> None:
        """Delete a document with its file and all that was read of it; a tombstone stays."""
        document = await self.document(user_id, document_id)
        await self._finish(self._delete(replace(document, status=Status.DELETING)))

    async def _delete(self, document: Document) -> None:
        def stop_reading(deleted: Document | None) -> None:
            # Its end is told next, and no progress may follow that.
            if deleted is not None:
                self._queue.cancel(document.id)

        if await self._committer.commit(lambda unit: unit.change(document), stop_reading):
            await self._queue.stop(document.id)
            await self._files.remove(document.id)
            self._begin(self._purge(document))

    async def _purge(self, document: Document) -> None:
        outlive_request()
        # What can't be deleted now is deleted at the next start.
        with suppress(DatabaseUnavailable):
            await delete_contents(self._storage, document.id)
            await self._storage.write(lambda change: change.erase_document(document.id))

    # The service itself

    async def recover(self) -> None:
        """Go on with what a process left half done when it ended."""
        kept = None
        if self._node.may_take_over:
            kept = await self._storage.read(lambda reader: reader.select_ids_with_file())
        await self._files.prepare(kept)
        if self._node.may_take_over:
            await self._finish_changes()
            await self._take_over(())
        self._node.on_take_over(self._take_over)

    async def _take_over(self, expired: tuple[str, ...]) -> None:
        """Go on with what nodes left half done that died, and with what no node has claimed."""
        if expired:
            await self._files.remove_parts(expired)
            await self._finish_changes()
        node_id = self._node.id
        for document in await self._storage.read(lambda reader: reader.select_orphaned(node_id)):
            await self._resume(document)

    async def _finish_changes(self) -> None:
        for document_id in await self._storage.read(lambda reader: reader.select_half_renamed()):
            self._begin(self._renaming.rename_passages(document_id))
        for document in await self._storage.read(lambda reader: reader.select_unsettled()):
            if document.status is Status.DELETING:
                self._begin(self._purge(document))

    async def _resume(self, document: Document) -> None:
        """Read a document that was not read to the end, unless another node does."""
        if self._closing or not await self._storage.write(
            lambda change: change.claim_document(document.id, self._node.id)
        ):
            return
        if not await self._files.exists(document.id):
            await self._queue.fail(document, UnreadableFile(_("Its file is gone.")))
        elif document.attempts >= MAX_ATTEMPTS:
            await self._queue.fail(
                document,
                InterruptedReading(_("The server stopped each time it read the document.")),
            )
        else:
            self._queue.start(document)

    async def close(self) -> None:
        """Stop all readings, which go on at the next start; idempotent."""
        self._closing = True
        self._renaming.close()
        await self._queue.close()
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._queue.close()
        await self._committer.settle()

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Bring what is begun to its end, whatever becomes of the one who asked for it."""
        return await asyncio.shield(self._begin(work))


def _no_document() -> NotFound:
    return NotFound(_("There is no such document."))
