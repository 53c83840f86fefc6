"""Chats as the Librarian searches them: only final messages, and only one's own."""

from __future__ import annotations

from collections.abc import Sequence

from quart_chat.assistants.librarian.corpora import FoundMessage
from quart_chat.search.words import Term
from quart_chat.storage.postgres.words import any_of, match
from quart_chat.storage.statements import Database

# Of a message in several parts the best one counts.
_FOUND = (
    "WITH best AS (SELECT messages.number, max(ts_rank(stems, query, 1)) AS rank"
    " FROM CAST(? AS TSQUERY) AS query"
    " JOIN message_index ON stems @@ query"
    " JOIN messages ON messages.number = message_index.message_number"
    " JOIN workflows ON workflows.id = messages.workflow_id"
    " WHERE workflows.user_id = ? AND NOT workflows.deleted"
    " AND messages.workflow_id <> ? AND messages.assistant IS NOT ?"
    " GROUP BY messages.number ORDER BY rank DESC, messages.number LIMIT ?)"
    " SELECT messages.workflow_id, messages.round_number, workflows.title, messages.assistant,"
    " messages.content FROM best JOIN messages ON messages.number = best.number"
    " JOIN workflows ON workflows.id = messages.workflow_id"
    " ORDER BY best.rank DESC, messages.number"
)


class SearchableChats:
    """Implements :class:`quart_chat.assistants.librarian.corpora.ChatSearch`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def select_matching_messages(
        self,
        user_id: str,
        terms: Sequence[Term],
        *,
        exclude_workflow_id: str,
        exclude_assistant: str,
        limit: int,
    ) -> list[FoundMessage]:
        query = any_of(map(match, terms))
        parameters = (query, user_id, exclude_workflow_id, exclude_assistant, limit)
        rows = await self._database.search(lambda reading: reading.fetch(_FOUND, parameters))
        return [FoundMessage(*row) for row in rows]
