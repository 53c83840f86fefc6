"""Renaming a document: at once in the list, and then in all its passages, which hold its name.

A search finds a passage by the name of its document, so the index has the name at each passage. A
long document has many: they are renamed a few at a time, so that no other change waits long. What
a server has not renamed when it ends is renamed at the next start.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from quart_chat.documents.models import Document
from quart_chat.documents.queue import IngestionQueue
from quart_chat.documents.storage import DocumentStorage, DocumentTransaction
from quart_chat.documents.unit_of_work import DocumentCommitter
from quart_chat.errors import DatabaseUnavailable

RENAMED_AT_ONCE = 100
"""Passages that one transaction renames."""


class Renaming:
    """Renames documents and their passages."""

    def __init__(
        self, storage: DocumentStorage, committer: DocumentCommitter, queue: IngestionQueue
    ) -> None:
        self._storage = storage
        self._committer = committer
        self._queue = queue
        self._closing = False

    async def rename(self, user_id: str, document_id: str, name: str) -> Document | None:
        """Give a document another name; None for one that is not there."""

        def tell_queue(renamed: Document | None) -> None:
            if renamed is not None:
                self._queue.rename(renamed)

        return await self._committer.commit(
            lambda unit: unit.rename(user_id, document_id, name), tell_queue
        )

    async def rename_passages(self, document_id: str) -> None:
        """Have all passages of a document be found by its name."""
        after: int | None = 0
        with suppress(DatabaseUnavailable):
            while after is not None and not self._closing:
                rename = partial(_rename_some, document_id=document_id, after=after)
                after = await self._storage.write(rename)

    def close(self) -> None:
        """Leave the rest to the next start."""
        self._closing = True


def _rename_some(change: DocumentTransaction, document_id: str, after: int) -> int | None:
    return change.rename_some_passages(document_id, after, RENAMED_AT_ONCE)
