"""Deleted chats are kept for a while, so that they can be restored, and then erased."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from quart_chat.chat.storage import ChatReader, ChatStorage
from quart_chat.cluster.node import Node
from quart_chat.errors import DatabaseUnavailable

_RETRY = 60.0
"""Seconds until the next attempt where the database could not be read or written."""


class PurgeJob:
    """Erases what deleted chats hold once they can no longer be restored.

    It sleeps until the first is due, or a deletion makes one that will be. Where there are several
    nodes, the one that leads does it, and looks now and then for what others have deleted.

    Attributes:
        keep: Seconds for which a deleted chat can be restored.
    """

    def __init__(self, storage: ChatStorage, keep: float, node: Node | None = None) -> None:
        self.keep = keep
        self._storage = storage
        self._node = node or Node()
        self._deleted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def notice(self) -> None:
        """A chat has been deleted."""
        self._deleted.set()

    async def close(self) -> None:
        """Stop; idempotent. What is due is erased after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            self._deleted.clear()
            due = await self._erase() if self._node.leads else None
            if self._node.shares:
                due = min(self._node.lease, self._node.lease if due is None else due)
            with suppress(TimeoutError):
                async with asyncio.timeout(due):
                    await self._deleted.wait()

    async def _erase(self) -> float | None:
        """Erase what is due; the seconds until more will be, or None where nothing is deleted."""
        try:
            due = time.time() - self.keep
            oldest = await self._storage.read(_oldest_deletion)
            if oldest is not None and oldest <= due:
                await self._storage.write(lambda transaction: transaction.erase_deleted(due))
                oldest = await self._storage.read(_oldest_deletion)
        except DatabaseUnavailable:
            return _RETRY
        return None if oldest is None else max(0.0, oldest + self.keep - time.time())


def _oldest_deletion(reader: ChatReader) -> float | None:
    return reader.select_oldest_deletion()
