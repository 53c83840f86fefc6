"""Changes of documents: committed first, then emitted; see :mod:`quart_chat.committer`.

Every change of a document is one of its owner's list, as a change of a chat is: it takes the next
whole number of the list in the transaction that makes it, and is one event with that seq.
"""

from __future__ import annotations

import time
from dataclasses import replace

from quart_chat.committer import Committer, Emission
from quart_chat.documents.announcements import document_emission, list_emission
from quart_chat.documents.models import Document
from quart_chat.documents.storage import DocumentTransaction


class DocumentUnitOfWork:
    """The changes of one transaction, and what is emitted of them once it is committed.

    Attributes:
        node_id: The node that makes the changes.
    """

    def __init__(self, transaction: DocumentTransaction, node_id: str) -> None:
        self.transaction = transaction
        self.node_id = node_id
        self.emissions: list[Emission] = []

    def put(self, document: Document) -> Document:
        """Store a new or changed document; returns it as the list has it now.

        One that is there keeps its name, which may have changed since the document was read.
        """
        stored = self.transaction.select_document(document.user_id, document.id)
        return self._put(replace(document, name=stored.name) if stored else document)

    def rename(self, user_id: str, document_id: str, name: str) -> Document | None:
        """Give a document another name; None for one that is not there."""
        stored = self.transaction.select_document(user_id, document_id)
        return stored and self._put(replace(stored, name=name))

    def _put(self, document: Document) -> Document:
        now = time.time()
        list_seq = self.transaction.next_list_seq(document.user_id, now)
        document = replace(document, list_seq=list_seq, updated_at=now)
        self.transaction.upsert_document(document)
        self.emissions += (list_emission(document), document_emission(document))
        return document

    def add(self, document: Document) -> Document:
        """Store a new document, for this node to read.

        Raises:
            Unauthenticated: The user was deleted. The erasure of a user removes the files of those
                documents that are there when it begins.
        """
        self.transaction.require_user(document.user_id)
        document = self.put(document)
        self.transaction.claim_document(document.id, self.node_id)
        return document

    def change_claimed(self, document: Document) -> Document | None:
        """Store how the reading goes on; None, with nothing changed, where this node reads no more.

        The document is deleted or read to the end, or another node has taken it over.
        """
        if not self.transaction.owns_document(document.id, self.node_id):
            return None
        return self.put(document)

    def change(self, document: Document) -> Document | None:
        """Store a changed document; None, with nothing changed, for a deleted one."""
        if self.transaction.select_document(document.user_id, document.id) is None:
            return None
        return self.put(document)


DocumentCommitter = Committer[DocumentTransaction, DocumentUnitOfWork]
"""Commits units of work of documents."""
