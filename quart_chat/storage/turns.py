"""Who has which connection of a database: one writes, a few others read beside it.

Searches may take long: they leave a reader to all else. What has to wait for its turn waits no
longer than the request that asks for it. What is written waits in a queue, see ``write_queue.py``.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar

from quart_chat.availability.database import BUSY, unavailable
from quart_chat.durations import Durations
from quart_chat.errors import DatabaseUnavailable, SearchTooBroad
from quart_chat.storage.health import Health
from quart_chat.storage.write_queue import WriteQueue
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

S = TypeVar("S")
T = TypeVar("T")

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
        self._queue = WriteQueue(
            self._transact, self.health, patience, may_commit_unseen=self.may_commit_unseen
        )
        self.writes = self._queue.durations
        self._patience = patience
        self._readers: asyncio.Queue[S] = asyncio.Queue()
        self._searches = asyncio.Semaphore(max(1, readers - 1))
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
        """Make a change; see :meth:`WriteQueue.write`."""
        return await self._queue.write(work, committed, ready)

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Keep all writers of this process out."""
        return self._queue.turn()

    def _begin_to_look(self) -> None:
        self._watch = asyncio.create_task(self._look_now_and_then())

    async def _finish(self) -> None:
        """Look no more, and wait until all that was to be written is."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
        await self._queue.finish()

    async def _look_now_and_then(self) -> None:
        """Notice what becomes of the database, and whether it can be written again."""
        while True:
            await asyncio.sleep(_BEAT)
            await self.look()

    async def look(self) -> None:
        """See whether the database is still there; where nothing could be written, try again.

        A writer that is at work sees to that by itself.
        """
        if self._queue.is_at_work:
            return
        async with self.turn():
            look = self._inspect if self.health.trouble is None else self._try_to_write
            try:
                await look(self._patience)
            except DatabaseUnavailable as error:
                self.health.failed(error)
            else:
                self.health.succeeded()
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
    return SearchTooBroad(_("This search takes too long. Type longer or less common words."))
