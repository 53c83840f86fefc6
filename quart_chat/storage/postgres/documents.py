"""The documents in their database: the SQLite engine's statements, and the words of searches."""

from __future__ import annotations

from collections.abc import Sequence

from quart_chat.documents.messages import Piece
from quart_chat.documents.models import Document
from quart_chat.plaintext import one_line
from quart_chat.search.folding import index_form
from quart_chat.storage.postgres import words
from quart_chat.storage.sqlite.documents import PASSAGE
from quart_chat.storage.sqlite.documents import DocumentRepository as SharedRepository
from quart_chat.storage.sqlite.documents import Transaction as SharedTransaction

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
_RENAME_PASSAGES = (
    "UPDATE document_passages SET path = renamed.path, stems = renamed.stems"
    " FROM unnest(CAST(? AS BIGINT[]), CAST(? AS TEXT[]), CAST(? AS TSVECTOR[]))"
    " AS renamed (id, path, stems) WHERE document_passages.id = renamed.id"
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
            [passage_stems(path, piece.text) for path, piece in zip(paths, pieces, strict=True)],
        )
        self.statements.fetch(_INSERT_PASSAGES, (document.id, *columns))

    def rename_passages(self, name: str, passages: Sequence[tuple[int, str, str]]) -> None:
        ids = [id_ for id_, _, _ in passages]
        paths = ["\n".join((name, *path.split("\n")[1:])) for _, path, _ in passages]
        stems = [
            passage_stems(path, text) for path, (_, _, text) in zip(paths, passages, strict=True)
        ]
        self.statements.fetch(_RENAME_PASSAGES, (ids, paths, stems))

    def insert_words(self, document: Document, words_: Sequence[tuple[str, str]]) -> None:
        columns = (
            [word for word, _ in words_],
            [folded for _, folded in words_],
            [" ".join(words.trigrams(folded)) for _, folded in words_],
        )
        self.statements.fetch(_INSERT_WORDS, (document.id, *columns))


def passage_stems(path: str, text: str) -> str:
    in_path = [words.stem(word) for word in words.cut(index_form(path))]
    in_text = map(words.stem, words.cut(index_form(text)))
    return " ".join(
        (
            words.vector(in_path, weight="A"),
            words.vector(in_text, first=len(in_path) + 1 + _APART),
        )
    )


class DocumentRepository(SharedRepository):
    """Implements :class:`quart_chat.documents.storage.DocumentStorage`."""

    transaction = Transaction
