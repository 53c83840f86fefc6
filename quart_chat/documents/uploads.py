"""Files on their way to be documents: stored as they arrive, within bounds, and checked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from quart_chat.documents.files import Files, Stored, megabytes
from quart_chat.documents.kinds import CHECKED
from quart_chat.documents.models import Document, Status
from quart_chat.documents.names import clean_name
from quart_chat.documents.reading.subprocess import ResourceLimits, check
from quart_chat.documents.storage import DocumentStorage
from quart_chat.documents.unit_of_work import DocumentCommitter, DocumentUnitOfWork
from quart_chat.errors import QuotaExceeded
from quart_chat.texts import _

CHECKS = 2
"""Files that are checked at a time, each by a process that may take all of its allowance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """Bounds of what a person may store, in bytes.

    Attributes:
        document: Of a document.
        together: Of all of a user's documents together.
        of_user: Asked for what a user may have in the place of that; None for no more than all.
    """

    document: int = 25_000_000
    together: int = 500_000_000
    of_user: Callable[[str], Awaitable[int | None]] | None = None

    async def quota(self, user_id: str) -> int:
        """Bytes of all documents that a user may have."""
        own = None if self.of_user is None else await self.of_user(user_id)
        return self.together if own is None else own


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived as a whole, and is no document yet."""

    user_id: str
    document_id: str
    name: str
    file: Stored


class Uploads:
    """Takes files, and makes documents of them.

    Args:
        storage: Knows how much each user has.
        committer: Commits the new documents.
        files: Where the files are stored.
        limits: How much a user may have.
        resource_limits: What the process that checks a file may take.
    """

    def __init__(
        self,
        storage: DocumentStorage,
        committer: DocumentCommitter,
        files: Files,
        limits: DocumentLimits,
        resource_limits: ResourceLimits,
    ) -> None:
        self._storage = storage
        self._committer = committer
        self._files = files
        self._limits = limits
        self._resource_limits = resource_limits
        self._checks = asyncio.Semaphore(CHECKS)
        self._arriving = Counter[str]()

    async def receive(self, user_id: str, name: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Store a file as it comes, and make sure that it can be read.

        Raises:
            FileTooLarge: It has more bytes than a document may.
            QuotaExceeded: The user's documents would have more bytes than they may.
            UnsupportedFile: It is of no kind that can be read, or not what its name says.
            UnreadableFile: It is empty, protected or damaged.
            Unavailable: The database or the disk can't be written.
        """
        name, document_id = clean_name(name), uuid4().hex
        async with self._files.removed_on_failure(document_id):
            stored = await self._store(user_id, document_id, name, chunks)
            if stored.kind in CHECKED:
                async with self._checks:
                    await check(self._files.part(document_id), stored.kind, self._resource_limits)
        return Upload(user_id, document_id, name, stored)

    async def _store(
        self, user_id: str, document_id: str, name: str, chunks: AsyncIterator[bytes]
    ) -> Stored:
        """Store the file; what arrives at the same time counts as stored already."""
        used = await self._storage.read(lambda reader: reader.select_size(user_id))
        left = await self._limits.quota(user_id) - used - self._arriving[user_id]
        expected = max(0, min(self._limits.document, left))
        self._arriving[user_id] += expected
        try:
            return await self._files.store(
                document_id, name, chunks, limit=self._limits.document, quota=max(0, left)
            )
        finally:
            self._arriving[user_id] -= expected

    async def enter(self, upload: Upload) -> Document:
        """Make a document of a file, to be read.

        Raises:
            QuotaExceeded: The user's documents would have more bytes than they may.
            Unavailable: The database or the disk can't be written.
        """
        async with self._files.removed_on_failure(upload.document_id):
            # The file first: one without a document is removed at the next start.
            await self._files.keep(upload.document_id)
            return await self._insert(_new_document(upload, time.time()))

    async def _insert(self, document: Document) -> Document:
        quota = await self._limits.quota(document.user_id)

        def insert(unit: DocumentUnitOfWork) -> Document:
            left = quota - unit.transaction.select_size(document.user_id)
            if document.size > left:
                raise QuotaExceeded(
                    _(
                        "All your documents together may have {size} MB, of which {left} MB are"
                        " left. Delete some first."
                    ).format(size=megabytes(quota), left=megabytes(max(0, left)))
                )
            return unit.add(document)

        return await self._committer.commit(insert)


def _new_document(upload: Upload, now: float) -> Document:
    return Document(
        id=upload.document_id,
        user_id=upload.user_id,
        name=upload.name,
        kind=upload.file.kind,
        size=upload.file.size,
        status=Status.WAITING,
        code=None,
        message=None,
        pages=None,
        passages=0,
        attempts=0,
        created_at=now,
        updated_at=now,
    )
