"""What a store is like, seen from beside the servers that use it: nothing of it is changed."""

from __future__ import annotations

from dataclasses import dataclass

from quart_chat.cluster.storage import NodeBroker


@dataclass(frozen=True, slots=True)
class KnownNode:
    """A node that has a lease in the store.

    Attributes:
        lives: Whether the lease has not run out.
        broker: What carries its events; None where it does not say so.
    """

    id: str
    lives: bool
    broker: NodeBroker | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A store that can be read and written.

    Attributes:
        engine: What keeps it, for people.
        version: Of its schema; 0 where there is nothing yet.
        known: The newest version that this program knows.
        clock: Seconds by which its clock is ahead of this machine's; None where it has none of its
            own.
    """

    engine: str
    version: int
    known: int
    clock: float | None = None
    nodes: tuple[KnownNode, ...] = ()


SELECT_NODES = "SELECT id, {lives}, broker, broker_epoch FROM nodes ORDER BY started_at, id"


def read_node(row: tuple[str, object, str | None, str | None]) -> KnownNode:
    """A node as ``SELECT_NODES`` has it."""
    id_, lives, broker, epoch = row
    return KnownNode(id_, bool(lives), NodeBroker(broker, epoch) if broker and epoch else None)
