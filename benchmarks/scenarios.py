"""What is measured. Every figure goes with an exact count of what each reader received."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from benchmarks.client import Deliveries, Emitter, Fleet
from benchmarks.emission import Plan, make_item
from benchmarks.server import Server

_LATE = 10.0
"""Seconds after which what has not arrived counts as lost."""

_SETTLE = 0.2

_serial = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of each scenario is run. Times are seconds."""

    fan_out_readers: int = 200
    fan_out_burst: int = 100
    fan_out_time: float = 1.0
    contexts: int = 200
    contexts_rate: float = 40.0
    contexts_time: float = 1.0
    crowd: tuple[int, int] = (1000, 10_000)
    crowd_time: float = 16.0
    many: int = 2000
    many_rate: float = 1.0
    many_time: float = 3.0
    pauses: int = 10
    pauses_rate: float = 20.0
    pauses_time: float = 2.0
    opening_time: float = 0.25
    opening_at_once: int = 8
    chats: int = 20
    chats_each: int = 5
    chat_rate: float = 50.0
    chat_spread: float = 1.0
    stops: int = 20
    long_answers: int = 10


QUICK = Sizes(
    fan_out_time=0.1,
    contexts_time=0.5,
    crowd_time=3.0,
    many=1000,
    many_time=1.0,
    pauses_time=1.0,
    chats_each=2,
    long_answers=1,
)


@dataclass(slots=True)
class Outcome:
    """One scenario run once on one contestant: its figures by key, and the count."""

    scenario: str
    figures: dict[str, float]
    deliveries: Deliveries


@dataclass(slots=True)
class Course:
    """A fleet on a server, with what is needed to emit and to measure."""

    server: Server
    fleet: Fleet
    emitter: Emitter
    _cpu: float = 0.0
    _busy: float = 0.0
    _began: float = 0.0
    _counted: int = field(default=0)

    async def begin(self) -> None:
        """Measure from here on, once what went before has come to rest."""
        await self.emitter.connect()
        await self.server.rest()
        self.fleet.latencies.clear()
        self._counted = sum(reader.count for reader in self.fleet.readers)
        self._busy = time.process_time()
        self._began = time.monotonic()
        self._cpu = self.server.cpu_seconds()

    def figures(self) -> dict[str, float]:
        cpu = self.server.cpu_seconds() - self._cpu
        elapsed = time.monotonic() - self._began
        received = sum(reader.count for reader in self.fleet.readers) - self._counted
        return {
            "cpu_us": cpu * 1e6 / max(1, received),
            "events_s": received / elapsed,
            "client_busy": (time.process_time() - self._busy) / elapsed,
            **_percentiles(self.fleet.latencies),
        }


def _percentiles(nanoseconds: list[int]) -> dict[str, float]:
    if len(nanoseconds) < 2:
        return {}
    cuts = quantiles(nanoseconds, n=100)
    return {"p50_ms": cuts[49] / 1e6, "p99_ms": cuts[98] / 1e6}


@asynccontextmanager
async def _course(server: Server) -> AsyncGenerator[Course]:
    course = Course(server, Fleet(server), Emitter(server))
    try:
        yield course
    finally:
        course.fleet.close()
        course.emitter.close()
        await server.rest()


def _new_prefix() -> str:
    return f"s{next(_serial)}-"


async def fan_out(server: Server, sizes: Sizes) -> list[Outcome]:
    """All readers of one context, flat out.

    Bursts, each event in a turn of the loop of its own; the next burst is emitted once every
    reader has all of the last, so that nobody is ahead of its readers and none is given less time.
    """
    plan = Plan(_new_prefix(), 1, sizes.fan_out_burst)
    async with _course(server) as course:
        await course.fleet.open([f"/stream/{plan.names[0]}"] * sizes.fan_out_readers)
        await course.begin()
        until = time.monotonic() + sizes.fan_out_time
        complete = True
        while time.monotonic() < until and complete:
            course.fleet.expect(plan.events)
            await course.emitter.emit(plan)
            complete = await course.fleet.wait(_LATE)
        return [Outcome("fan-out", course.figures(), course.fleet.deliveries())]


async def contexts(server: Server, sizes: Sizes) -> list[Outcome]:
    """Many contexts that are busy at once, each with one reader."""
    events = int(sizes.contexts_rate * sizes.contexts_time)
    plan = Plan(_new_prefix(), sizes.contexts, events, sizes.contexts_rate)
    async with _course(server) as course:
        await course.fleet.open([f"/stream/{name}" for name in plan.names])
        return [await _run_paced(course, plan, "contexts")]


async def many(server: Server, sizes: Sizes) -> list[Outcome]:
    """Many streams: what each costs in memory while idle, and then at an event a second."""
    events = int(sizes.many_rate * sizes.many_time)
    plan = Plan(_new_prefix(), sizes.many, events, sizes.many_rate)
    async with _course(server) as course:
        # What the first streams make a server load and allocate once is no cost of a stream.
        warm = Fleet(server)
        await warm.open([f"/stream/{name}" for name in Plan(_new_prefix(), 100, 0).names])
        await server.rest()
        before = server.memory()
        await course.fleet.open([f"/stream/{name}" for name in plan.names])
        await server.rest()
        per_stream = (server.memory() - before) / sizes.many
        idle = Outcome("idle", {"kb": per_stream / 1024}, course.fleet.deliveries())
        busy = await _run_paced(course, plan, "many")
        warm.close()
    return [idle, busy]


async def crowd(server: Server, sizes: Sizes) -> list[Outcome]:
    """The busy contexts among few idle streams, and then among many.

    The busy ones go on for longer than a keep-alive time, so that what the idle ones are sent
    meanwhile is a part of the cost.
    """
    if not server.contestant.crowded:
        return []
    figures: dict[str, float] = {}
    deliveries = Deliveries()
    idle = Fleet(server)
    events = int(sizes.contexts_rate * sizes.crowd_time)
    for key, size in zip(("few_us", "many_us"), sizes.crowd, strict=True):
        prefix = _new_prefix()
        await idle.open([f"/stream/{prefix}{number}" for number in range(len(idle.readers), size)])
        plan = Plan(_new_prefix(), sizes.contexts, events, sizes.contexts_rate)
        async with _course(server) as course:
            await course.fleet.open([f"/stream/{name}" for name in plan.names])
            outcome = await _run_paced(course, plan, "crowd")
        figures[key] = outcome.figures["cpu_us"]
        figures["p99_ms"] = outcome.figures["p99_ms"]
        deliveries.add(outcome.deliveries)
    deliveries.lost += sum(reader.transport is None or reader.closed for reader in idle.readers)
    idle.close()
    await server.rest()
    figures["growth"] = figures["many_us"] / figures["few_us"]
    return [Outcome("crowd", figures, deliveries)]


async def pauses(server: Server, sizes: Sizes) -> list[Outcome]:
    """The first event after a pause: a few contexts with a reader each, far from busy."""
    events = int(sizes.pauses_rate * sizes.pauses_time)
    plan = Plan(_new_prefix(), sizes.pauses, events, sizes.pauses_rate)
    async with _course(server) as course:
        await course.fleet.open([f"/stream/{name}" for name in plan.names])
        return [await _run_paced(course, plan, "pauses")]


async def _run_paced(course: Course, plan: Plan, scenario: str) -> Outcome:
    await course.begin()
    course.fleet.expect(plan.events)
    await course.emitter.emit(plan)
    await course.fleet.wait(plan.events / plan.rate + _LATE)
    figures = course.figures()
    await asyncio.sleep(_SETTLE)  # for what may come twice
    return Outcome(scenario, figures, course.fleet.deliveries())


async def opening(server: Server, sizes: Sizes) -> list[Outcome]:
    """Open a stream, take its first event, close it; a few of them at a time."""
    deliveries = Deliveries()
    async with _course(server) as course:
        await course.emitter.connect()

        async def open_and_close() -> None:
            while time.monotonic() < until:
                context = _new_prefix()
                if server.contestant.published:
                    await course.emitter.publish(context, make_item(0))
                once = Fleet(server)
                await once.open([f"/start/{context}"])
                once.expect(1)
                await once.wait(_LATE)
                once.close()
                deliveries.add(once.deliveries())

        began, cpu = time.monotonic(), server.cpu_seconds()
        until = began + sizes.opening_time
        async with asyncio.TaskGroup() as group:
            for _ in range(sizes.opening_at_once):
                group.create_task(open_and_close())
        elapsed, cpu = time.monotonic() - began, server.cpu_seconds() - cpu
    opens = deliveries.expected
    return [
        Outcome("opening", {"opens_s": opens / elapsed, "cpu_us": cpu * 1e6 / opens}, deliveries)
    ]


Scenario = Callable[[Server, Sizes], Awaitable[list[Outcome]]]

EVENTS: tuple[Scenario, ...] = (
    *(many, fan_out, pauses),
    *(contexts, opening, opening) * 5,
    fan_out,
    *(contexts, opening, opening) * 5,
    fan_out,
    crowd,
)
"""Memory is measured first, while the processes are fresh. What is judged against another is run
often and briefly: whatever else the machine does then hits both. A pair of runs may be off by a
quarter, so there are most of what stands close to its budget."""
