"""A person's list of chats in the database: its pages, and what a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from quart_chat.chat.cursors import decode_cursor, encode_cursor
from quart_chat.chat.models import Workflow
from quart_chat.chat.views import FoundPage, FoundWorkflow, TextPart, WorkflowPage
from quart_chat.storage.sqlite.chats.list_search import FTS5, Expressions, SearchQuery, make_query
from quart_chat.storage.sqlite.chats.rows import WORKFLOW, to_workflow
from quart_chat.storage.sqlite.list_counter import read_list_seq
from quart_chat.storage.sqlite.reads import Reads
from quart_chat.storage.statements import Statements

_LIST = f"SELECT {WORKFLOW} FROM workflows WHERE user_id = ? AND NOT deleted"
_AFTER = " AND (pinned, updated_at, id) < (?, ?, ?)"
_ORDER = " ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ?"
_HAS_TERM = (
    " AND id IN (SELECT workflow_id FROM title_terms JOIN titles"
    " ON titles.number = title_terms.rowid WHERE title_terms MATCH ?"
    " UNION ALL SELECT workflow_id FROM message_terms JOIN messages"
    " ON messages.number = message_terms.rowid WHERE message_terms MATCH ?)"
)
_TITLES = (
    "SELECT workflow_id, titles.title FROM title_terms"
    " JOIN titles ON titles.number = title_terms.rowid"
    " WHERE title_terms MATCH ? AND workflow_id IN ({})"
)
# The best of each workflow's messages: max() decides from which row the other columns are. A prompt
# that is the title shows nothing that the title doesn't.
_BEST = (
    "WITH hits AS MATERIALIZED (SELECT rowid AS hit, rank FROM message_terms"
    " WHERE message_terms MATCH ?)"
    " SELECT workflow_id, number, round_number, max(-rank) FROM hits JOIN messages ON number = hit"
    " JOIN workflows ON workflows.id = workflow_id"
    " WHERE workflow_id IN ({}) AND content <> title GROUP BY workflow_id"
)
_CONTENTS = "SELECT number, content FROM messages WHERE number IN ({})"

Titles = dict[str, tuple[TextPart, ...]]
"""The title of each workflow with its hits."""

Hits = dict[str, tuple[tuple[TextPart, ...], int]]
"""A piece of the best message of each workflow, and the number of its round."""


class WorkflowList(Reads):
    """A person's list of chats."""

    has_term: ClassVar[str] = _HAS_TERM
    language: ClassVar[Expressions] = FTS5()

    def select_page(self, user_id: str, *, before: str | None, limit: int) -> WorkflowPage:
        list_seq = read_list_seq(self.statements, user_id)
        workflows, next_ = _select(self.statements, _LIST, [user_id], before, limit)
        return WorkflowPage(workflows, next_, list_seq)

    def select_found(
        self, user_id: str, words: Sequence[str], *, before: str | None, limit: int
    ) -> FoundPage:
        query = make_query(words, self.language)
        sql = _LIST + self.has_term * len(query.terms)
        parameters = [user_id, *(term for term in query.terms for _ in range(2))]
        workflows, next_ = _select(self.statements, sql, parameters, before, limit)
        ids = [workflow.id for workflow in workflows]
        titles = self.select_titles(query, ids)
        hits = self.select_hits(query, ids)
        found = [
            FoundWorkflow(
                workflow,
                titles.get(workflow.id, (TextPart(workflow.title, hit=False),)),
                *hits.get(workflow.id, ((), None)),
            )
            for workflow in workflows
        ]
        return FoundPage(tuple(found), next_)

    def select_titles(self, query: SearchQuery, ids: Sequence[str]) -> Titles:
        """Mark the hits in the titles that have some."""
        rows = self.statements.fetch(_TITLES.format(_places(ids)), (query.any_term, *ids))
        return {id_: query.mark(title) for id_, title in rows}

    def select_hits(self, query: SearchQuery, ids: Sequence[str]) -> Hits:
        """Read where the hits in messages are."""
        best = self.statements.fetch(_BEST.format(_places(ids)), (query.any_term, *ids))
        places = {number: (id_, round_number) for id_, number, round_number, _ in best}
        contents = _CONTENTS.format(_places(places))
        hits = {}
        for number, content in self.statements.fetch(contents, tuple(places)):
            id_, round_number = places[number]
            hits[id_] = query.snippet(content), round_number
        return hits

    def select_oldest_deletion(self) -> float | None:
        row = self.statements.fetch_one(
            "SELECT min(deleted_at) FROM workflows WHERE deleted_at IS NOT NULL"
        )
        return None if row is None else row[0]


def _select(
    statements: Statements, sql: str, parameters: Sequence[Any], before: str | None, limit: int
) -> tuple[tuple[Workflow, ...], str | None]:
    """A page of workflows, and the cursor of the next."""
    if before is not None:
        sql, parameters = sql + _AFTER, [*parameters, *decode_cursor(before)]
    # One more than asked for tells whether there is a next page.
    rows = statements.fetch(sql + _ORDER, (*parameters, limit + 1))
    workflows = tuple(map(to_workflow, rows[:limit]))
    return workflows, encode_cursor(workflows[-1]) if len(rows) > limit else None


def _places(values: Sequence[Any] | dict[Any, Any]) -> str:
    return ", ".join("?" * len(values))
