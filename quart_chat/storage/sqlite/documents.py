"""The documents in the database: what is read of them, and what is changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields
from typing import Any, ClassVar, TypeVar

import msgspec
import orjson

from quart_chat.documents.messages import Piece
from quart_chat.documents.models import Document, Kind, Status, StoredPassage
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.plaintext import one_line
from quart_chat.storage.sqlite.list_counter import ListCounter
from quart_chat.storage.sqlite.nodes import HELD, unless_expired
from quart_chat.storage.sqlite.reads import Reads
from quart_chat.storage.statements import Database, Row

T = TypeVar("T")

DOCUMENT = ", ".join(field.name for field in fields(Document))
PASSAGE = "number, page, form, path, text"

DELETED_AT_ONCE = 200
"""Rows that one transaction deletes, so that others wait for none of them long."""

_UNREAD = "status IN ('waiting', 'reading')"
_DOCUMENTS = f"SELECT {DOCUMENT} FROM documents"
_THERE = "status NOT IN ('deleting', 'deleted')"
_UPSERT = (
    f"INSERT INTO documents ({DOCUMENT}) VALUES ({', '.join('?' * len(fields(Document)))})"
    " ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{field.name} = excluded.{field.name}" for field in fields(Document))
)
# A path begins with the document's name, as a line of its own.
_NAMED = "(path = name OR substr(path, 1, length(name) + 1) = name || '\n')"
_PASSAGES_TO_RENAME = (
    "SELECT document_passages.id, number, name, path, text FROM document_passages"
    " JOIN documents ON documents.id = document_id"
    " WHERE document_id = ? AND number > ? ORDER BY number LIMIT ?"
)
_CHOSEN = "id IN (SELECT value FROM json_each(?))"
_RENAME_PASSAGES = (
    "INSERT INTO document_terms (document_terms, rowid, path, text)"
    f" SELECT 'delete', id, path, text FROM document_forms WHERE {_CHOSEN}",
    "UPDATE document_passages SET path = ? || substr(path, instr(path || '\n', '\n'))"
    f" WHERE {_CHOSEN}",
    "INSERT INTO document_terms (rowid, path, text)"
    f" SELECT id, path, text FROM document_forms WHERE {_CHOSEN}",
)
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
_DELETE_SOME = tuple(
    f"DELETE FROM {table} WHERE id IN"
    f" (SELECT id FROM {table} WHERE document_id = ? LIMIT {DELETED_AT_ONCE}) RETURNING id"
    for table in ("document_passages", "document_words")
)


class Reader(Reads):
    """Implements :class:`quart_chat.documents.storage.DocumentReader`."""

    def select_documents(self, user_id: str) -> list[Document]:
        rows = self.statements.fetch(
            f"{_DOCUMENTS} WHERE user_id = ? AND {_THERE} ORDER BY created_at DESC, id DESC",
            (user_id,),
        )
        return [to_document(row) for row in rows]

    def select_document(self, user_id: str, document_id: str) -> Document | None:
        row = self.statements.fetch_one(
            f"{_DOCUMENTS} WHERE id = ? AND user_id = ? AND {_THERE}",
            (document_id, user_id),
        )
        return None if row is None else to_document(row)

    def select_unsettled(self) -> list[Document]:
        rows = self.statements.fetch(
            f"{_DOCUMENTS} WHERE status IN ('waiting', 'reading', 'deleting')"
            " ORDER BY created_at, id"
        )
        return [to_document(row) for row in rows]

    def select_orphaned(self, node_id: str) -> list[Document]:
        rows = self.statements.fetch(
            f"{_DOCUMENTS} WHERE {_UNREAD} AND node_id IS NOT ? AND NOT {HELD}"
            " ORDER BY created_at, id",
            (node_id,),
        )
        return [to_document(row) for row in rows]

    def select_ids_with_file(self) -> set[str]:
        rows = self.statements.fetch(
            f"SELECT id FROM documents WHERE {_THERE} AND status <> 'failed'"
        )
        return {row[0] for row in rows}

    def select_size(self, user_id: str) -> int:
        row = self.statements.fetch_one(
            "SELECT coalesce(sum(size), 0) FROM documents WHERE user_id = ?"
            f" AND {_THERE} AND status <> 'failed'",
            (user_id,),
        )
        return int(row[0]) if row else 0

    def select_half_renamed(self) -> list[str]:
        rows = self.statements.fetch(
            "SELECT documents.id FROM documents JOIN document_passages"
            " ON document_id = documents.id AND number = passages"
            f" WHERE status = 'ready' AND NOT {_NAMED}"
        )
        return [row[0] for row in rows]

    def select_passages(
        self, document_id: str, after: int, limit: int
    ) -> tuple[StoredPassage, ...]:
        rows = self.statements.fetch(
            f"SELECT {PASSAGE} FROM document_passages WHERE document_id = ? AND number > ?"
            " ORDER BY number LIMIT ?",
            (document_id, after, limit),
        )
        return tuple(_to_passage(row) for row in rows)


class Transaction(Reader, ListCounter):
    """Implements :class:`quart_chat.documents.storage.DocumentTransaction`."""

    def upsert_document(self, document: Document) -> None:
        self.statements.fetch(_UPSERT, from_document(document))

    def claim_document(self, document_id: str, node_id: str) -> bool:
        condition, parameters = unless_expired(node_id)
        rows = self.statements.fetch(
            f"UPDATE documents SET node_id = ? WHERE id = ? AND {_UNREAD}"
            f" AND (node_id = ? OR NOT {HELD} AND {condition}) RETURNING id",
            (node_id, document_id, node_id, *parameters),
        )
        return bool(rows)

    def owns_document(self, document_id: str, node_id: str) -> bool:
        sql = f"SELECT 1 FROM documents WHERE id = ? AND {_UNREAD} AND node_id = ?"
        return self.statements.fetch_one(sql, (document_id, node_id)) is not None

    def insert_passages(self, document: Document, first: int, pieces: Sequence[Piece]) -> None:
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
        self.statements.fetch(_INSERT_PASSAGES, (document.id, orjson.dumps(rows).decode()))

    def rename_some_passages(self, document_id: str, after: int, limit: int) -> int | None:
        rows = self.statements.fetch(_PASSAGES_TO_RENAME, (document_id, after, limit))
        if rows:
            self.rename_passages(rows[0][2], [(id_, path, text) for id_, _, _, path, text in rows])
        return rows[-1][1] if len(rows) == limit else None

    def rename_passages(self, name: str, passages: Sequence[tuple[int, str, str]]) -> None:
        """Index passages, each with its id, path and text, under a name of their document."""
        ids = orjson.dumps([id_ for id_, _, _ in passages]).decode()
        leave, rename, enter = _RENAME_PASSAGES
        self.statements.fetch(leave, (ids,))
        self.statements.fetch(rename, (name, ids))
        self.statements.fetch(enter, (ids,))

    def insert_words(self, document: Document, words: Sequence[tuple[str, str]]) -> None:
        self.statements.fetch(_INSERT_WORDS, (document.id, orjson.dumps(words).decode()))

    def delete_some_contents(self, document_id: str) -> bool:
        return any(
            len(self.statements.fetch(sql, (document_id,))) == DELETED_AT_ONCE
            for sql in _DELETE_SOME
        )

    def erase_document(self, document_id: str) -> None:
        self.statements.fetch(
            "UPDATE documents SET status = 'deleted', name = '', kind = 'text', size = 0,"
            " code = NULL, message = NULL, pages = NULL, passages = 0, attempts = 0,"
            " warnings = '[]', node_id = NULL WHERE id = ?",
            (document_id,),
        )


class DocumentRepository:
    """Implements :class:`quart_chat.documents.storage.DocumentStorage`.

    Attributes:
        transaction: Changes with the statements of an engine.
    """

    transaction: ClassVar[type[Transaction]] = Transaction

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._database.read(lambda statements: work(Reader(statements)))

    async def write(
        self,
        change: Callable[[Transaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> T:
        return await self._database.write(
            lambda statements: change(self.transaction(statements)), committed, ready
        )


def to_document(row: Row) -> Document:
    """A row of DOCUMENT."""
    id_, user_id, name, kind, size, status, *rest, warnings = row
    rest.append(msgspec.json.decode(warnings, type=tuple[ReadingWarning, ...]))
    return Document(id_, user_id, name, Kind(kind), size, Status(status), *rest)


def from_document(document: Document) -> tuple[Any, ...]:
    """The values of a document in the order of DOCUMENT."""
    values = {field.name: getattr(document, field.name) for field in fields(Document)}
    return tuple({**values, "warnings": _encode(document.warnings)}.values())


def _encode(warnings: Sequence[ReadingWarning]) -> str:
    return msgspec.json.encode(warnings).decode()


def _to_passage(row: Row) -> StoredPassage:
    number, page, form, path, text = row
    return StoredPassage(number, page, form, tuple(path.split("\n")[1:]), text)
