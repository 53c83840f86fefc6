"""Nodes on one log, which start, die and publish, and a check that nothing is lost untold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from quart_chat.events.brokers.log import LogBroker
from tests.events.brokers.contract import Node, check_numbers
from tests.events.brokers.faults import FaultyLog, Storage
from tests.waiting import until


class Cluster:
    """Nodes on one log.

    Attributes:
        nodes: Those that live.
        ended: Those that were killed; their last events may be in the log or not.
        rolled_back: Whether an older copy of the log was put in its place.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.nodes: list[Node] = []
        self.ended: list[Node] = []
        self.logs: dict[int, FaultyLog] = {}
        self.rolled_back = False

    async def start(self) -> None:
        name = len(self.nodes) + len(self.ended)
        self.logs[name] = FaultyLog(self.storage.open_log())
        node = Node(name, LogBroker(self.logs[name]))
        self.nodes.append(node)
        await node.broker.open()

    async def kill(self, index: int) -> None:
        """End a node as a signal would: nothing that waits is sent."""
        node = self.nodes.pop(index)
        self.ended.append(node)
        broker = node.broker
        assert isinstance(broker, LogBroker)
        await broker._stop()

    async def roll_back(self) -> None:
        """Put an older copy in the place of the log."""
        self.rolled_back = True
        await self.storage.roll_back()

    async def more(self) -> None:
        """Return once every node has been delivered fifty events more."""
        wanted = [len(node.events) + 50 for node in self.nodes]
        await until(lambda: all(len(n.events) > w for n, w in zip(self.nodes, wanted, strict=True)))

    async def settle(self) -> None:
        """Publish until every node has seen what all have published last."""
        while True:
            gaps = self._gaps
            for node in self.nodes:
                node.publish("a")
            await until(partial(self._has_settled, gaps))
            if self._has_settled():
                return

    @property
    def _gaps(self) -> list[int]:
        return [node.gaps for node in self.nodes]

    def _has_settled(self, gaps: list[int] | None = None) -> bool:
        """Whether every node has seen all; or has been told other gaps than before."""
        return self._gaps != (gaps or self._gaps) or all(map(self._has_seen_all, self.nodes))

    def _has_seen_all(self, node: Node) -> bool:
        last = {event.data["node"]: event.data["n"] for event in node.events}
        return all(last.get(n.name) == len(n.published) - 1 for n in self.nodes)

    def check(self) -> None:
        everyone = [*self.nodes, *self.ended]
        for node in everyone:
            check_numbers(node)
            for publisher in everyone:
                check_runs(node, publisher)
        for node in everyone:
            check_ids(node)
        # What only killed nodes had read, no node knows after a roll back.
        check_ids_since_gap(self.nodes if self.rolled_back else everyone)


def check_runs(node: Node, publisher: Node) -> None:
    """Between two gaps a publisher's events are there one by one, none lost and none twice."""
    last: int | None = None
    highest = -1
    for event in node.delivered:
        if event is None:
            last = None
        elif event.data["node"] == publisher.name:
            number = event.data["n"]
            assert number > highest, "doubled, or out of order"
            assert last is None or number == last + 1, "lost untold"
            last = highest = number


def check_ids(node: Node) -> None:
    """An ``epoch:number`` is one event, whatever becomes of the log."""
    assert len({event.id for event in node.events}) == len(node.events)


def check_ids_since_gap(nodes: list[Node]) -> None:
    """The same ``epoch:number`` is the same event on every node.

    Before a gap it may not be: a log that was rolled back is written to by nodes that had not read
    so far, until one that had gives it another epoch.
    """
    seen: dict[str, object] = {}
    for node in nodes:
        for event in reversed(node.delivered):
            if event is None:
                break
            assert seen.setdefault(event.id, event.data) == event.data


@asynccontextmanager
async def running(storage: Storage, count: int = 3) -> AsyncGenerator[Cluster, None]:
    """So many nodes for the block."""
    cluster = Cluster(storage)
    for _ in range(count):
        await cluster.start()
    try:
        yield cluster
    finally:
        for node in cluster.nodes:
            await node.broker.close()


@asynccontextmanager
async def publishing(storage: Storage, count: int = 3) -> AsyncGenerator[Cluster, None]:
    """Nodes that publish all the time; at the end of the block all of them have to agree."""
    async with running(storage, count) as cluster:

        async def publish() -> None:
            while True:
                for node in cluster.nodes:
                    node.publish("a")
                await asyncio.sleep(0.001)

        load = asyncio.create_task(publish())
        await cluster.more()
        yield cluster
        load.cancel()
        await cluster.settle()
        cluster.check()
