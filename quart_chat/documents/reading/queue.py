"""Documents being read in the background, one after the other."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from quart_chat.availability.database import TOO_MANY_FILES, unavailable
from quart_chat.availability.patience import outlive_request
from quart_chat.cluster.node import Node
from quart_chat.documents.announcements import DocumentPublisher
from quart_chat.documents.files import Files
from quart_chat.documents.messages import Advanced, Finished, Piece, Vocabulary
from quart_chat.documents.models import Document, Progress, Status
from quart_chat.documents.reading.subprocess import ResourceLimits, read
from quart_chat.documents.storage import DocumentStorage, DocumentTransaction
from quart_chat.documents.unit_of_work import DocumentCommitter
from quart_chat.errors import (
    ChatError,
    DatabaseUnavailable,
    UnreadableFile,
    UnsupportedFile,
)
from quart_chat.texts import _

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestionTimeouts:
    """Times, in seconds.

    Attributes:
        progress: Between two reports of how far a reading is.
        retry: Before what the database refused is tried again.
    """

    progress: float = 0.25
    retry: float = 1.0


class LostReading(Exception):
    """A document is deleted, or another node reads it as this one was silent for too long."""


class IngestionQueue:
    """Reads documents and stores what is in them."""

    def __init__(
        self,
        storage: DocumentStorage,
        committer: DocumentCommitter,
        files: Files,
        publisher: DocumentPublisher,
        resource_limits: ResourceLimits,
        timeouts: IngestionTimeouts,
        node: Node,
    ) -> None:
        self._storage = storage
        self._committer = committer
        self._files = files
        self._publisher = publisher
        self._resource_limits = resource_limits
        self._timeouts = timeouts
        self._node = node
        # One at a time: a second would take the processor from those who wait for an answer.
        self._turn = asyncio.Lock()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, Progress] = {}
        self._renamed: dict[str, Document] = {}

    def progress(self, document_id: str) -> Progress | None:
        """How far the reading of a document is, while it is read."""
        return self._progress.get(document_id)

    def start(self, document: Document) -> None:
        """Read a document as soon as those before it are read."""
        task = asyncio.create_task(self._run(document))
        self._tasks[document.id] = task
        task.add_done_callback(lambda _: self._forget(document.id))

    def _forget(self, document_id: str) -> None:
        self._tasks.pop(document_id, None)
        self._renamed.pop(document_id, None)

    def rename(self, document: Document) -> None:
        """Report how far the reading of a document is under its new name."""
        if document.id in self._tasks:
            self._renamed[document.id] = document

    def cancel(self, document_id: str) -> None:
        """Stop reading a document; from now on nothing is told of its progress."""
        self._progress.pop(document_id, None)
        if document_id in self._tasks:
            self._tasks[document_id].cancel()

    async def stop(self, document_id: str) -> None:
        """Stop reading a document, and wait until nothing of it goes on."""
        self.cancel(document_id)
        if document_id in self._tasks:
            await asyncio.wait({self._tasks[document_id]})

    async def close(self) -> None:
        """Stop all; idempotent."""
        for document_id in tuple(self._tasks):
            await self.stop(document_id)

    async def _run(self, document: Document) -> None:
        outlive_request()
        async with self._turn:
            while True:
                try:
                    await self._read(document)
                except DatabaseUnavailable:
                    await asyncio.sleep(self._timeouts.retry)
                except LostReading:
                    return
                else:
                    return

    async def _read(self, document: Document) -> None:
        reading = await self._change(
            replace(
                document,
                status=Status.READING,
                pages=None,
                passages=0,
                warnings=(),
                attempts=document.attempts + 1,
            )
        )
        if reading is None:
            return
        try:
            await self._delete_contents(document)
            ready = await self._with_reports(reading, self._store(reading))
        except (UnreadableFile, UnsupportedFile) as error:
            await self.fail(reading, error)
        except asyncio.CancelledError:
            # Not the document's fault: it waits again, for the next start of the server.
            with suppress(DatabaseUnavailable):
                await self._change(document)
            raise
        else:
            await self._change(ready)

    async def _store(self, document: Document) -> Document:
        """Store the passages as they are read."""
        path = self._files.path(document.id)
        try:
            async with read(path, document.kind, self._resource_limits) as messages:
                async for message in messages:
                    match message:
                        case Advanced(fraction, step, pieces):
                            await self._insert_passages(document, pieces)
                            document = replace(document, passages=document.passages + len(pieces))
                            self._progress[document.id] = Progress(fraction, step)
                        case Vocabulary(words):
                            await self._insert_words(document, words)
                        case Finished(pages, warnings):
                            document = replace(document, pages=pages, warnings=tuple(warnings))
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                # Not the document's fault, and soon over: it is tried again.
                raise unavailable(TOO_MANY_FILES) from error
            raise UnreadableFile(_("It can't be read on this server.")) from error
        return replace(document, status=Status.READY)

    async def _with_reports(
        self, document: Document, work: Coroutine[Any, Any, Document]
    ) -> Document:
        """Report how far the work is, now and then, however long any part of it takes."""
        self._progress[document.id] = Progress(0.0, _("Opening the document"))
        reports = asyncio.create_task(self._report(document))
        try:
            done = await work
            named = self._renamed.get(document.id, document)
            await self._publisher.advanced(named, Progress(1.0, _("Read")))
            return done
        finally:
            reports.cancel()
            self._progress.pop(document.id, None)

    async def _report(self, document: Document) -> None:
        while progress := self.progress(document.id):
            await self._publisher.advanced(self._renamed.get(document.id, document), progress)
            await asyncio.sleep(self._timeouts.progress)

    async def fail(self, document: Document, error: ChatError) -> None:
        """Say why a document can't be read, and keep nothing else of it."""
        with suppress(LostReading):
            await self._delete_contents(document)
        failed = replace(
            document,
            status=Status.FAILED,
            code=error.code,
            message=error.message,
            passages=0,
        )
        if await self._change(failed):
            await self._files.remove(document.id)

    async def _change(self, document: Document) -> Document | None:
        return await self._committer.commit(lambda unit: unit.change_claimed(document))

    async def _delete_contents(self, document: Document) -> None:
        while await self._write(document, lambda change: change.delete_some_contents(document.id)):
            pass

    async def _write(self, document: Document, change: Callable[[DocumentTransaction], T]) -> T:
        """Change what belongs to a document that this node reads.

        Raises:
            LostReading: It does no longer.
        """

        def fenced(transaction: DocumentTransaction) -> T:
            if not transaction.owns_document(document.id, self._node.id):
                raise LostReading
            return change(transaction)

        return await self._storage.write(fenced)

    async def _insert_passages(self, document: Document, pieces: Sequence[Piece]) -> None:
        first = document.passages + 1

        def insert(change: DocumentTransaction) -> None:
            # It may have been renamed meanwhile, also on another node.
            named = change.select_document(document.user_id, document.id) or document
            change.insert_passages(named, first, pieces)

        await self._write(document, insert)

    async def _insert_words(self, document: Document, words: Sequence[tuple[str, str]]) -> None:
        await self._write(document, lambda change: change.insert_words(document, words))


async def delete_contents(storage: DocumentStorage, document_id: str) -> None:
    """Delete a document's passages and words, a few at a time."""

    def delete(change: DocumentTransaction) -> bool:
        return change.delete_some_contents(document_id)

    while await storage.write(delete):
        pass
