"""The chats in their database: what is read of them, and the way to write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from quart_chat.chat.database import Database, Row, Session
from quart_chat.chat.models import (
    FoundMessage,
    ListChanges,
    Log,
    Message,
    Round,
    Snapshot,
    Workflow,
    WorkflowPage,
)
from quart_chat.chat.pages import decode_cursor, encode_cursor
from quart_chat.chat.rows import (
    LOG,
    MESSAGE,
    ROUND,
    WORKFLOW,
    to_log,
    to_message,
    to_round,
    to_workflow,
)
from quart_chat.chat.transaction import Transaction

T = TypeVar("T")

MAX_LIST_CHANGES = 200
"""Changes of a list that are told one by one; past it, reading the list anew costs less."""

_WORKFLOW = f"SELECT {WORKFLOW} FROM workflows WHERE id = ? AND user_id = ? AND NOT deleted"
_ROUNDS = f"SELECT {ROUND} FROM rounds WHERE workflow_id = ? AND "
_MESSAGES = f"SELECT {MESSAGE} FROM messages WHERE workflow_id = ? AND "
_LOGS = f"SELECT {LOG} FROM logs WHERE workflow_id = ? AND "
_LIST = f"SELECT {WORKFLOW} FROM workflows WHERE user_id = ? AND NOT deleted"
_LIST_ORDER = " ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ?"
_LIST_AFTER = " AND (pinned, updated_at, id) < (?, ?, ?)"
_LIST_MATCHING = (
    " AND (title LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM messages"
    " WHERE messages.workflow_id = workflows.id AND content LIKE ? ESCAPE '\\'))"
)
_LIST_CHANGES = (
    f"SELECT {WORKFLOW} FROM workflows WHERE user_id = ? AND list_seq > ? ORDER BY list_seq"
)
_FOUND = (
    "SELECT {}, workflows.title FROM message_words"
    " JOIN messages ON messages.number = message_words.rowid"
    " JOIN workflows ON workflows.id = messages.workflow_id"
    " WHERE message_words MATCH ? AND workflows.user_id = ?"
    " AND messages.workflow_id <> ? AND messages.assistant IS NOT ?"
    " ORDER BY message_words.rank LIMIT ?"
).format(", ".join(f"messages.{name}" for name in MESSAGE.split(", ")))


class ChatRepository:
    """The chats of all users, opened by ``await ChatRepository.open(path)``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, path: Path, *, busy_timeout: float = 5.0) -> Self:
        """Open the database, made if need be; see :meth:`Database.open` for what it raises."""
        return cls(await Database.open(path, busy_timeout=busy_timeout))

    async def close(self) -> None:
        await self._database.close()

    @property
    def queries(self) -> int:
        """Statements run so far."""
        return self._database.queries

    async def write(
        self,
        change: Callable[[Transaction], Awaitable[T]],
        committed: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        """Run ``change`` in a transaction, then ``committed`` before any other is begun."""
        async with self._database.writing() as session:
            async with session.transaction("BEGIN IMMEDIATE"):
                result = await change(Transaction(session))
            if committed is not None:
                await committed(result)
            return result

    async def select_workflow(self, user_id: str, workflow_id: str) -> Workflow | None:
        async with self._database.reading() as session:
            row = await session.fetch_one(_WORKFLOW, (workflow_id, user_id))
        return None if row is None else to_workflow(row)

    async def select_snapshot(self, user_id: str, workflow_id: str, since: int) -> Snapshot | None:
        """Read what changed after ``since`` and all that is in flight, as of one moment."""
        async with self._database.reading() as session, session.transaction():
            row = await session.fetch_one(_WORKFLOW, (workflow_id, user_id))
            if row is None:
                return None
            workflow = to_workflow(row)
            since = since if 0 <= since <= workflow.seq else 0
            rounds = await _changed(session, _ROUNDS, "running", workflow_id, since)
            messages = await _changed(session, _MESSAGES, "streaming", workflow_id, since)
            logs = await _changed(session, _LOGS, "running", workflow_id, since)
        return Snapshot(
            workflow,
            since,
            tuple(map(to_message, messages)),
            tuple(map(to_log, logs)),
            tuple(map(to_round, rounds)),
        )

    async def select_workflows(
        self, user_id: str, *, query: str | None, before: str | None, limit: int
    ) -> WorkflowPage:
        """Read a page of a list: pinned workflows first, then the latest first."""
        sql = _LIST
        parameters: list[Any] = [user_id]
        if query:
            pattern = f"%{_escape_like(query)}%"
            sql, parameters = sql + _LIST_MATCHING, [*parameters, pattern, pattern]
        if before is not None:
            sql, parameters = sql + _LIST_AFTER, [*parameters, *decode_cursor(before)]
        async with self._database.reading() as session, session.transaction():
            list_seq = await _list_seq(session, user_id)
            # One more than asked for tells whether there is a next page.
            rows = await session.fetch(sql + _LIST_ORDER, (*parameters, limit + 1))
        workflows = tuple(map(to_workflow, rows[:limit]))
        more = len(rows) > limit
        return WorkflowPage(workflows, encode_cursor(workflows[-1]) if more else None, list_seq)

    async def select_list_changes(self, user_id: str, since: int) -> ListChanges:
        async with self._database.reading() as session, session.transaction():
            list_seq = await _list_seq(session, user_id)
            if since < 0 or not 0 <= list_seq - since <= MAX_LIST_CHANGES:
                return ListChanges(None, list_seq)
            rows = await session.fetch(_LIST_CHANGES, (user_id, since))
        return ListChanges(tuple(map(to_workflow, rows)), list_seq)

    async def select_history(
        self, workflow_id: str, before_round: int, limit: int
    ) -> list[Message]:
        """Read the latest messages of earlier rounds, in order."""
        async with self._database.reading() as session:
            rows = await session.fetch(
                f"SELECT {MESSAGE} FROM messages WHERE workflow_id = ? AND round_number < ?"
                " AND content <> '' ORDER BY round_number DESC, number DESC LIMIT ?",
                (workflow_id, before_round, limit),
            )
        return [to_message(row) for row in reversed(rows)]

    async def select_running_rounds(self) -> list[Round]:
        async with self._database.reading() as session:
            rows = await session.fetch(f"SELECT {ROUND} FROM rounds WHERE status = 'running'")
        return [to_round(row) for row in rows]

    async def select_in_flight(self, workflow_id: str) -> tuple[list[Message], list[Log]]:
        """Read what a running round has not ended."""
        async with self._database.reading() as session, session.transaction():
            messages = await session.fetch(_MESSAGES + "status = 'streaming'", (workflow_id,))
            logs = await session.fetch(_LOGS + "status = 'running'", (workflow_id,))
        return [to_message(row) for row in messages], [to_log(row) for row in logs]

    async def select_matching_messages(
        self,
        user_id: str,
        match: str,
        *,
        exclude_workflow_id: str,
        exclude_assistant: str,
        limit: int,
    ) -> list[FoundMessage]:
        """Find the best of a person's final messages for a query of FTS5."""
        async with self._database.reading() as session:
            rows = await session.fetch(
                _FOUND, (match, user_id, exclude_workflow_id, exclude_assistant, limit)
            )
        return [FoundMessage(to_message(row[:-1]), row[-1]) for row in rows]


async def _changed(
    session: Session, select: str, in_flight: str, workflow_id: str, since: int
) -> Sequence[Row]:
    # Two searches, each on its own index: with OR, all rows of the workflow would be looked at.
    earlier = f"{select} status = '{in_flight}' AND coalesce(seq, 0) <= ?"
    return await session.fetch(
        f"{earlier} UNION ALL {select} seq > ? ORDER BY seq",
        (workflow_id, since, workflow_id, since),
    )


async def _list_seq(session: Session, user_id: str) -> int:
    row = await session.fetch_one("SELECT list_seq FROM users WHERE id = ?", (user_id,))
    return int(row[0]) if row else 0


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
