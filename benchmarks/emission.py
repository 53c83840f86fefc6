"""What is emitted, and when: the same for every contestant, whether it emits inside its own
process (as an application does) or, like nginx, is published to from outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

MARK = b"~"
"""Stands exactly once in every event and nowhere else in a stream, however its bytes are cut."""

TEXT = "A server tells its readers what has happened, a little at a time, and each in order."

Emit = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Emits an item into a context."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to emit: ``events`` into each of the contexts ``<prefix>0``, ``<prefix>1``, ...

    Attributes:
        rate: Events a second into each context, the contexts evenly spread in time; 0: flat out.
    """

    prefix: str
    contexts: int
    events: int
    rate: float = 0.0

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Plan:
        return cls(
            query["prefix"], int(query["contexts"]), int(query["events"]), float(query["rate"])
        )

    @property
    def query(self) -> str:
        return (
            f"prefix={self.prefix}&contexts={self.contexts}&events={self.events}&rate={self.rate}"
        )

    @property
    def names(self) -> list[str]:
        return [f"{self.prefix}{number}" for number in range(self.contexts)]


def make_item(number: int) -> dict[str, Any]:
    # CLOCK_MONOTONIC is one clock for all processes of a machine.
    return {"n": number, "text": TEXT, "mark": MARK.decode(), "t": time.monotonic_ns()}


def make_event(item: dict[str, Any]) -> dict[str, Any]:
    """What goes over the wire, equal in shape and size for all."""
    return {"type": "progress", "createdAt": time.time(), "item": item}


async def run(plan: Plan, emit: Emit) -> None:
    if plan.rate:
        await _run_paced(plan, emit)
    else:
        await _run_flat_out(plan, emit)


async def _run_flat_out(plan: Plan, emit: Emit) -> None:
    # A turn of the loop for every event, as a producer takes that reads from a socket.
    for number in range(plan.events):
        for name in plan.names:
            await emit(name, make_item(number))
        await asyncio.sleep(0)


async def _run_paced(plan: Plan, emit: Emit) -> None:
    # One ticker for all contexts, so that what is measured is the streaming and not 200 timers.
    names = plan.names
    total = plan.contexts * plan.events
    a_second = plan.contexts * plan.rate
    started = time.monotonic()
    done = 0
    while done < total:
        due = min(total, int((time.monotonic() - started) * a_second) + 1)
        for number in range(done, due):
            await emit(names[number % plan.contexts], make_item(number // plan.contexts))
        done = due
        await asyncio.sleep(max(0.001, started + done / a_second - time.monotonic()))
