"""The chats in their database: the statements of the SQLite engine, and the words of searches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from quart_chat.chat.models import Message, Workflow
from quart_chat.search.folding import index_form
from quart_chat.storage.postgres import words
from quart_chat.storage.postgres.database import Database
from quart_chat.storage.postgres.workflow_list import WorkflowList
from quart_chat.storage.sqlite.branches import Branches
from quart_chat.storage.sqlite.list_changes import ChangesOfLists
from quart_chat.storage.sqlite.snapshots import Snapshots
from quart_chat.storage.sqlite.transaction import Transaction as SharedTransaction

T = TypeVar("T")

_INDEX_TITLE = (
    "INSERT INTO title_index (workflow_id, title, terms) VALUES (?, ?, CAST(? AS TSVECTOR))"
    " ON CONFLICT (workflow_id) DO UPDATE SET title = excluded.title, terms = excluded.terms"
    " WHERE title_index.title <> excluded.title"
)
_INDEX_MESSAGE = (
    "WITH indexed AS (SELECT number FROM messages WHERE id = ?), longer AS ("
    " DELETE FROM message_index WHERE message_number IN (SELECT number FROM indexed) AND part > ?)"
    " INSERT INTO message_index (message_number, part, terms, stems)"
    " SELECT number, part, CAST(terms AS TSVECTOR), CAST(stems AS TSVECTOR) FROM indexed,"
    " unnest(CAST(? AS TEXT[]), CAST(? AS TEXT[])) WITH ORDINALITY AS parts (terms, stems, part)"
    " ON CONFLICT (message_number, part) DO UPDATE"
    " SET terms = excluded.terms, stems = excluded.stems"
)


class Reader(Branches, Snapshots, WorkflowList, ChangesOfLists):
    """Implements :class:`quart_chat.chat.storage.ChatReader`."""


class Transaction(Reader, SharedTransaction):
    """Implements :class:`quart_chat.chat.storage.ChatTransaction`."""

    def upsert_workflow(self, workflow: Workflow) -> None:
        super().upsert_workflow(workflow)
        if workflow.title:
            terms = words.vector(words.cut(index_form(workflow.title)))
            self.statements.fetch(_INDEX_TITLE, (workflow.id, workflow.title, terms))

    def upsert_message(self, message: Message) -> None:
        super().upsert_message(message)
        if not message.in_flight:
            parts = list(words.parts(words.cut(index_form(message.content))))
            terms = [words.vector(part) for part in parts]
            stems = [words.vector(map(words.stem, part)) for part in parts]
            self.statements.fetch(_INDEX_MESSAGE, (message.id, len(parts), terms, stems))


class ChatRepository:
    """Implements :class:`quart_chat.chat.storage.ChatStorage`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def close(self) -> None:
        await self._database.close()

    @property
    def queries(self) -> int:
        """Statements run so far."""
        return self._database.queries

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._database.read(lambda statements: work(Reader(statements)))

    async def search(self, work: Callable[[Reader], T], seconds: float) -> T:
        return await self._database.search(lambda statements: work(Reader(statements)), seconds)

    async def write(
        self,
        change: Callable[[Transaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        return await self._database.write(
            lambda statements: change(Transaction(statements)), committed
        )
