"""Documents as the Librarian searches them: only what is read to its end, and only one's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from quart_chat.assistants.librarian.corpora import Candidates
from quart_chat.search.passages import Passage
from quart_chat.search.words import Term
from quart_chat.storage.postgres.words import all_of, any_of, in_path, match
from quart_chat.storage.sqlite.document_search import MAX_COUNTED, to_passage
from quart_chat.storage.statements import Database, Statements

_MINE = (
    "documents.user_id = ? AND documents.status = 'ready'"
    " AND (cardinality(CAST(? AS TEXT[])) = 0 OR documents.id = ANY (CAST(? AS TEXT[])))"
)
_HOLDING = (
    " FROM document_passages"
    " JOIN documents ON documents.id = document_passages.document_id"
    f" WHERE document_passages.stems @@ CAST(? AS TSQUERY) AND {_MINE}"
)
_PASSAGE = (
    "SELECT document_passages.id, documents.id, documents.name, document_passages.number,"
    " document_passages.page, document_passages.form, document_passages.path,"
    f" document_passages.text{_HOLDING}"
)
# A word in the name or in a heading says more about a passage than one in its text, and a rare word
# more than a common one. The weights are of D, C, B and A.
_BEST = (
    f"{_PASSAGE} ORDER BY (SELECT sum(rarity * ts_rank('{{0.25, 0, 0, 1}}', stems, term))"
    " FROM unnest(CAST(? AS TSQUERY[]), CAST(? AS DOUBLE PRECISION[])) AS terms (term, rarity))"
    " DESC, document_passages.id LIMIT ?"
)
_FIRST = f"{_PASSAGE} ORDER BY document_passages.id LIMIT ?"
_ALL = (
    "SELECT documents.id, documents.name, document_passages.number, document_passages.page,"
    " document_passages.form, document_passages.path, document_passages.text"
    " FROM documents JOIN document_passages ON document_passages.document_id = documents.id"
    f" WHERE {_MINE} ORDER BY document_passages.id LIMIT ?"
)
_COUNT = f"SELECT count(*) FROM (SELECT 1{_HOLDING} LIMIT {MAX_COUNTED}) AS held"
_TOTAL = f"SELECT coalesce(sum(passages), 0) FROM documents WHERE {_MINE}"
# The best have most trigrams in common, by those that only one of the two has.
_SIMILAR = (
    "SELECT word FROM (SELECT document_words.id, word, cardinality(trigrams) AS size,"
    " (SELECT count(*) FROM unnest(trigrams) AS own WHERE own = ANY (searched)) AS common"
    " FROM CAST(? AS TEXT[]) AS searched"
    " JOIN document_words ON trigrams && searched"
    " JOIN documents ON documents.id = document_words.document_id"
    f" WHERE {_MINE}) AS found"
    " ORDER BY CAST(common AS DOUBLE PRECISION) / (size + ? - common) DESC, id LIMIT ?"
)


class SearchableDocuments:
    """Implements :class:`quart_chat.assistants.librarian.corpora.DocumentSearch`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_passages(self, user_id: str, document_ids: Sequence[str]) -> int:
        mine = _mine(user_id, document_ids)
        return await self._database.read(lambda statements: _count(statements, _TOTAL, mine))

    async def select_candidates(
        self, user_id: str, terms: Sequence[Term], document_ids: Sequence[str], *, limit: int
    ) -> Candidates:
        mine = _mine(user_id, document_ids)
        queries = [match(term) for term in terms]
        every, some = all_of(queries), any_of(queries)

        def read(statements: Statements) -> Candidates:
            total = _count(statements, _TOTAL, mine)
            holding = [_count(statements, _COUNT, (query, *mine)) for query in queries]
            ranked = (queries, [_rarity(total, count) for count in holding], limit)
            rows = statements.fetch(_BEST, (every, *mine, *ranked))
            rows += statements.fetch(_BEST, (some, *mine, *ranked))
            rows += statements.fetch(_FIRST, (in_path(some), *mine, limit))
            found = {row[0]: to_passage(row[1:]) for row in rows}
            return Candidates(tuple(found[id_] for id_ in sorted(found)), holding)

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
        mine = _mine(user_id, document_ids)
        parameters = (list(trigrams), *mine, len(trigrams), limit)
        rows = await self._database.search(lambda reading: reading.fetch(_SIMILAR, parameters))
        return [row[0] for row in rows]


def _mine(user_id: str, document_ids: Sequence[str]) -> tuple[Any, ...]:
    return user_id, list(document_ids), list(document_ids)


def _count(statements: Statements, sql: str, parameters: Sequence[Any]) -> int:
    row = statements.fetch_one(sql, parameters)
    return int(row[0]) if row else 0


def _rarity(total: int, holding: int) -> float:
    """How much a term says, as BM25 has it: the inverse document frequency."""
    return math.log1p(max(0.0, total - holding + 0.5) / (holding + 0.5))
