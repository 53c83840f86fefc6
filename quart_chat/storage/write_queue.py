"""Changes that wait to be written, and are committed together.

Where many write at the same time, most of what a transaction costs is its beginning, its commit and
the way to the thread of the connection. All changes that wait share these, and notice nothing of
each other: each has a savepoint, and where the whole fails each is tried alone, before all others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from time import monotonic
from typing import Any, Protocol, TypeVar

from quart_chat.availability.database import BUSY, retold, unavailable
from quart_chat.availability.patience import Patience, granted
from quart_chat.durations import Durations
from quart_chat.errors import DatabaseUnavailable
from quart_chat.storage.change import Change, run_together
from quart_chat.storage.health import Health
from quart_chat.storage.statements import Statements

T = TypeVar("T")

MOST_TOGETHER = 32
"""Changes in one transaction, for which those that come later have to wait."""


class Transact(Protocol):
    """Commits what work does, and waits so many seconds for other programs."""

    async def __call__(self, work: Callable[[Any], T], wait: float) -> T: ...


class WriteQueue:
    """The changes that this process has to write, one transaction after the other.

    Args:
        transact: Begins and commits a transaction.
        health: Is told what becomes of each.
        patience: Seconds to wait for a turn, where no request says how many it has left.
        may_commit_unseen: Whether what has failed to commit may be committed all the same.

    Attributes:
        durations: How long changes took, the wait for their turn included.
    """

    def __init__(
        self, transact: Transact, health: Health, patience: float, *, may_commit_unseen: bool
    ) -> None:
        self.durations = Durations()
        self._transact = transact
        self._health = health
        self._patience = patience
        self._may_commit_unseen = may_commit_unseen
        self._turn = asyncio.Lock()
        self._waiting: dict[Change, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._written: deque[Change] = deque()
        self._told: Change | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether something is being written."""
        return self._turn.locked()

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Keep all writers of this process out."""
        async with self._turn:
            yield

    async def finish(self) -> None:
        """Wait until nothing is being written, and nothing waits."""
        while self._task is not None:
            async with self._turn:
                pass

    async def write(
        self,
        work: Callable[[Any], T],
        committed: Callable[[T], Awaitable[None]] | None,
        ready: Callable[[], None] | None,
    ) -> T:
        """Make a change: see :meth:`quart_chat.storage.statements.Database.write`.

        Waiting for other writers and other programs takes no longer than the request has left.

        Raises:
            DatabaseUnavailable: That was too short, or the database can't be written.
        """
        begun = monotonic()
        patience = granted() or Patience(self._patience)
        with patience:
            change = Change(work, ready, patience, is_followed=committed is not None)
            self._waiting[change] = None
            self._begin()
            loop = asyncio.get_running_loop()
            timer = loop.call_later(patience.left, self._give_up, change)
            try:
                result: T = await change.done
                if committed is not None:
                    await committed(result)
                return result
            finally:
                timer.cancel()
                self._leave(change)
                self.durations.add(monotonic() - begun)

    def _give_up(self, change: Change) -> None:
        if change in self._waiting and not change.done.done():
            del self._waiting[change]
            change.done.set_exception(change.error or unavailable(BUSY))

    def _leave(self, change: Change) -> None:
        """The caller of a change goes, whether it is made or not."""
        self._waiting.pop(change, None)
        if change is self._told:
            self._tell()

    def _begin(self) -> None:
        # It is cancelled only as the event loop ends, when other tasks may still write.
        if self._waiting and (self._task is None or self._task.cancelled()):
            self._task = asyncio.create_task(self._write_waiting())

    async def _write_waiting(self) -> None:
        """Write what waits, in one transaction where that is possible, and tell the callers."""
        await self._turn.acquire()
        changes = self._take()
        try:
            await self._write(changes)
        except BaseException as error:
            for change in changes:
                change.error = change.error or error
            if not isinstance(error, Exception):
                raise
        finally:
            self._written.extend(change for change in changes if change not in self._waiting)
            self._tell()

    def _take(self) -> list[Change]:
        """What is written next: all that waits, or one change that is to be tried alone."""
        is_alone = any(change.is_alone for change in islice(self._waiting, 1))
        changes = [*islice(self._waiting, 1 if is_alone else MOST_TOGETHER)]
        for change in changes:
            del self._waiting[change]
        # A caller that has just been cancelled has not left yet.
        return [change for change in changes if not change.done.done()]

    async def _write(self, changes: Sequence[Change]) -> None:
        ready = [change for change in changes if change.get_ready()]
        if len(ready) > 1:
            await self._write_together(ready)
        elif ready:
            await self._write_alone(ready[0])

    async def _write_together(self, changes: Sequence[Change]) -> None:
        """Write several changes; some or all may be put back to be tried again."""
        is_begun = is_run = False

        def work(statements: Statements) -> None:
            nonlocal is_begun, is_run
            is_begun = True
            run_together(statements, changes)
            is_run = True

        try:
            await self._transact(work, min(change.patience.left for change in changes))
        except Exception as error:  # noqa: BLE001 - the changes are tried again, or callers told
            if not is_begun:
                self._put_off(changes, error)
            elif is_run and self._may_commit_unseen and isinstance(error, DatabaseUnavailable):
                self._refuse(changes, error)
            else:
                self._part(changes, error)
        else:
            if any(change.error is None for change in changes):
                self._health.succeeded()

    def _refuse(self, changes: Sequence[Change], failure: Exception) -> None:
        for change in changes:
            change.error = change.context.run(retold, failure)
        self._note(failure)

    def _put_off(self, changes: Sequence[Change], failure: Exception) -> None:
        """Refuse changes whose transaction could not begin, unless it was left too little time.

        It had as much as the least patient of them could wait: then the others go on waiting.
        """
        self._refuse(changes, failure)
        if not all(change.can_wait for change in changes):
            self._put_back(changes)

    def _part(self, changes: Sequence[Change], failure: Exception) -> None:
        """Have changes that have failed together tried one by one: it may be the fault of one."""
        trouble = failure if isinstance(failure, DatabaseUnavailable) else unavailable(BUSY)
        for change in changes:
            change.is_alone, change.error = True, change.context.run(retold, trouble)
        self._put_back(changes)

    def _put_back(self, changes: Sequence[Change]) -> None:
        """Have those that can wait be written before all others."""
        self._waiting = {change: None for change in changes if change.can_wait} | self._waiting

    async def _write_alone(self, change: Change) -> None:
        if not change.patience.left:
            change.error = change.error or change.context.run(unavailable, BUSY)
            return
        change.error = None
        try:
            change.result = await self._transact(change.run, change.patience.left)
        except Exception as error:  # noqa: BLE001 - the caller is told
            change.error = change.context.run(retold, error)
        self._note(change.error)

    def _note(self, error: BaseException | None) -> None:
        if error is None:
            self._health.succeeded()
        elif isinstance(error, DatabaseUnavailable):
            self._health.failed(error)

    def _tell(self) -> None:
        """Let the callers of what is written go on, one after the other; then write what waits."""
        self._told = None
        while self._written:
            change = self._written.popleft()
            if change.tell():
                self._told = change
                return
        self._turn.release()
        self._task = None
        self._begin()
