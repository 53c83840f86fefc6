"""The nouns of documents, and what clients see of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.texts import _
from quart_chat.wire import Item, chat_data

PAGE_SIZE = 200
"""Passages on one page of a document's preview."""


class Kind(StrEnum):
    """What a document is read as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    CODE = "code"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    EPUB = "epub"
    RTF = "rtf"
    EML = "eml"
    IPYNB = "ipynb"


class Status(StrEnum):
    """A document waits, is read, and is then ready or failed, until it is deleted.

    Of one that is being deleted contents may be left; of a deleted one only a tombstone is.
    """

    WAITING = "waiting"
    READING = "reading"
    READY = "ready"
    FAILED = "failed"
    DELETING = "deleting"
    DELETED = "deleted"


FINAL = frozenset({Status.READY, Status.FAILED})


@dataclass(frozen=True, slots=True)
class Document:
    """An uploaded file.

    Attributes:
        size: Bytes of the file.
        code: Why it failed, for programs.
        message: Why it failed, for people.
        pages: How many it has, where it has pages.
        passages: How many were found in it.
        attempts: How often reading it was begun.
        list_seq: The place of its latest change among those of its owner's list.
        warnings: What could not be read in it, or not with certainty.
    """

    id: str
    user_id: str
    name: str
    kind: Kind
    size: int
    status: Status
    code: str | None
    message: str | None
    pages: int | None
    passages: int
    attempts: int
    created_at: float
    updated_at: float
    list_seq: int = 0
    warnings: tuple[ReadingWarning, ...] = ()

    @property
    def deleted(self) -> bool:
        return self.status in {Status.DELETING, Status.DELETED}

    @property
    def final(self) -> bool:
        return self.status in FINAL

    def to_item(self, progress: Progress | None = None) -> Item:
        if self.deleted:
            return {"id": self.id, "deleted": True}
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "size": self.size,
            "status": self.status,
            "progress": None if progress is None else progress.fraction,
            "step": None if progress is None else progress.step,
            "code": self.code,
            "message": self.message and _(self.message),
            "pages": self.pages,
            "passages": self.passages,
            "warnings": [warning.to_item() for warning in self.warnings],
            "seq": self.list_seq,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }

    def to_chat_data(self, progress: Progress | None = None) -> Item:
        return chat_data("document", self.updated_at, self.to_item(progress))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading is, 0 to 1, and what is being done."""

    fraction: float
    step: str


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A slice of a document, numbered from 1.

    Attributes:
        page: The page it is on, where there are pages.
        form: "markdown", "plain" or "code": how its text is to be understood.
        headings: The headings that lead to it.
    """

    number: int
    page: int | None
    form: str
    headings: tuple[str, ...]
    text: str

    def to_item(self) -> Item:
        return {
            "number": self.number,
            "page": self.page,
            "form": self.form,
            "headings": list(self.headings),
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class PassagePage:
    """Some passages of a document in order; ``next`` is the number of the last, if more follow."""

    document: Document
    passages: tuple[StoredPassage, ...]
    next: int | None


def passage_url(document_id: str, number: int) -> str:
    """Where a passage is shown and marked: on the page of the preview that has it."""
    return f"/documents/{document_id}?passage={number}#p{number}"


def page_start(number: int) -> int:
    """What the page of the preview follows that has a passage."""
    return (max(number, 1) - 1) // PAGE_SIZE * PAGE_SIZE


def context_of(document_id: str) -> str:
    """The context that the reading of a document is streamed in."""
    return f"document:{document_id}"
