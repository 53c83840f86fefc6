"""The leases of the nodes that share a database, by its clock."""

from __future__ import annotations

import math
from collections.abc import Collection

from quart_chat.cluster.storage import Beat, NodeBroker
from quart_chat.storage.statements import Database, Statements

NOW = "((julianday('now') - 2440587.5) * 86400.0)"
"""Seconds since the epoch, UTC."""

LIVES = f"abs({NOW} - nodes.beat_at) <= nodes.lease"
"""Whether a node has renewed its lease in time. One that did so in the future lives no longer
either: the clock was set back, and whether it lives is seen with its next beat."""

HELD = f"EXISTS (SELECT 1 FROM nodes WHERE nodes.id = node_id AND {LIVES})"
"""Whether a node that lives holds a row with a ``node_id``."""


def unless_expired(node_id: str) -> tuple[str, tuple[str, ...]]:
    """A condition, with its parameters: the node holds its lease, or there are no leases."""
    return (
        "(NOT EXISTS (SELECT 1 FROM nodes)"
        f" OR EXISTS (SELECT 1 FROM nodes WHERE nodes.id = ? AND {LIVES}))",
        (node_id,),
    )


class NodeRepository:
    """Implements :class:`quart_chat.cluster.storage.NodeStorage`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remove_all_nodes(self) -> None:
        await self._database.write(lambda statements: statements.fetch("DELETE FROM nodes"))

    async def renew_lease(
        self, node_id: str, seconds: float, broker: NodeBroker | None = None
    ) -> Beat:
        return await self._database.write(
            lambda statements: _renew(statements, node_id, seconds, broker)
        )

    async def remove_expired_nodes(self, node_ids: Collection[str]) -> tuple[str, ...]:
        marks = ", ".join("?" * len(node_ids))
        rows = await self._database.write(
            lambda statements: statements.fetch(
                f"DELETE FROM nodes WHERE id IN ({marks}) AND NOT {LIVES} RETURNING id",
                tuple(node_ids),
            )
        )
        return tuple(row[0] for row in rows)

    async def end_lease(self, node_id: str) -> None:
        await self._database.write(
            lambda statements: statements.fetch("DELETE FROM nodes WHERE id = ?", (node_id,))
        )


def _renew(statements: Statements, node_id: str, seconds: float, broker: NodeBroker | None) -> Beat:
    unbroken = statements.fetch(
        f"UPDATE nodes SET beat_at = {NOW}, lease = ? WHERE id = ? AND {LIVES} RETURNING id",
        (seconds, node_id),
    )
    if not unbroken:
        statements.fetch(
            f"INSERT INTO nodes (id, started_at, beat_at, lease) VALUES (?, {NOW}, {NOW}, ?)"
            " ON CONFLICT (id) DO UPDATE"
            " SET started_at = excluded.started_at, beat_at = excluded.beat_at,"
            " lease = excluded.lease",
            (node_id, seconds),
        )
    if broker is not None:
        statements.fetch(
            "UPDATE nodes SET broker = ?, broker_epoch = ? WHERE id = ?",
            (broker.address, broker.epoch, node_id),
        )
    rows = statements.fetch(
        f"SELECT id, {LIVES}, broker, broker_epoch, nodes.beat_at + nodes.lease - {NOW}"
        " FROM nodes ORDER BY started_at, id"
    )
    # It lives itself, though the transaction may have taken longer than its lease lasts.
    living = [row for row in rows if row[1] or row[0] == node_id]
    others = [row for row in living if row[0] != node_id]
    return Beat(
        unbroken=bool(unbroken),
        expired=tuple(row[0] for row in rows if not row[1] and row[0] != node_id),
        leads=living[0][0] == node_id,
        brokers=tuple(NodeBroker(address, epoch) for _, _, address, epoch, _ in others if epoch),
        next_expiry=min((row[4] for row in others), default=math.inf),
    )
