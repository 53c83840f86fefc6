"""Reading a workflow as of one moment: all of it, or a bounded part.

Final rows of a workflow never change without taking a later seq. So a reader that has all up to a
seq is served by what follows it, and parts that are read one after the other, each as of its own
moment, add up: what has changed in between is in a later part. What is in flight changes without a
seq and belongs to the last part alone, which is also the moment from which events count.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from quart_chat.chat.models import Log, Message, Round
from quart_chat.chat.queue.prompts import QueuedPrompt
from quart_chat.chat.storage import WHOLE, PartBounds
from quart_chat.chat.views import Snapshot
from quart_chat.storage.sqlite.chats.lookups import Lookups
from quart_chat.storage.sqlite.chats.queues import Queues
from quart_chat.storage.sqlite.chats.rows import (
    LOG,
    MESSAGE,
    QUEUED_PROMPT,
    ROUND,
    to_log,
    to_message,
    to_queued_prompt,
    to_round,
)
from quart_chat.storage.statements import Row, Statements

_Record = Message | Log | Round | QueuedPrompt


@dataclass(frozen=True, slots=True)
class _Table:
    """Where records of a kind are; each search has an index of its own."""

    select: str
    in_flight: str
    read: Callable[[Row], _Record]

    def settled_after(
        self, statements: Statements, workflow_id: str, seq: int
    ) -> Iterator[_Record]:
        sql = f"{self.select} AND status <> ? AND seq > ? ORDER BY seq"
        return map(self.read, statements.iterate(sql, (workflow_id, self.in_flight, seq)))

    def select_in_flight(self, statements: Statements, workflow_id: str) -> Iterator[_Record]:
        # Spelled out, since the index is one of such rows alone.
        sql = f"{self.select} AND status = '{self.in_flight}'"
        return map(self.read, statements.fetch(sql, (workflow_id,)))


_TABLES = (
    _Table(f"SELECT {MESSAGE} FROM messages WHERE workflow_id = ?", "streaming", to_message),
    _Table(f"SELECT {LOG} FROM logs WHERE workflow_id = ?", "running", to_log),
    _Table(f"SELECT {ROUND} FROM rounds WHERE workflow_id = ?", "running", to_round),
)

_QUEUED = (
    f"SELECT {QUEUED_PROMPT} FROM queued_prompts WHERE workflow_id = ? AND seq > ? ORDER BY seq"
)


class Snapshots(Lookups, Queues):
    """A workflow as of one moment."""

    def select_snapshot(
        self, user_id: str, workflow_id: str, since: int, bounds: PartBounds = WHOLE
    ) -> Snapshot | None:
        """Read what has changed after ``since``, up to some bounds, and what is in flight.

        Where the bounds end it, nothing that is in flight is in it.
        """
        workflow = self.select_workflow(workflow_id, user_id)
        if workflow is None:
            return None
        after = since if 0 <= since <= workflow.seq else 0
        records, end = self._read_settled(workflow_id, after, bounds)
        if end is None:
            for table in _TABLES:
                records += table.select_in_flight(self.statements, workflow_id)
            records.sort(key=lambda record: record.seq or 0)
        return Snapshot(
            workflow,
            after,
            tuple(record for record in records if isinstance(record, Message)),
            tuple(record for record in records if isinstance(record, Log)),
            tuple(record for record in records if isinstance(record, Round)),
            end,
            tuple(record for record in records if isinstance(record, QueuedPrompt)),
        )

    def _read_settled(
        self, workflow_id: str, after: int, bounds: PartBounds
    ) -> tuple[list[_Record], int | None]:
        """Read records in the order of seqs; the seq of the last one where there are more."""
        records: list[_Record] = []
        size, end = 0, after
        found = [table.settled_after(self.statements, workflow_id, after) for table in _TABLES]
        queued = self.statements.iterate(_QUEUED, (workflow_id, after))
        for record in heapq.merge(*found, map(to_queued_prompt, queued), key=attrgetter("seq")):
            if records and (len(records) >= bounds.rows or size >= bounds.bytes):
                return records, end
            records.append(record)
            size += _size(record)
            end = record.seq or 0
        return records, None


def _size(record: _Record) -> int:
    """About how many bytes of JSON a record becomes, which is not counted exactly for its price."""
    if isinstance(record, Log | Round):
        return 200
    texts = [record.content]
    if isinstance(record, Message):
        texts += [record.html or ""]
        texts += [source.quote + source.excerpt for source in record.sources]
    return 500 + sum(len(text) if text.isascii() else 3 * len(text) for text in texts)
