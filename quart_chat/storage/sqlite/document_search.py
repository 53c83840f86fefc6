"""Documents as the Librarian searches them: only what is read to its end, and only one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from quart_chat.assistants.librarian.corpora import Candidates
from quart_chat.documents.models import passage_url
from quart_chat.search.fts5 import all_of, any_of, any_trigram, match
from quart_chat.search.passages import Passage
from quart_chat.search.words import Term
from quart_chat.storage.sqlite.file.connection import Statements
from quart_chat.storage.sqlite.file.database import Database
from quart_chat.storage.statements import Row

# A passage that holds a term is worth counting up to here: beyond it the term is common.
MAX_COUNTED = 5_000

_MINE = (
    "documents.user_id = ? AND documents.status = 'ready'"
    " AND (? = '[]' OR documents.id IN (SELECT value FROM json_each(?)))"
)
_HOLDING = (
    " FROM document_terms"
    " JOIN document_passages ON document_passages.id = document_terms.rowid"
    " JOIN documents ON documents.id = document_passages.document_id"
    f" WHERE document_terms MATCH ? AND {_MINE}"
)
_PASSAGE = (
    "SELECT document_passages.id, documents.id, documents.name, document_passages.number,"
    " document_passages.page, document_passages.form, document_passages.path,"
    f" document_passages.text{_HOLDING}"
)
# A word in the name or in a heading says more about a passage than one in its text.
_BEST = f"{_PASSAGE} ORDER BY bm25(document_terms, 4, 1) LIMIT ?"
_FIRST = f"{_PASSAGE} ORDER BY document_passages.id LIMIT ?"
_ALL = (
    "SELECT documents.id, documents.name, document_passages.number, document_passages.page,"
    " document_passages.form, document_passages.path, document_passages.text"
    " FROM documents JOIN document_passages ON document_passages.document_id = documents.id"
    f" WHERE {_MINE} ORDER BY document_passages.id LIMIT ?"
)
_COUNT = f"SELECT count(*) FROM (SELECT 1{_HOLDING} LIMIT {MAX_COUNTED})"
_SIMILAR = (
    "SELECT document_words.word FROM document_trigrams"
    " JOIN document_words ON document_words.id = document_trigrams.rowid"
    " JOIN documents ON documents.id = document_words.document_id"
    f" WHERE document_trigrams MATCH ? AND {_MINE} ORDER BY document_trigrams.rank LIMIT ?"
)


class SearchableDocuments:
    """Implements :class:`quart_chat.assistants.librarian.corpora.DocumentSearch`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_passages(self, user_id: str, document_ids: Sequence[str]) -> int:
        async with self._database.reading() as session:
            row = await session.fetch_one(
                f"SELECT coalesce(sum(passages), 0) FROM documents WHERE {_MINE}",
                _mine(user_id, document_ids),
            )
        return int(row[0]) if row else 0

    async def select_candidates(
        self, user_id: str, terms: Sequence[Term], document_ids: Sequence[str], *, limit: int
    ) -> Candidates:
        mine = _mine(user_id, document_ids)
        every, some = all_of(terms), any_of(terms)

        def read(statements: Statements) -> Candidates:
            found: dict[int, Passage] = {}
            for sql, query in ((_BEST, every), (_BEST, some), (_FIRST, f"{{path}} : ({some})")):
                for row in statements.fetch(sql, (query, *mine, limit)):
                    found[row[0]] = to_passage(row[1:])
            holding = [statements.fetch_one(_COUNT, (match(term), *mine)) or (0,) for term in terms]
            passages = tuple(found[id_] for id_ in sorted(found))
            return Candidates(passages, [int(row[0]) for row in holding])

        return await self._database.search(read)

    async def select_passages(
        self, user_id: str, document_ids: Sequence[str], *, limit: int
    ) -> list[Passage]:
        parameters = (*_mine(user_id, document_ids), limit)
        rows = await self._database.search(lambda reading: reading.fetch(_ALL, parameters))
        return [to_passage(row) for row in rows]

    async def select_similar_words(
        self, user_id: str, trigrams: Sequence[str], document_ids: Sequence[str], *, limit: int
    ) -> list[str]:
        parameters = (any_trigram(trigrams), *_mine(user_id, document_ids), limit)
        rows = await self._database.search(lambda reading: reading.fetch(_SIMILAR, parameters))
        return [row[0] for row in rows]


def _mine(user_id: str, document_ids: Sequence[str]) -> tuple[Any, ...]:
    ids = orjson.dumps(list(document_ids)).decode()
    return user_id, ids, ids


def to_passage(row: Row) -> Passage:
    """A row of a passage with its document's id and name."""
    document_id, name, number, page, form, path, text = row
    headings = tuple(path.split("\n")[1:])
    if page is not None:
        headings += (f"p. {page}",)
    return Passage(name, headings, passage_url(document_id, number), text, form)
