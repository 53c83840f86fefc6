"""Chats as the Librarian searches them: only final messages, and only one's own."""

from __future__ import annotations

from collections.abc import Sequence

from quart_chat.assistants.librarian.corpora import FoundMessage
from quart_chat.search.fts5 import any_of
from quart_chat.search.words import Term
from quart_chat.storage.statements import Database

_FOUND = (
    "SELECT messages.workflow_id, messages.round_number, workflows.title, messages.assistant,"
    " messages.content"
    " FROM message_words"
    " JOIN messages ON messages.number = message_words.rowid"
    " JOIN workflows ON workflows.id = messages.workflow_id"
    " WHERE message_words MATCH ? AND workflows.user_id = ? AND NOT workflows.deleted"
    " AND messages.workflow_id <> ? AND messages.assistant IS NOT ?"
    " ORDER BY message_words.rank LIMIT ?"
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
        parameters = (any_of(terms), user_id, exclude_workflow_id, exclude_assistant, limit)
        rows = await self._database.search(lambda reading: reading.fetch(_FOUND, parameters))
        return [FoundMessage(*row) for row in rows]
