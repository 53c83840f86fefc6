"""Renaming a document: at once in the list, and then in all its passages, which hold its name.

A search finds a passage by the name of its document, so the index has the name at each passage. A
long document has many: they are renamed a few at a time, so that no other change waits long. What
a server has not renamed when it ends is renamed at the next start.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from quart_chat.availability.patience import outlive_request
from quart_chat.documents.models import Document
from quart_chat.documents.reading.queue import IngestionQueue
from quart_chat.documents.storage import DocumentStorage, DocumentTransaction
from quart_chat.documents.unit_of_work import DocumentCommitter
from quart_chat.errors import DatabaseUnavailable

RENAMED_AT_ONCE = 100
"""Passages that one transaction renames."""
RETRY = 1.0
"""Seconds until a transaction that the database refused is tried again."""


class Renaming:
    """Renames documents and their passages."""

    def __init__(
        self, storage: DocumentStorage, committer: DocumentCommitter, queue: IngestionQueue
    ) -> None:
        self._storage = storage
        self._committer = committer
        self._queue = queue
        self._closing = asyncio.Event()

    async def rename(self, user_id: str, document_id: str, name: str) -> Document | None:
        """Give a document another name; None for one that is not there."""

        def tell_queue(renamed: Document | None) -> None:
            if renamed is not None:
                self._queue.rename(renamed)

        return await self._committer.commit(
            lambda unit: unit.rename(user_id, document_id, name), tell_queue
        )

    async def rename_passages(self, document_id: str) -> None:
        """Index all passages of a document under its name."""
        outlive_request()
        after: int | None = 0
        while after is not None and not self._closing.is_set():
            rename = partial(_rename_some, document_id=document_id, after=after)
            try:
                after = await self._storage.write(rename)
            except DatabaseUnavailable:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), RETRY)

    def close(self) -> None:
        """Stop; the next start renames the rest."""
        self._closing.set()


def _rename_some(change: DocumentTransaction, document_id: str, after: int) -> int | None:
    return change.rename_some_passages(document_id, after, RENAMED_AT_ONCE)
