"""What every broker promises, as a check of what its nodes were delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from quart_chat.events import Broker
from quart_chat.events.event import Event, make_event

CONTEXTS = ("a", "b", "c")


@dataclass
class Node:
    """A broker, and what it has delivered: events, and None for each gap.

    Attributes:
        published: What was published here, in that order.
    """

    name: int
    broker: Broker
    delivered: list[Event | None] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker.bind(self.delivered.append, lambda: self.delivered.append(None))

    def publish(self, context_id: str) -> None:
        data = {"node": self.name, "n": len(self.published)}
        self.published.append(data)
        self.broker.publish(make_event(context_id, "status", data))

    @property
    def events(self) -> list[Event]:
        return [event for event in self.delivered if event is not None]

    @property
    def gaps(self) -> int:
        return self.delivered.count(None)


def check(nodes: Sequence[Node]) -> None:
    """Check that the nodes have seen the same, and all of it or a gap."""
    for node in nodes:
        check_order_of_publishers(node, nodes)
        check_numbers(node)
        if not node.gaps:
            assert len(node.events) == sum(len(each.published) for each in nodes), "lost untold"
    if any(node.gaps for node in nodes):
        return
    places = [[(event.id, event.context_id, event.data) for event in node.events] for node in nodes]
    assert all(seen == places[0] for seen in places), "two nodes saw another order"


def check_order_of_publishers(node: Node, nodes: Sequence[Node]) -> None:
    """Each publisher's events are there in its order, none twice, and without a gap each."""
    for publisher in nodes:
        numbers = [event.data["n"] for event in node.events if event.data["node"] == publisher.name]
        assert all(one < other for one, other in pairwise(numbers)), "out of order, or doubled"


def check_numbers(node: Node) -> None:
    """Numbers rise within an epoch, and another epoch begins after a gap."""
    before: Event | None = None
    for event in node.delivered:
        if event is not None and before is not None and event.epoch:
            assert event.epoch == before.epoch, "another epoch without a gap"
            assert event.number > before.number, "numbers don't rise"
            assert event.number < 2**53, "JavaScript can't read it"
        before = event
