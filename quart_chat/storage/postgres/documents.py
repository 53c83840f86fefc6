"""The documents in their database: the SQLite engine's statements, and the words of searches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from quart_chat.documents.messages import Piece
from quart_chat.documents.models import Document
from quart_chat.plaintext import one_line
from quart_chat.search.folding import index_form
from quart_chat.storage.postgres import words
from quart_chat.storage.postgres.database import Database
from quart_chat.storage.sqlite.documents import PASSAGE, Reader
from quart_chat.storage.sqlite.documents import Transaction as SharedTransaction

T = TypeVar("T")

_INSERT_PASSAGES = (
    f"INSERT INTO document_passages (document_id, {PASSAGE}, stems)"
    " SELECT ?, passages.* FROM unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS TEXT[]),"
    " CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TSVECTOR[])) AS passages"
)
_INSERT_WORDS = (
    "INSERT INTO document_words (document_id, word, folded, trigrams)"
    " SELECT ?, word, folded, string_to_array(trigrams, ' ')"
    " FROM unnest(CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[]))"
    " AS words (word, folded, trigrams)"
)
_APART = 1
"""Places between the path and the text, so that no phrase goes from the one to the other."""


class Transaction(SharedTransaction):
    """Implements :class:`quart_chat.documents.storage.DocumentTransaction`."""

    def insert_passages(self, document: Document, first: int, pieces: Sequence[Piece]) -> None:
        paths = ["\n".join((document.name, *map(one_line, piece.headings))) for piece in pieces]
        columns = (
            list(range(first, first + len(pieces))),
            [piece.page for piece in pieces],
            [piece.form for piece in pieces],
            paths,
            [piece.text for piece in pieces],
            [_stems(path, piece.text) for path, piece in zip(paths, pieces, strict=True)],
        )
        self.statements.fetch(_INSERT_PASSAGES, (document.id, *columns))

    def insert_words(self, document: Document, words_: Sequence[tuple[str, str]]) -> None:
        columns = (
            [word for word, _ in words_],
            [folded for _, folded in words_],
            [" ".join(words.trigrams(folded)) for _, folded in words_],
        )
        self.statements.fetch(_INSERT_WORDS, (document.id, *columns))


def _stems(path: str, text: str) -> str:
    in_path = [words.stem(word) for word in words.cut(index_form(path))]
    in_text = map(words.stem, words.cut(index_form(text)))
    return " ".join(
        (
            words.vector(in_path, weight="A"),
            words.vector(in_text, first=len(in_path) + 1 + _APART),
        )
    )


class DocumentRepository:
    """Implements :class:`quart_chat.documents.storage.DocumentStorage`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._database.read(lambda statements: work(Reader(statements)))

    async def write(
        self,
        change: Callable[[Transaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        return await self._database.write(
            lambda statements: change(Transaction(statements)), committed
        )
