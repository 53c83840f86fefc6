"""The chats in their database: the SQLite engine's statements, and the words of searches."""

from __future__ import annotations

from quart_chat.chat.models import Message, Workflow
from quart_chat.search.folding import index_form
from quart_chat.storage.postgres import words
from quart_chat.storage.postgres.workflow_list import WorkflowList
from quart_chat.storage.sqlite.chats.reader import Reader as SharedReader
from quart_chat.storage.sqlite.chats.rows import ROUND
from quart_chat.storage.sqlite.chats.storage import ChatRepository as SharedRepository
from quart_chat.storage.sqlite.chats.transaction import Transaction as SharedTransaction

_INDEX_TITLE = (
    "INSERT INTO title_index (workflow_id, title, terms) VALUES (?, ?, CAST(? AS TSVECTOR))"
    " ON CONFLICT (workflow_id) DO UPDATE SET title = excluded.title, terms = excluded.terms"
    " WHERE title_index.title <> excluded.title"
)
_INDEX_MESSAGE = (
    "WITH indexed AS (SELECT number FROM messages WHERE id = ?), longer AS ("
    " DELETE FROM message_index WHERE message_number IN (SELECT number FROM indexed) AND part > ?)"
    " INSERT INTO message_index (message_number, part, terms, stems)"
    " SELECT number, ? + part, CAST(terms AS TSVECTOR), CAST(stems AS TSVECTOR) FROM indexed,"
    " unnest(CAST(? AS TEXT[]), CAST(? AS TEXT[])) WITH ORDINALITY AS parts (terms, stems, part)"
    " ON CONFLICT (message_number, part) DO UPDATE"
    " SET terms = excluded.terms, stems = excluded.stems"
)


# OFFSET keeps the planner from joining in another way than from each round to the next by an index:
# without statistics it would read the whole chat for each of them.
_NEWEST_BELOW = (
    "WITH RECURSIVE below (number) AS ("
    " SELECT number FROM rounds WHERE workflow_id = ? AND number = ?"
    " UNION ALL SELECT next.number FROM below CROSS JOIN LATERAL (SELECT number FROM rounds"
    " WHERE workflow_id = ? AND coalesce(parent, 0) = below.number OFFSET 0) AS next)"
    f" SELECT {ROUND} FROM rounds"
    " WHERE workflow_id = ? AND number = (SELECT max(number) FROM below)"
)


_AT_ONCE = 50
"""Parts of a message that one statement stores."""


class Reader(WorkflowList, SharedReader):
    """Implements :class:`quart_chat.chat.storage.ChatReader`."""

    newest_below = _NEWEST_BELOW


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
            self._index_message(message)

    def _index_message(self, message: Message) -> None:
        parts = list(words.parts(words.cut(index_form(message.content))))
        # The server ends a transaction in which it hears nothing for some seconds.
        for first in range(0, len(parts), _AT_ONCE):
            some = parts[first : first + _AT_ONCE]
            terms = [words.vector(part) for part in some]
            stems = [words.vector(map(words.stem, part)) for part in some]
            self.statements.fetch(_INDEX_MESSAGE, (message.id, len(parts), first, terms, stems))


class ChatRepository(SharedRepository):
    """Implements :class:`quart_chat.chat.storage.ChatStorage`."""

    reader = Reader
    transaction = Transaction
