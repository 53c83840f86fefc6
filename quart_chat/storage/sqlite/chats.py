"""The chats in their database: what is read of them, and the way to write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self, TypeVar

from quart_chat.chat.access import found_round
from quart_chat.chat.models import Log, Message, Round, Share, Workflow
from quart_chat.chat.views import FoundMessage, Snapshot
from quart_chat.storage.sqlite.branches import (
    BranchPage,
    select_branch_page,
    select_history,
    select_shown,
)
from quart_chat.storage.sqlite.connection import Statements
from quart_chat.storage.sqlite.database import Database
from quart_chat.storage.sqlite.lookups import (
    select_round,
    select_share,
    select_shared,
    select_workflow,
)
from quart_chat.storage.sqlite.rows import (
    LOG,
    MESSAGE,
    ROUND,
    to_log,
    to_message,
    to_round,
)
from quart_chat.storage.sqlite.snapshots import WHOLE, Bounds, select_snapshot
from quart_chat.storage.sqlite.transaction import Transaction
from quart_chat.storage.sqlite.workflow_list import WorkflowList

T = TypeVar("T")

_MESSAGES = f"SELECT {MESSAGE} FROM messages WHERE workflow_id = ? AND "
_LOGS = f"SELECT {LOG} FROM logs WHERE workflow_id = ? AND "
_FOUND = (
    "SELECT {}, workflows.title FROM message_words"
    " JOIN messages ON messages.number = message_words.rowid"
    " JOIN workflows ON workflows.id = messages.workflow_id"
    " WHERE message_words MATCH ? AND workflows.user_id = ? AND NOT workflows.deleted"
    " AND messages.workflow_id <> ? AND messages.assistant IS NOT ?"
    " ORDER BY message_words.rank LIMIT ?"
).format(", ".join(f"messages.{name}" for name in MESSAGE.split(", ")))


class ChatRepository:
    """The chats of all users, opened by ``await ChatRepository.open(path)``.

    Attributes:
        list: The lists that people see of them.
    """

    def __init__(self, database: Database) -> None:
        self.list = WorkflowList(database)
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
        change: Callable[[Transaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        """Run ``change`` in a transaction, then ``committed`` before any other is begun."""
        async with self._database.writing() as session:
            result = await session.transact(
                lambda statements: change(Transaction(statements)), "BEGIN IMMEDIATE"
            )
            if committed is not None:
                await committed(result)
            return result

    async def select_workflow(self, user_id: str, workflow_id: str) -> Workflow | None:
        return await self._database.read(
            lambda reading: select_workflow(reading, workflow_id, user_id)
        )

    async def select_share(self, workflow_id: str) -> Share | None:
        """Read the link of a workflow."""
        return await self._database.read(lambda reading: select_share(reading, workflow_id))

    async def select_shared(self, token: str) -> Workflow | None:
        """Read the workflow that a link leads to."""
        return await self._database.read(lambda reading: select_shared(reading, token))

    async def select_snapshot(
        self, user_id: str, workflow_id: str, since: int, bounds: Bounds = WHOLE
    ) -> Snapshot | None:
        """Read what changed after ``since`` and all that is in flight, as of one moment."""
        return await self._database.read(
            lambda reading: select_snapshot(reading, user_id, workflow_id, since, bounds)
        )

    async def select_shown(
        self, user_id: str, workflow_id: str, since: int, bounds: Bounds = WHOLE
    ) -> tuple[Snapshot, tuple[int, ...]] | None:
        """Read the same, and the numbers of the rounds of the branch that is shown."""

        def read(statements: Statements) -> tuple[Snapshot, tuple[int, ...]] | None:
            snapshot = select_snapshot(statements, user_id, workflow_id, since, bounds)
            if snapshot is None:
                return None
            return snapshot, select_shown(statements, snapshot.workflow)

        return await self._database.read(read)

    async def select_branch_page(
        self,
        user_id: str,
        workflow_id: str,
        *,
        before: int | None = None,
        last: int | None = None,
        shown: bool = False,
        limit: int,
    ) -> BranchPage | None:
        """Read the latest rounds of the branch that is shown, or of one before or up to a round.

        Where they are to be ``shown``, a round that is on another branch is as none.

        Raises:
            NotFound: There is no such round.
        """

        def read(statements: Statements) -> BranchPage | None:
            workflow = select_workflow(statements, workflow_id, user_id)
            if workflow is None:
                return None
            end = workflow.head
            if before is not None:
                end = found_round(select_round(statements, workflow_id, before)).parent
            elif last is not None:
                hidden = shown and last not in select_shown(statements, workflow)
                round_ = None if hidden else select_round(statements, workflow_id, last)
                end = found_round(round_).number
            return select_branch_page(statements, workflow, end, limit)

        return await self._database.read(read)

    async def select_round(self, workflow_id: str, number: int) -> Round | None:
        return await self._database.read(lambda reading: select_round(reading, workflow_id, number))

    async def select_text(self, workflow_id: str, number: int, role: str) -> str:
        """Read what was asked or answered in a round, as it was written."""
        sql = _MESSAGES + "round_number = ? AND role = ?"
        row = await self._database.read(
            lambda reading: reading.fetch_one(sql, (workflow_id, number, role))
        )
        return to_message(row).content if row else ""

    async def select_history(self, round_: Round, limit: int) -> list[Message]:
        """Read the latest messages before a round, on its own branch, in order."""
        if round_.parent is None:
            return []
        return await self._database.read(lambda reading: select_history(reading, round_, limit))

    async def select_running_rounds(self) -> list[Round]:
        async with self._database.reading() as session:
            rows = await session.fetch(
                f"SELECT {ROUND} FROM rounds WHERE status = 'running'"
                " AND workflow_id IN (SELECT id FROM workflows WHERE NOT deleted)"
            )
        return [to_round(row) for row in rows]

    async def select_in_flight(self, workflow_id: str) -> tuple[list[Message], list[Log]]:
        """Read what a running round has not ended."""
        return await self._database.read(lambda reading: select_in_flight(reading, workflow_id))

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
        parameters = (match, user_id, exclude_workflow_id, exclude_assistant, limit)
        rows = await self._database.search(lambda reading: reading.fetch(_FOUND, parameters))
        return [FoundMessage(to_message(row[:-1]), row[-1]) for row in rows]


def select_in_flight(statements: Statements, workflow_id: str) -> tuple[list[Message], list[Log]]:
    """Read what a running round has not ended."""
    messages = statements.fetch(_MESSAGES + "status = 'streaming'", (workflow_id,))
    logs = statements.fetch(_LOGS + "status = 'running'", (workflow_id,))
    return [to_message(row) for row in messages], [to_log(row) for row in logs]
