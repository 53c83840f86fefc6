"""This process among those that serve the same folder, from its start to its end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from quart_chat.cluster.control import ControlChannel
from quart_chat.cluster.node import Node
from quart_chat.cluster.storage import NodeBroker
from quart_chat.events.brokers.address import BUS, without_password

if TYPE_CHECKING:
    from quart_chat.config import Settings
    from quart_chat.events.quart import Events
    from quart_chat.serving.instance import Hold
    from quart_chat.storage import Storage

_logger = logging.getLogger(__name__)

GAP = "gap"
"""The type of the control event that says that events of a node that died may be missing."""


class Cluster:
    """The node, and what the nodes tell each other; a server that is alone tells nothing."""

    def __init__(self, settings: Settings, storage: Storage, events: Events) -> None:
        self._events = events
        self._broker = without_password(settings.broker or BUS)
        # A database on a server is not in the folder: nodes with other folders may be on it.
        self._may_be_elsewhere = bool(settings.database) and settings.shares
        self._nodes = storage.nodes
        self.node = Node(
            storage.nodes if settings.shares else None, settings.node_lease, self._describe_broker
        )
        self.control = ControlChannel(events.manager)
        self.control.listen(GAP, self._lose_events)
        self.node.on_burial(lambda: self.control.tell(GAP))

    def _lose_events(self, _: dict[str, Any]) -> None:
        _logger.warning("Events of a node that died may be missing: every open stream reads once.")
        self._events.manager.lose_events()

    def _describe_broker(self) -> NodeBroker:
        return NodeBroker(self._broker, self._events.manager.broker.epoch)

    async def join(self, hold: Hold) -> None:
        """Hold a lease from now on.

        Raises:
            InstanceInUse: A node with another broker is on the store.
        """
        alone = hold.alone and not self._may_be_elsewhere
        if alone:
            await self._nodes.remove_all_nodes()
        await self.node.join(alone=alone)

    def start(self) -> None:
        """Renew the lease, and hear the other nodes, from now on."""
        if self.node.shares:
            self.control.start()
            self.node.start()

    async def leave(self) -> None:
        """End the lease, once what the node ran has ended; idempotent."""
        await self.control.close()
        await self.node.leave()
        await self._events.flush()
