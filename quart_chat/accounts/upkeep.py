"""What runs beside the requests: reading what others have revoked, and erasing deleted users."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

from quart_chat.accounts.changes import Changes
from quart_chat.accounts.credentials.identification import Identification
from quart_chat.accounts.models import RevocationReason
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.storage import AccountStorage, AccountTransaction
from quart_chat.errors import DatabaseUnavailable, Unavailable

_logger = logging.getLogger(__name__)

_STORE_USES = 60.0
_PRUNE = 600.0
_ERASE = 30.0
"""Seconds between two rounds of each."""

Eraser = Callable[[str], Awaitable[None]]
"""Ends what runs for a deleted user, such as rounds and readings, and removes files of theirs."""


class Erasure:
    """Erases what deleted users have left, in small transactions.

    Several processes may do it for the same user at the same time.
    """

    def __init__(self, storage: AccountStorage) -> None:
        self._storage = storage
        self._erasers: list[Eraser] = []
        self._running: dict[str, asyncio.Task[None]] = {}

    def add(self, eraser: Eraser) -> None:
        """Have an eraser awaited before rows are erased."""
        self._erasers.append(eraser)

    def begin(self, user_id: str) -> None:
        """Erase a user in the background, unless nothing here can end what runs for the user."""
        if self._erasers and user_id not in self._running:
            task = asyncio.create_task(self._erase(user_id))
            self._running[user_id] = task
            task.add_done_callback(lambda _: self._running.pop(user_id, None))

    async def begin_all(self) -> None:
        """Erase all users who were deleted and are not erased yet."""
        if not self._erasers:
            return
        for user_id in await self._storage.read(lambda reader: reader.select_deleted()):
            self.begin(user_id)

    async def settle(self) -> None:
        """Wait until all that has begun is erased, or has failed."""
        while self._running:
            await asyncio.wait(self._running.values())

    async def close(self) -> None:
        """Stop; what is left is erased after the next start. Idempotent."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _erase(self, user_id: str) -> None:
        try:
            for eraser in self._erasers:
                await eraser(user_id)
            more = True
            while more:
                more = await self._storage.write(lambda tx: tx.erase_some(user_id))
        except Exception as error:
            # It is tried again later.
            if not isinstance(error, Unavailable):
                _logger.exception("A deleted user could not be erased")


class Upkeep:
    """Runs until it is closed."""

    def __init__(
        self,
        storage: AccountStorage,
        changes: Changes,
        identification: Identification,
        erasure: Erasure,
        options: AccountOptions,
    ) -> None:
        self._storage = storage
        self._changes = changes
        self._identification = identification
        self._erasure = erasure
        self._options = options
        self._last = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; what was revoked before is not told."""
        if self._task is None:
            self._last = await self._storage.read(lambda reader: reader.last_revocation())
            await self._erasure.begin_all()
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, and store the last uses; idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        with suppress(DatabaseUnavailable):
            await self._identification.store_uses()

    async def _run(self) -> None:
        jobs = (
            _Job(self._options.watch, self._read_revocations),
            _Job(_STORE_USES, self._identification.store_uses),
            _Job(_ERASE, self._erasure.begin_all),
            _Job(_PRUNE, self._prune),
        )
        while True:
            await asyncio.sleep(self._options.watch)
            for job in jobs:
                with suppress(DatabaseUnavailable):
                    await job.run_if_due()

    async def _read_revocations(self) -> None:
        """Tell what other processes have revoked."""
        last, own = self._last, self._changes.source
        found = await self._storage.read(lambda reader: reader.select_revocations(last, own))
        for number, revoked in found:
            self._last = number
            self._changes.tell(revoked)
            if revoked.reason is RevocationReason.DELETED:
                self._erasure.begin(revoked.user_id)

    async def _prune(self) -> None:
        options = self._options

        def prune(tx: AccountTransaction) -> None:
            now = options.clock()
            tx.prune(
                now, idle_since=now - options.session_idle, log_since=now - options.log_lifetime
            )

        await self._storage.write(prune)


class _Job:
    """Something that is done again and again; the first time at once."""

    def __init__(self, every: float, work: Callable[[], Awaitable[None]]) -> None:
        self._every = every
        self._work = work
        self._due = 0.0

    async def run_if_due(self) -> None:
        if monotonic() >= self._due:
            # Not by the time that it ends at: one that fails is not tried again at once.
            self._due = monotonic() + self._every * 0.9
            await self._work()
