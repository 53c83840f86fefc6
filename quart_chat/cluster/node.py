"""This process as a node: its lease, and its part in taking over the work of nodes that died."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

from quart_chat.cluster.storage import Beat, NodeBroker, NodeStorage
from quart_chat.errors import DatabaseUnavailable, InstanceInUse
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

BEATS = 4
"""Renewals in the time that a lease lasts, so that three may fail."""

_MOMENT = 0.05
"""Seconds after which a lease that was about to run out has done so."""

TakeOver = Callable[[tuple[str, ...]], Awaitable[None]]
"""Takes over what no node that lives holds, and tidies up after those that are named."""


class Node:
    """A process that runs rounds and reads documents.

    Without a store it is alone on its database, which a lock on the instance folder guarantees. It
    holds no lease then, and what it finds running was left by a process that has ended.

    Args:
        storage: Where the nodes hold their leases.
        lease: Seconds after which a node that is silent counts as dead.
        broker: Says what carries its events, which may change while it runs.

    Attributes:
        id: Its id, another one with each start.
        lease: Seconds that its lease lasts.
        leads: Whether it does what one node alone does.
    """

    def __init__(
        self,
        storage: NodeStorage | None = None,
        lease: float = 8.0,
        broker: Callable[[], NodeBroker | None] = lambda: None,
    ) -> None:
        self.id = secrets.token_hex(8)
        self.lease = lease
        self.leads = storage is None
        self._storage = storage
        self._broker = broker
        self._since = 0.0
        self._wait = lease / BEATS
        self._beats: list[Callable[[], None]] = []
        self._take_overs: list[TakeOver] = []
        self._buried: Callable[[], Awaitable[None]] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._taking: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None

    @property
    def shares(self) -> bool:
        """Whether other nodes may be on the same store."""
        return self._storage is not None

    @property
    def may_take_over(self) -> bool:
        """Whether it can tell that a node is dead: it has held its own lease for as long as one.

        After the store was away, or the machine slept, all leases have run out at once: every node
        that lives has renewed its own before any work is taken over.
        """
        return not self.shares or monotonic() - self._since >= self.lease

    def on_beat(self, callback: Callable[[], None]) -> None:
        """Have a callback called each time that the lease was renewed."""
        self._beats.append(callback)

    def on_take_over(self, callback: TakeOver) -> None:
        """Have a callback awaited, now and then, that takes over what no node holds."""
        self._take_overs.append(callback)

    def on_burial(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have a callback awaited once this node has taken over the work of one that died.

        Of what the dead node committed last, the events may be missing.
        """
        self._buried = callback

    async def join(self, *, alone: bool) -> None:
        """Hold a lease from now on.

        Args:
            alone: Whether no other node lives, which the caller knows for certain.

        Raises:
            InstanceInUse: A node with another broker is on the store.
        """
        if self._storage is None:
            return
        begun = monotonic()
        beat = await self._renew(self._storage)
        while (broker := self._broker()) and (other := _other_broker(broker, beat)):
            # It may be the log's former epoch, or that of a node that has died: either is gone
            # with the lease that it stands in.
            if monotonic() - begun > self.lease * (1 + 1 / BEATS):
                await self._storage.end_lease(self.id)
                raise InstanceInUse(_describe(broker, other))
            await asyncio.sleep(self.lease / BEATS / 2)
            beat = await self._renew(self._storage)
        self._since = monotonic() - (self.lease if alone else 0.0)

    def start(self) -> None:
        """Renew the lease from now on, and take over what is left behind."""
        if self._storage is not None:
            self._beating = asyncio.create_task(self._beat(self._storage))

    async def leave(self) -> None:
        """End the lease, after the node has ended what it ran; idempotent."""
        if self._storage is None or self._beating is None:
            return
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._leave(self._storage, self._beating))
        await asyncio.shield(self._leaving)

    async def _leave(self, storage: NodeStorage, beating: asyncio.Task[None]) -> None:
        tasks = {task for task in (beating, self._taking) if task is not None}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        # Otherwise it runs out by itself.
        with suppress(DatabaseUnavailable):
            await storage.end_lease(self.id)

    async def _beat(self, storage: NodeStorage) -> None:
        while True:
            await asyncio.sleep(self._wait)
            self._wait = self.lease / BEATS
            with suppress(DatabaseUnavailable):
                expired = (await self._renew(storage)).expired
                for callback in self._beats:
                    callback()
                if self.may_take_over and (self._taking is None or self._taking.done()):
                    self._taking = asyncio.create_task(self._take_over(storage, expired))

    async def _renew(self, storage: NodeStorage) -> Beat:
        beat = await storage.renew_lease(self.id, self.lease, self._broker())
        if not beat.unbroken:
            if self._since:
                _logger.warning("Node %s was silent for longer than its lease lasts.", self.id)
            self._since = monotonic()
        self.leads = beat.leads
        # A node that has died is found at once, and not up to a beat later; so is one that had died
        # before this one joined.
        soonest = beat.next_expiry
        if beat.expired and self._beating is None:
            soonest = 0.0
        elif beat.expired and not self.may_take_over:
            soonest = min(soonest, self._since + self.lease - monotonic())
        self._wait = min(self.lease / BEATS, soonest + _MOMENT)
        return beat

    async def _take_over(self, storage: NodeStorage, expired: tuple[str, ...]) -> None:
        """Take over what no node holds; a failure is tried again at the next beat."""
        try:
            for take_over in self._take_overs:
                await take_over(expired)
            if expired and (buried := await storage.remove_expired_nodes(expired)):
                _logger.warning("Took over what was left by node %s.", ", ".join(buried))
                if self._buried is not None:
                    await self._buried()
        except DatabaseUnavailable:
            pass
        except Exception:
            _logger.exception("Taking over from nodes that died has failed")


def _other_broker(own: NodeBroker, beat: Beat) -> NodeBroker | None:
    """A broker of another node that is not this one's; None where there is none."""
    return next((other for other in beat.brokers if other.epoch != own.epoch), None)


def _describe(own: NodeBroker, other: NodeBroker) -> str:
    text = _(
        "Another server uses the same store with a different broker: {other}; this server has"
        " {own}. Give all servers the same broker (QUART_CHAT_BROKER)."
    ).format(own=own.address, other=other.address)
    if own.address == other.address:
        text += " " + _(
            "The bus connects only servers that share the folder QUART_CHAT_INSTANCE, and localhost"
            " is a different address on each machine."
        )
    return text
