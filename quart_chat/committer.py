"""Changes are committed first, then emitted, in one order and never one without the other.

A unit of work makes the changes of one transaction and notes the event of each. Units of work
follow each other, and so do their events: readers see the seqs that they have given in order and
without a hole. Those that wait at the same time may be committed before the events of the first
are emitted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from quart_chat.errors import ChatError
from quart_chat.events import StreamingEventManager

_logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Emission:
    """An event that is emitted once its change is committed; see ``emit_event``."""

    context_id: str
    type: str
    data: dict[str, Any]
    category: str
    seq: int | None = None
    created_at: float | None = None
    message: str | None = None


class Unit(Protocol):
    """The changes of one transaction, and what is emitted of them, in order."""

    emissions: list[Emission]


Tx = TypeVar("Tx")
Tx_co = TypeVar("Tx_co", covariant=True)
U = TypeVar("U", bound=Unit)


class Writable(Protocol[Tx_co]):
    """A store whose transactions follow each other."""

    async def write(
        self,
        change: Callable[[Tx_co], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> T:
        """Run ``change`` as a transaction, then ``committed`` before that of any later one.

        Changes that wait at the same time may be committed together, and tried again if that fails.
        So ``change`` changes nothing but the store, and needs nothing that the ``committed`` of
        another does. ``ready`` is called once, on the event loop, when it is the change's turn.
        """
        ...


class Committer(Generic[Tx, U]):
    """Commits units of work and emits their events.

    What is begun is brought to its end, whatever becomes of the one who asked for it.

    Args:
        storage: What is changed.
        events: Where the events are emitted.
        begin: Makes the unit of work of a transaction.
    """

    def __init__(
        self, storage: Writable[Tx], events: StreamingEventManager, begin: Callable[[Tx], U]
    ) -> None:
        self._storage = storage
        self._events = events
        self._begin = begin
        self._tasks: set[asyncio.Task[Any]] = set()

    async def commit(
        self,
        change: Callable[[U], T],
        committed: Callable[[T], None] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> T:
        """Make a change in a transaction, then emit its events.

        Args:
            change: Makes the change, on the database's thread, and nothing else, as it may be tried
                twice. What it raises undoes it.
            committed: Called between the commit and the events, and after the events of all units
                of work before it.
            ready: Called once, on the event loop, as the transaction is about to begin: what the
                change is made of can be taken as late as that.

        Raises:
            DatabaseUnavailable: Nothing was changed.
        """
        task = asyncio.create_task(self._commit(change, committed, ready))
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # The caller was cancelled; expected errors need no log.
        if not task.cancelled() and not isinstance(task.exception(), ChatError | None):
            _logger.error("A change failed", exc_info=task.exception())

    async def settle(self) -> None:
        """Wait until nothing that has begun by now is left half done."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _commit(
        self,
        change: Callable[[U], T],
        committed: Callable[[T], None] | None,
        ready: Callable[[], None] | None,
    ) -> T:
        def write(transaction: Tx) -> tuple[T, list[Emission]]:
            unit = self._begin(transaction)
            return change(unit), unit.emissions

        async def publish(written: tuple[T, list[Emission]]) -> None:
            result, emissions = written
            if committed is not None:
                committed(result)
            for emission in emissions:
                await self._events.emit_event(
                    emission.context_id,
                    emission.type,
                    emission.data,
                    emission.category,
                    emission.message,
                    seq=emission.seq,
                    created_at=emission.created_at,
                )

        result, _emissions = await self._storage.write(write, publish, ready)
        return result
