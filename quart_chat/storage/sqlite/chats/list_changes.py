"""The changes of a user's list, of chats and of documents: counted, and read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter

from quart_chat.chat.storage import CHANGES_AT_ONCE, MAX_LIST_CHANGES
from quart_chat.chat.views import ListChanges, ListEntry
from quart_chat.storage.sqlite.chats.rows import WORKFLOW, to_workflow
from quart_chat.storage.sqlite.documents import DOCUMENT, to_document
from quart_chat.storage.sqlite.list_counter import read_list_seq
from quart_chat.storage.sqlite.reads import Reads

_CHANGED = "WHERE user_id = ? AND list_seq > ? ORDER BY list_seq LIMIT ?"
_WORKFLOWS = f"SELECT {WORKFLOW} FROM workflows {_CHANGED}"
_DOCUMENTS = f"SELECT {DOCUMENT} FROM documents {_CHANGED}"
_READING = "SELECT id, list_seq FROM documents WHERE user_id = ? AND status = 'reading'"


class ChangesOfLists(Reads):
    """What has changed in a user's list."""

    def select_changes(self, user_id: str, since: int) -> ListChanges:
        list_seq = read_list_seq(self.statements, user_id)
        if since < 0 or not 0 <= list_seq - since <= MAX_LIST_CHANGES:
            return ListChanges(None, list_seq)
        entries = self._select_entries(user_id, since, CHANGES_AT_ONCE + 1)
        if len(entries) > CHANGES_AT_ONCE:
            entries = entries[:CHANGES_AT_ONCE]
            return ListChanges(entries, entries[-1].list_seq, more=True)
        rows = self.statements.fetch(_READING, (user_id,))
        return ListChanges(entries, list_seq, reading={row[0]: row[1] for row in rows})

    def _select_entries(self, user_id: str, since: int, limit: int) -> tuple[ListEntry, ...]:
        """Read the first entries that have changed after a version, in the order of changes."""
        parameters = (user_id, since, limit)
        workflows = map(to_workflow, self.statements.fetch(_WORKFLOWS, parameters))
        documents = map(to_document, self.statements.fetch(_DOCUMENTS, parameters))
        merged: Iterator[ListEntry] = heapq.merge(workflows, documents, key=attrgetter("list_seq"))
        return tuple(islice(merged, limit))
