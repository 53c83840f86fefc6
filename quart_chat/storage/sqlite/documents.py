"""The documents in the database: what is read of them, and what is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import orjson

from quart_chat.documents.messages import Piece
from quart_chat.documents.models import Document, Kind, Passage, Status
from quart_chat.errors import QuotaExceeded
from quart_chat.plaintext import one_line
from quart_chat.storage.sqlite.connection import Row, Statements
from quart_chat.storage.sqlite.database import Database
from quart_chat.texts import _, number

DOCUMENT = ", ".join(field.name for field in fields(Document))
PASSAGE = "number, page, form, path, text"

DELETED_AT_ONCE = 200
"""Rows that one transaction deletes, so that others wait for none of them long."""

_DOCUMENTS = f"SELECT {DOCUMENT} FROM documents"
_INSERT = f"INSERT INTO documents ({DOCUMENT}) VALUES ({', '.join('?' * len(fields(Document)))})"
_INSERT_PASSAGES = (
    f"INSERT INTO document_passages (document_id, {PASSAGE})"
    " SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]'),"
    " json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]')"
    " FROM json_each(?)"
)
_INSERT_WORDS = (
    "INSERT INTO document_words (document_id, word, folded)"
    " SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)"
)
_DELETE_SOME = {
    table: f"DELETE FROM {table} WHERE id IN"
    f" (SELECT id FROM {table} WHERE document_id = ? LIMIT {DELETED_AT_ONCE}) RETURNING id"
    for table in ("document_passages", "document_words")
}


class DocumentRepository:
    """The documents of all users, in a database that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def select_documents(self, user_id: str) -> list[Document]:
        """Read a user's documents, the latest first."""
        async with self._database.reading() as session:
            rows = await session.fetch(
                f"{_DOCUMENTS} WHERE user_id = ? AND status <> 'deleting'"
                " ORDER BY created_at DESC, id DESC",
                (user_id,),
            )
        return [to_document(row) for row in rows]

    async def select_document(self, user_id: str, document_id: str) -> Document | None:
        async with self._database.reading() as session:
            row = await session.fetch_one(
                f"{_DOCUMENTS} WHERE id = ? AND user_id = ? AND status <> 'deleting'",
                (document_id, user_id),
            )
        return None if row is None else to_document(row)

    async def select_unsettled(self) -> list[Document]:
        """Read all users' documents that are not read to the end, or not deleted to the end."""
        async with self._database.reading() as session:
            rows = await session.fetch(
                f"{_DOCUMENTS} WHERE status IN ('waiting', 'reading', 'deleting')"
                " ORDER BY created_at, id"
            )
        return [to_document(row) for row in rows]

    async def select_ids_with_file(self) -> set[str]:
        """Read the ids of all documents whose file is to be kept."""
        async with self._database.reading() as session:
            rows = await session.fetch(
                "SELECT id FROM documents WHERE status NOT IN ('failed', 'deleting')"
            )
        return {row[0] for row in rows}

    async def select_size(self, user_id: str) -> int:
        """Read how many bytes a user's documents have."""
        return await self._database.read(lambda reading: _size(reading, user_id))

    async def select_passages(
        self, document_id: str, after: int, limit: int
    ) -> tuple[Passage, ...]:
        async with self._database.reading() as session:
            rows = await session.fetch(
                f"SELECT {PASSAGE} FROM document_passages WHERE document_id = ? AND number > ?"
                " ORDER BY number LIMIT ?",
                (document_id, after, limit),
            )
        return tuple(_to_passage(row) for row in rows)

    async def insert_document(self, document: Document, quota: int) -> None:
        """Insert a document, if all of its owner's then have no more bytes than ``quota``.

        Raises:
            QuotaExceeded: They would have more.
        """

        def insert(statements: Statements) -> None:
            statements.fetch(
                "INSERT INTO users (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (document.user_id, document.created_at),
            )
            if _size(statements, document.user_id) + document.size > quota:
                raise QuotaExceeded(
                    _("All your documents may have {size} MB together. Delete some first.").format(
                        size=number(quota // 1_000_000)
                    )
                )
            statements.fetch(_INSERT, from_document(document))

        async with self._database.writing() as writer:
            await writer.transact(insert, "BEGIN IMMEDIATE")

    async def update_document(self, document: Document) -> bool:
        """Change what can change of a document; False if it is being deleted."""
        async with self._database.writing() as writer:
            rows = await writer.fetch(
                "UPDATE documents SET status = ?, code = ?, message = ?, pages = ?, passages = ?,"
                " attempts = ?, updated_at = ? WHERE id = ? AND status <> 'deleting'"
                " RETURNING id",
                (
                    document.status,
                    document.code,
                    document.message,
                    document.pages,
                    document.passages,
                    document.attempts,
                    document.updated_at,
                    document.id,
                ),
            )
        return bool(rows)

    async def insert_passages(
        self, document: Document, first: int, pieces: Sequence[Piece]
    ) -> None:
        """Insert passages, numbered from ``first``."""
        rows = [
            (
                number,
                piece.page,
                piece.form,
                "\n".join((document.name, *map(one_line, piece.headings))),
                piece.text,
            )
            for number, piece in enumerate(pieces, first)
        ]
        await self._insert(_INSERT_PASSAGES, document, rows)

    async def insert_words(self, document: Document, words: Sequence[tuple[str, str]]) -> None:
        """Insert different words, each with its folded form."""
        await self._insert(_INSERT_WORDS, document, words)

    async def _insert(self, sql: str, document: Document, rows: Sequence[object]) -> None:
        async with self._database.writing() as writer:
            await writer.fetch(sql, (document.id, orjson.dumps(rows).decode()))

    async def delete_contents(self, document_id: str) -> None:
        """Delete a document's passages and words, a few at a time."""
        for sql in _DELETE_SOME.values():
            deleted = DELETED_AT_ONCE
            while deleted == DELETED_AT_ONCE:
                async with self._database.writing() as writer:
                    deleted = len(await writer.fetch(sql, (document_id,)))

    async def delete_document(self, document_id: str) -> None:
        """Delete a document that has no contents any more."""
        async with self._database.writing() as writer:
            await writer.fetch("DELETE FROM documents WHERE id = ?", (document_id,))


def to_document(row: Row) -> Document:
    """A row of DOCUMENT."""
    id_, user_id, name, kind, size, status, *rest = row
    return Document(id_, user_id, name, Kind(kind), size, Status(status), *rest)


def from_document(document: Document) -> tuple[Any, ...]:
    """The values of a document in the order of DOCUMENT."""
    return tuple(getattr(document, field.name) for field in fields(Document))


def _to_passage(row: Row) -> Passage:
    number, page, form, path, text = row
    return Passage(number, page, form, tuple(path.split("\n")[1:]), text)


def _size(statements: Statements, user_id: str) -> int:
    row = statements.fetch_one(
        "SELECT coalesce(sum(size), 0) FROM documents WHERE user_id = ?"
        " AND status NOT IN ('failed', 'deleting')",
        (user_id,),
    )
    return int(row[0]) if row else 0
