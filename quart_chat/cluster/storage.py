"""What the nodes ask of a store, whatever engine keeps it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NodeBroker:
    """What carries the events of a node.

    Attributes:
        address: Its address, without user and password; for people.
        epoch: The epoch of its log: nodes with the same broker have the same.
    """

    address: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Beat:
    """What a node learns when it renews its lease.

    Attributes:
        unbroken: Whether its lease had not run out before.
        expired: The nodes whose lease has run out.
        leads: Whether it is the oldest node that lives: the one that does what one alone does.
        brokers: Those of the other nodes that live, as they were at the last beat of each.
        next_expiry: Seconds until the first lease of another node runs out, unless it is renewed.
    """

    unbroken: bool
    expired: tuple[str, ...]
    leads: bool
    brokers: tuple[NodeBroker, ...] = ()
    next_expiry: float = math.inf


class NodeStorage(Protocol):
    """Keeps the leases; times are by the store's clock.

    All raise DatabaseUnavailable where the store can't be used, with the reason.
    """

    async def remove_all_nodes(self) -> None:
        """Forget all leases; for a node that is known to be alone."""
        ...

    async def renew_lease(
        self, node_id: str, seconds: float, broker: NodeBroker | None = None
    ) -> Beat:
        """Hold a lease for so many seconds from now on, and say what carries its events."""
        ...

    async def remove_expired_nodes(self, node_ids: Collection[str]) -> tuple[str, ...]:
        """Forget those of the nodes whose lease has run out; the ids of those that were there."""
        ...

    async def end_lease(self, node_id: str) -> None:
        """Forget a node that ends."""
        ...
