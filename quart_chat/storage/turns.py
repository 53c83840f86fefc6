"""Who has which connection of a database: one writes, a few others read beside it.

Searches may take long: they leave a reader to all else. What has to wait for its turn waits no
longer than the request that asks for it.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar

from quart_chat.availability import BUSY, unavailable
from quart_chat.durations import Durations
from quart_chat.errors import DatabaseUnavailable, SearchTooBroad
from quart_chat.patience import Patience, granted
from quart_chat.storage.changes import Change, run_together
from quart_chat.storage.health import Health
from quart_chat.storage.statements import Statements
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

S = TypeVar("S")
T = TypeVar("T")

MOST_TOGETHER = 32
"""Changes in one transaction, which others have to wait for."""

_BEAT = 2.0
"""Seconds between two looks at a database where nothing is written."""


class Turns(ABC, Generic[S]):
    """The turns of a database's readers and of its writer.

    Args:
        readers: Connections that read.
        patience: Seconds to wait for a turn, where no request says how many it has left.

    Attributes:
        health: Whether the database can be written.
        reads, writes: How long they took, the wait for their turn included.
        may_commit_unseen: Whether what failed to commit may be committed all the same.
    """

    may_commit_unseen: ClassVar[bool]

    def __init__(self, *, readers: int, patience: float) -> None:
        self.health = Health()
        self.reads = Durations()
        self.writes = Durations()
        self._patience = patience
        self._readers: asyncio.Queue[S] = asyncio.Queue()
        self._searches = asyncio.Semaphore(max(1, readers - 1))
        self._lock = asyncio.Lock()
        self._waiting: dict[Change, None] = {}
        self._writing: asyncio.Task[None] | None = None
        self._written: deque[Change] = deque()
        self._going_on: Change | None = None
        self._watch: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[S]:
        """Have a connection that reads.

        Raises:
            DatabaseUnavailable: All readers are busy for too long, or it can't be read.
        """
        begun = monotonic()
        try:
            session = self._readers.get_nowait()
        except asyncio.QueueEmpty:
            session = await self._wait_for_reader()
        try:
            yield session
        except DatabaseUnavailable as error:
            _logger.warning("The database can't be read: %s", error.__cause__ or error)
            raise
        finally:
            self._readers.put_nowait(session)
            self.reads.add(monotonic() - begun)

    async def _wait_for_reader(self) -> S:
        try:
            async with asyncio.timeout(self._patience):
                return await self._readers.get()
        except TimeoutError as error:
            raise unavailable(BUSY) from error

    @asynccontextmanager
    async def searching(self, seconds: float | None) -> AsyncGenerator[None]:
        """Be one of the searches, of which as many run as leave a reader to all else.

        Raises:
            SearchTooBroad: The others take more than so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._searches.acquire()
        except TimeoutError as error:
            raise too_broad() from error
        try:
            yield
        finally:
            self._searches.release()

    async def write(
        self,
        work: Callable[[Any], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
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
            self._begin_to_write()
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
                self.writes.add(monotonic() - begun)

    def _give_up(self, change: Change) -> None:
        if change in self._waiting:
            del self._waiting[change]
            change.done.set_exception(unavailable(BUSY))

    def _leave(self, change: Change) -> None:
        """The caller of a change goes, be it done or not."""
        self._waiting.pop(change, None)
        if change is self._going_on:
            self._go_on()

    def _begin_to_write(self) -> None:
        if self._waiting and self._writing is None:
            self._writing = asyncio.create_task(self._write_waiting())

    async def _write_waiting(self) -> None:
        """Write what waits, in one transaction where that is possible, and tell the callers."""
        await self._lock.acquire()
        changes = [*islice(self._waiting, MOST_TOGETHER)]
        for change in changes:
            del self._waiting[change]
        # The caller of the others has been cancelled, and is to learn that yet.
        changes = [change for change in changes if not change.done.done()]
        for change in changes:
            change.get_ready()
        if len(changes) < 2 or not await self._write_together(changes):
            for change in changes:
                await self._write_alone(change)
        self._written.extend(changes)
        self._go_on()

    async def _write_together(self, changes: Sequence[Change]) -> bool:
        """Write several changes; False where each has to be written alone."""
        is_run = False

        def work(statements: Statements) -> None:
            nonlocal is_run
            run_together(statements, changes)
            is_run = True

        failure: Exception | None = None
        try:
            await self._transact(work, min(change.patience.left for change in changes))
        except Exception as error:  # noqa: BLE001 - the callers are told, each of its own
            failure = error
        if failure is not None and not (is_run and self.may_commit_unseen):
            return False
        self._note(failure)
        for change in changes:
            change.error = failure or change.error
        return True

    async def _write_alone(self, change: Change) -> None:
        change.error = None
        if not change.patience.left:
            change.error = change.context.run(unavailable, BUSY)
            return
        transaction = self._transact(change.work, change.patience.left)
        try:
            change.result = await asyncio.create_task(transaction, context=change.context)
        except Exception as error:  # noqa: BLE001 - the caller is told
            change.error = error
        self._note(change.error)

    def _note(self, error: Exception | None) -> None:
        if error is None:
            self.health.succeeded()
        elif isinstance(error, DatabaseUnavailable):
            self.health.failed(error)

    def _go_on(self) -> None:
        """Let the callers of what is written go on, one after the other; then write what waits."""
        self._going_on = None
        while self._written:
            change = self._written.popleft()
            if change.tell():
                self._going_on = change
                return
        self._lock.release()
        self._writing = None
        self._begin_to_write()

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Keep all writers of this process out."""
        async with self._lock:
            yield

    def _begin_to_look(self) -> None:
        self._watch = asyncio.create_task(self._look_now_and_then())

    async def _stop_looking(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})

    async def _look_now_and_then(self) -> None:
        """Notice what becomes of the database, and whether it can be written again."""
        while True:
            await asyncio.sleep(_BEAT)
            await self.look()

    async def look(self) -> None:
        """See whether the database is still there; where nothing could be written, try again.

        A writer that is at work sees to that by itself.
        """
        if self._lock.locked():
            return
        async with self.turn():
            look = self._inspect if self.health.trouble is None else self._try_to_write
            try:
                await look(self._patience)
            except DatabaseUnavailable as error:
                self._note(error)
            else:
                self._note(None)
        if self.health.trouble is not None:
            self.health.repeat()

    @abstractmethod
    async def _transact(self, work: Callable[[Any], T], wait: float) -> T:
        """Commit what the work does; wait so many seconds for other programs."""

    @abstractmethod
    async def _inspect(self, wait: float) -> None:
        """See whether anything is wrong."""

    @abstractmethod
    async def _try_to_write(self, wait: float) -> None:
        """Write what changes nothing."""


def too_broad() -> SearchTooBroad:
    return SearchTooBroad(_("This search takes too long. Type more of the words, or rarer ones."))
