"""What a search finds in a person's list of chats; its pages are the SQLite engine's."""

from __future__ import annotations

from collections.abc import Sequence

from quart_chat.storage.postgres import words
from quart_chat.storage.sqlite.chats import workflow_list as shared
from quart_chat.storage.sqlite.chats.list_search import SearchQuery
from quart_chat.storage.sqlite.chats.workflow_list import Hits, Titles

_TITLES = (
    "SELECT workflow_id, title FROM title_index"
    " WHERE terms @@ CAST(? AS TSQUERY) AND workflow_id = ANY (CAST(? AS TEXT[]))"
)
# The best of each workflow's messages. A prompt that is the title shows nothing that the title
# doesn't.
_BEST = (
    "SELECT DISTINCT ON (workflow_id) workflow_id, content, round_number FROM message_index"
    " JOIN messages ON messages.number = message_number"
    " JOIN workflows ON workflows.id = workflow_id"
    " WHERE terms @@ CAST(? AS TSQUERY) AND workflow_id = ANY (CAST(? AS TEXT[]))"
    " AND content <> title"
    " ORDER BY workflow_id, ts_rank(terms, CAST(? AS TSQUERY), 1) DESC, message_number"
)


class TextSearch:
    """The query language of PostgreSQL's full text search."""

    def begins(self, forms: Sequence[str], *, prefix: bool) -> str:
        return words.any_of(words.phrase(form, prefix=prefix) for form in forms)

    def any_of(self, expressions: Sequence[str]) -> str:
        return words.any_of(expressions)


class WorkflowList(shared.WorkflowList):
    """A person's list of chats."""

    has_term = (
        " AND id IN (SELECT workflow_id FROM title_index WHERE terms @@ CAST(? AS TSQUERY)"
        " UNION ALL SELECT workflow_id FROM message_index"
        " JOIN messages ON messages.number = message_number WHERE terms @@ CAST(? AS TSQUERY))"
    )
    language = TextSearch()

    def select_titles(self, query: SearchQuery, ids: Sequence[str]) -> Titles:
        rows = self.statements.fetch(_TITLES, (query.any_term, list(ids)))
        return {id_: query.mark(title) for id_, title in rows}

    def select_hits(self, query: SearchQuery, ids: Sequence[str]) -> Hits:
        rows = self.statements.fetch(_BEST, (query.any_term, list(ids), query.any_term))
        return {id_: (query.snippet(content), round_) for id_, content, round_ in rows}
