"""Who has which connection of a database: one writes, a few others read beside it.

Searches may take long: they leave a reader to all else. What has to wait for its turn waits no
longer than the request that asks for it.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Generic, TypeVar

from quart_chat.availability import BUSY, unavailable
from quart_chat.durations import Durations
from quart_chat.errors import DatabaseUnavailable, SearchTooBroad
from quart_chat.patience import Patience, granted
from quart_chat.storage.health import Health
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

S = TypeVar("S")

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
    """

    def __init__(self, *, readers: int, patience: float) -> None:
        self.health = Health()
        self.reads = Durations()
        self.writes = Durations()
        self._patience = patience
        self._readers: asyncio.Queue[S] = asyncio.Queue()
        self._searches = asyncio.Semaphore(max(1, readers - 1))
        self._lock = asyncio.Lock()
        self._waiting_writers = 0
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

    @asynccontextmanager
    async def turn(self, *, counted: bool = True) -> AsyncGenerator[Patience]:
        """Keep all other writers of this process out; a transaction is begun by the caller.

        Waiting for them and for other programs takes no longer than the request has left.

        Args:
            counted: Whether it is one of the writes that are counted.

        Raises:
            DatabaseUnavailable: That was too short, or the database can't be written.
        """
        begun = monotonic()
        patience = granted() or Patience(self._patience)
        try:
            with patience:
                await self._take_turn(patience)
                try:
                    yield patience
                    self.health.succeeded()
                except DatabaseUnavailable as error:
                    self.health.failed(error)
                    raise
                finally:
                    self._lock.release()
        finally:
            if counted:
                self.writes.add(monotonic() - begun)

    async def _take_turn(self, patience: Patience) -> None:
        if self._lock.locked() or self._waiting_writers:
            await self._wait_for_turn(patience)
        else:
            await self._lock.acquire()
        if not patience.left:
            self._lock.release()
            raise unavailable(BUSY)

    async def _wait_for_turn(self, patience: Patience) -> None:
        self._waiting_writers += 1
        try:
            async with asyncio.timeout(patience.left):
                await self._lock.acquire()
        except TimeoutError as error:
            raise unavailable(BUSY) from error
        finally:
            self._waiting_writers -= 1

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
        with suppress(DatabaseUnavailable):
            async with self.turn(counted=False) as patience:
                if self.health.trouble is None:
                    await self._inspect(patience)
                else:
                    await self._try_to_write(patience)
        if self.health.trouble is not None:
            self.health.repeat()

    @abstractmethod
    async def _inspect(self, patience: Patience) -> None:
        """See whether anything is wrong."""

    @abstractmethod
    async def _try_to_write(self, patience: Patience) -> None:
        """Write what changes nothing."""


def too_broad() -> SearchTooBroad:
    return SearchTooBroad(_("This search takes too long. Type more of the words, or rarer ones."))
