"""Deleting all chats of a user at once, and bringing deleted chats back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from quart_chat.availability.patience import outlive_request
from quart_chat.chat.access import check_id, get_workflow
from quart_chat.chat.deletion.purge import PurgeJob
from quart_chat.chat.models import Workflow, WorkflowStatus
from quart_chat.chat.storage import ChatStorage
from quart_chat.chat.unit_of_work import Committer, UnitOfWork
from quart_chat.errors import NotFound, Unavailable
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

AT_ONCE = 25
"""Chats in one transaction: few, so that other writers wait briefly and readers keep up."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """All chats that were deleted together.

    Attributes:
        deleted_at: The moment that they share, which names them.
    """

    count: int
    deleted_at: float


class Deletions:
    """Deletes all chats of a user, and restores what was deleted.

    A deletion that has begun continues even if its request is cancelled. Each chat emits an event
    of its own, as if it were deleted alone, so every tab and every node is told.

    Args:
        storage: Where the chats are.
        committer: Commits the deletions.
        delete: Deletes one chat of a user, whose round is stopped first.
        purge_job: Erases what can no longer be restored.
    """

    def __init__(
        self,
        storage: ChatStorage,
        committer: Committer,
        delete: Callable[[str, str, float], Awaitable[None]],
        purge_job: PurgeJob,
    ) -> None:
        self._storage = storage
        self._committer = committer
        self._delete = delete
        self._purge_job = purge_job
        self._tasks: set[asyncio.Task[int]] = set()
        self._closing = False

    async def count(self, user_id: str, deleted_at: float | None = None) -> int:
        """Count the chats of a user, or those that were deleted together and can be restored."""
        return len(await self._storage.read(lambda r: r.select_ids(user_id, deleted_at)))

    async def clear(self, user_id: str) -> Cleared:
        """Delete all chats that the user has now; rounds that run are stopped first.

        Where a chat's round can't be stopped, or the database can't be written any more, fewer are
        deleted, and counted.

        Raises:
            Unavailable: For such a reason none was deleted.
        """
        now = time.time()
        ids = await self._storage.read(lambda reader: reader.select_ids(user_id))
        return Cleared(await self._finish(self._delete_all(user_id, ids, now)), now)

    async def restore(self, user_id: str, workflow_id: str) -> Workflow:
        """Restore a deleted workflow; one that is not deleted stays as it is.

        Raises:
            NotFound: There is none, or no longer.
        """
        check_id(workflow_id)

        def change(unit: UnitOfWork) -> Workflow:
            workflow = unit.transaction.select_recoverable(workflow_id, user_id)
            if workflow is None:
                return get_workflow(unit, user_id, workflow_id)
            return unit.put_workflow(workflow, time.time(), deleted=False, deleted_at=None)

        return await self._committer.commit(change)

    async def restore_all(self, user_id: str, deleted_at: float) -> int:
        """Bring back the chats that were deleted together, and return how many there are.

        Raises:
            NotFound: There are none, or no longer.
        """
        ids = await self._storage.read(lambda reader: reader.select_ids(user_id, deleted_at))
        if not ids:
            raise NotFound(_("These chats can't be restored any more."))
        return await self._finish(self._restore_all(user_id, ids, deleted_at))

    async def _finish(self, work: Coroutine[None, None, int]) -> int:
        async def outlive() -> int:
            outlive_request()
            return await work

        task = asyncio.create_task(outlive())
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[int]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # The request may be gone: the committer has logged what was not expected.
            task.exception()

    async def close(self) -> None:
        """Stop after the current transaction; idempotent."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _delete_all(self, user_id: str, ids: Sequence[str], now: float) -> int:
        count = 0
        try:
            for some in self._parts(ids):
                deleted, running = await self._committer.commit(
                    partial(_delete, user_id, some, now)
                )
                if deleted:
                    self._purge_job.notice()
                count += deleted
                stops = (self._stop(user_id, id_, now) for id_ in running)
                results = await asyncio.gather(*stops, return_exceptions=True)
                count += results.count(True)
                if failed := [result for result in results if isinstance(result, BaseException)]:
                    raise failed[0]
        except Unavailable as error:
            # What was deleted can be restored by the moment that the answer names.
            if not count:
                raise
            _logger.warning("Of %d chats %d were deleted: %s", len(ids), count, error)
        return count

    def _parts(self, ids: Sequence[str]) -> Iterator[Sequence[str]]:
        for first in range(0, len(ids), AT_ONCE):
            if self._closing:
                raise Unavailable(_("The server is restarting. Try again in a moment."))
            yield ids[first : first + AT_ONCE]

    async def _stop(self, user_id: str, workflow_id: str, now: float) -> bool:
        """Delete a chat whose round runs; False where another request has done so."""
        with suppress(NotFound):
            await self._delete(user_id, workflow_id, now)
            return True
        return False

    async def _restore_all(self, user_id: str, ids: Sequence[str], deleted_at: float) -> int:
        count = 0
        for some in self._parts(ids):
            count += await self._committer.commit(partial(_restore, user_id, some, deleted_at))
        return count


def _delete(
    user_id: str, ids: Sequence[str], now: float, unit: UnitOfWork
) -> tuple[int, list[str]]:
    """Delete chats without a running round: how many, and the ids of those that have one."""
    count, running = 0, []
    for id_ in ids:
        workflow = unit.transaction.select_workflow(id_, user_id)
        if workflow is None:
            continue
        if workflow.status is WorkflowStatus.RUNNING:
            running.append(id_)
        else:
            unit.put_workflow(workflow, now, deleted=True, deleted_at=now)
            count += 1
    return count, running


def _restore(user_id: str, ids: Sequence[str], deleted_at: float, unit: UnitOfWork) -> int:
    count = 0
    for id_ in ids:
        workflow = unit.transaction.select_recoverable(id_, user_id)
        if workflow is not None and workflow.deleted_at == deleted_at:
            unit.put_workflow(workflow, time.time(), deleted=False, deleted_at=None)
            count += 1
    return count
