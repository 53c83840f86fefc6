"""Delivery on another node: events are emitted on one, and their readers are on the other.

Beside the same without a broker, on one node; beside what is written by hand on Redis' publish and
subscribe; and beside nginx with nchan and Redis, where that is installed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import orjson
import uvloop

from benchmarks.client import Deliveries, Emitter, Fleet
from benchmarks.contestants import (
    OURS,
    Contestant,
    cluster_contestant,
    events_contestants,
    nchan_contestant,
    pubsub_contestant,
)
from benchmarks.emission import Plan
from benchmarks.server import CLIENT_CORE, Server
from tests.services.postgres import EventsDatabase, PostgresServer, find_binaries
from tests.services.rabbitmq import SCRIPTS, RabbitMQServer
from tests.services.redis import RedisServer

CONTEXTS = 200
RATE = 5.0
"""Events a second of each context: a thousand together."""

SECONDS, SECONDS_IF_QUICK = 4.0, 1.0
_LATE = 10.0
_SETTLE = 0.5
"""Seconds for subscriptions to reach the servers between the nodes, after the streams are open."""

FACTOR, EXCESS = 2.0, 10.0
"""What delivery on another node may take: so many times that on one node, and milliseconds."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way from one node to another.

    Attributes:
        nodes: How many nodes it takes; with one, readers are where events are emitted.
        ours: Whether it is held against the budget.
    """

    name: str
    title: str
    contestant: Contestant
    nodes: int = 2
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured.

    Attributes:
        emitter_us: Processor time of the node that emits, for an event.
        reader_us: The same of the node with the readers.
        faults: Events lost, doubled or misplaced.
    """

    p50_ms: float
    p99_ms: float
    emitter_us: float
    reader_us: float
    delivered: int
    faults: int


def measure(*, quick: bool, rounds: int, to: Path) -> int:
    """Measure all variants next to each other, print a table and write a file."""
    found: dict[str, list[Figures]] = {}
    with _variants() as variants:
        for number in range(1 if quick else rounds):
            for variant in variants if number % 2 else reversed(variants):
                print(f"round {number + 1}: {variant.title}", file=sys.stderr)
                seconds = SECONDS_IF_QUICK if quick else SECONDS
                figures = uvloop.run(_measure(variant, seconds))
                found.setdefault(variant.name, []).append(figures)
    lines, holds = _report(variants, found)
    print("\n".join(lines))
    to.write_bytes(
        orjson.dumps(
            {name: [asdict(each) for each in figures] for name, figures in found.items()},
            option=orjson.OPT_INDENT_2,
        )
    )
    return 0 if holds else 1


@contextmanager
def _variants() -> Iterator[list[Variant]]:
    """Start the services, and say what runs on them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        folders = {name: folder / name for name in ("bus", "redis", "rabbitmq")}
        for each in folders.values():
            each.mkdir()
        redis = stack.enter_context(RedisServer(folders["redis"]))
        addresses = {"bus": "bus", "Redis": redis.url}
        if (binaries := find_binaries()) is not None:
            server = stack.enter_context(PostgresServer(binaries))
            addresses["PostgreSQL"] = EventsDatabase(server).url
        if SCRIPTS.exists():
            rabbitmq = stack.enter_context(RabbitMQServer(folders["rabbitmq"]))
            addresses["RabbitMQ"] = rabbitmq.url
        alone = next(each for each in events_contestants() if each.name == OURS)
        variants = [Variant("in-process", "one node, no broker", alone, nodes=1)]
        for name, address in addresses.items():
            contestant = cluster_contestant(address, folders["bus"])
            variants.append(Variant(contestant.name, f"two nodes, {name}", contestant))
        by_hand = pubsub_contestant(redis.url)
        variants.append(Variant(by_hand.name, by_hand.title, by_hand, ours=False))
        if (nchan := nchan_contestant(redis.url)) is not None:
            variants.append(Variant(nchan.name, nchan.title, nchan, ours=False))
        yield variants


async def _measure(variant: Variant, seconds: float) -> Figures:
    async with Server(variant.contestant, core=CLIENT_CORE) as emitting:
        if variant.nodes == 1:
            return await _run(emitting, emitting, seconds)
        async with Server(variant.contestant) as reading:
            return await _run(emitting, reading, seconds)


async def _run(emitting: Server, reading: Server, seconds: float) -> Figures:
    fleet, emitter = Fleet(reading), Emitter(emitting)
    # Names of their own, as the services go on from one round to the next.
    prefix = f"c{time.monotonic_ns()}-"
    try:
        # The first events make servers load and connect what costs nothing later.
        await _stream(fleet, emitter, Plan(f"w{prefix}", CONTEXTS, 2, RATE))
        warm = fleet.deliveries().received
        fleet.latencies.clear()
        before = emitting.cpu_seconds(), reading.cpu_seconds()
        plan = Plan(f"w{prefix}", CONTEXTS, int(RATE * seconds), RATE)
        await _emit(fleet, emitter, plan)
        after = emitting.cpu_seconds(), reading.cpu_seconds()
        return _figures(fleet, warm, before, after)
    finally:
        fleet.close()
        emitter.close()


async def _stream(fleet: Fleet, emitter: Emitter, plan: Plan) -> None:
    """Open a stream of each context, and emit into them."""
    await fleet.open([f"/stream/{name}" for name in plan.names])
    await asyncio.sleep(_SETTLE)
    await _emit(fleet, emitter, plan)


async def _emit(fleet: Fleet, emitter: Emitter, plan: Plan) -> None:
    fleet.expect(plan.events)
    await emitter.emit(plan)
    await fleet.wait(plan.events / plan.rate + _LATE)


def _figures(
    fleet: Fleet, warm: int, before: tuple[float, float], after: tuple[float, float]
) -> Figures:
    deliveries: Deliveries = fleet.deliveries()
    events = max(1, deliveries.received - warm)
    cuts = quantiles(fleet.latencies, n=100) if len(fleet.latencies) > 1 else [0.0] * 99
    emitter_us, reader_us = (1e6 * (b - a) / events for a, b in zip(before, after, strict=True))
    return Figures(cuts[49] / 1e6, cuts[98] / 1e6, emitter_us, reader_us, events, deliveries.faults)


def _report(variants: list[Variant], found: dict[str, list[Figures]]) -> tuple[list[str], bool]:
    columns = "p50_ms", "p99_ms", "emitter_us", "reader_us"
    heads = "p50 ms", "p99 ms", "emitter us", "reader us", "of pub/sub", "delivered", "faults"
    lines = [f"{CONTEXTS * RATE:,.0f} events/s in {CONTEXTS} contexts, a reader each"]
    lines.append(f"  {'':36}" + "".join(f"{head:>12}" for head in heads))
    for variant in variants:
        rounds = found[variant.name]
        medians = [median(getattr(each, column) for each in rounds) for column in columns]
        ratio = _ratio(rounds, found["pubsub"])
        line = "".join(f"{figure:12.1f}" for figure in medians)
        delivered = sum(each.delivered for each in rounds)
        faults = sum(each.faults for each in rounds)
        lines.append(f"  {variant.title:36}{line}{ratio:12.2f}{delivered:12,}{faults:12,}")
    lines.append("")
    verdicts = [each for variant in variants if variant.ours for each in _judge(variant, found)]
    lines += [f"{'holds' if holds else 'FAILS'}  {text}" for text, holds in verdicts]
    if not any(variant.name == "nchan" for variant in variants):
        lines.append("note   nchan is not installed (Debian: libnginx-mod-nchan)")
    return lines, all(holds for _, holds in verdicts)


def _ratio(rounds: list[Figures], rivals: list[Figures]) -> float:
    """The median latency as a share of the rival's in the same round."""
    return median(ours.p50_ms / rival.p50_ms for ours, rival in zip(rounds, rivals, strict=True))


def _judge(variant: Variant, found: dict[str, list[Figures]]) -> Iterator[tuple[str, bool]]:
    rounds = found[variant.name]
    faults = sum(each.faults for each in rounds)
    yield f"{variant.title}: events lost, doubled or misplaced: {faults}, at most 0", faults == 0
    if variant.nodes == 1:
        return
    alone = median(each.p50_ms for each in found["in-process"])
    limit = FACTOR * alone + EXCESS
    p50 = median(each.p50_ms for each in rounds)
    yield f"{variant.title}: p50 ms: {p50:.1f}, at most {limit:.1f}", p50 <= limit
