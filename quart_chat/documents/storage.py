"""What the documents ask of a store, whatever engine keeps it.

A piece of work is a synchronous function that runs in one transaction; see
:mod:`quart_chat.chat.storage`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from quart_chat.documents.messages import Piece
from quart_chat.documents.models import Document, StoredPassage

T = TypeVar("T")


class DocumentReader(Protocol):
    """Reads documents as of one moment."""

    def select_documents(self, user_id: str) -> list[Document]:
        """Read a user's documents, the latest first."""
        ...

    def select_document(self, user_id: str, document_id: str) -> Document | None:
        """Read a document of a user; None for a deleted one."""
        ...

    def select_unsettled(self) -> list[Document]:
        """Read all users' documents that are not read to the end, or not deleted to the end."""
        ...

    def select_orphaned(self, node_id: str) -> list[Document]:
        """Read the documents that are to be read and that no other node that lives has claimed."""
        ...

    def select_ids_with_file(self) -> set[str]:
        """Read the ids of all documents whose file is to be kept."""
        ...

    def select_size(self, user_id: str) -> int:
        """Read how many bytes a user's documents have."""
        ...

    def select_half_renamed(self) -> list[str]:
        """Read the ids of all users' documents whose last passages have a name from before."""
        ...

    def select_passages(
        self, document_id: str, after: int, limit: int
    ) -> tuple[StoredPassage, ...]:
        """Read passages of a document that follow a number."""
        ...


class DocumentTransaction(DocumentReader, Protocol):
    """Reads and changes documents; nothing is emitted here.

    See :class:`quart_chat.documents.unit_of_work.DocumentUnitOfWork`, which gives what it stores a
    seq.
    """

    def next_list_seq(self, user_id: str, now: float) -> int:
        """Count a change of a user's list; makes the user known where there are no accounts.

        Raises:
            Unauthenticated: The user was erased.
        """
        ...

    def require_user(self, user_id: str) -> None:
        """Refuse to begin what the erasure of a deleted user would have to end.

        Raises:
            Unauthenticated: The user was deleted.
        """
        ...

    def upsert_document(self, document: Document) -> None:
        """Store a document; its owner must be known."""
        ...

    def claim_document(self, document_id: str, node_id: str) -> bool:
        """Have a node read a document; False where it is read, or another node has claimed it.

        A node whose own lease has run out can't tell who lives, and gets none.
        """
        ...

    def owns_document(self, document_id: str, node_id: str) -> bool:
        """Whether a node is to read a document; it stays so to the end of the transaction."""
        ...

    def rename_some_passages(self, document_id: str, after: int, limit: int) -> int | None:
        """Index the passages after a number under the present name of their document.

        Returns:
            The number of the last; None where no more follow.
        """
        ...

    def insert_passages(self, document: Document, first: int, pieces: Sequence[Piece]) -> None:
        """Store passages, numbered from ``first``."""
        ...

    def insert_words(self, document: Document, words: Sequence[tuple[str, str]]) -> None:
        """Store different words, each with its folded form."""
        ...

    def delete_some_contents(self, document_id: str) -> bool:
        """Delete some of a document's passages and words; whether there may be more.

        Few enough that no other transaction waits long.
        """
        ...

    def erase_document(self, document_id: str) -> None:
        """End the deletion of a document without contents; a tombstone stays.

        That is what readers of the list need of it: whose it was, and when it was deleted.
        """
        ...


class DocumentStorage(Protocol):
    """Runs work on the documents of all users.

    Both raise DatabaseUnavailable where the store can't be used, with the reason.
    """

    async def read(self, work: Callable[[DocumentReader], T]) -> T:
        """Read as of one moment."""
        ...

    async def write(
        self,
        change: Callable[[DocumentTransaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> T:
        """Run ``change`` as a transaction, then ``committed`` before that of any later one.

        Changes that wait at the same time may be committed together, and tried again if that fails.
        So ``change`` changes nothing but the store, and needs nothing that the ``committed`` of
        another does. ``ready`` is called once, on the event loop, when it is the change's turn.
        """
        ...
