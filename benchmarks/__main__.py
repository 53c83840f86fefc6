"""Run the benchmarks: ``python -m benchmarks [cluster] [--quick] [--only NAME ...] ...``."""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from benchmarks.chat import SCENES, Scene
from benchmarks.contestants import (
    JUDGED,
    OUR_CHAT,
    Contestant,
    chat_contestants,
    endpoint,
    events_contestants,
)
from benchmarks.program import pages, start
from benchmarks.report import Report, Round
from benchmarks.scenarios import EVENTS, QUICK, Scenario, Sizes
from benchmarks.server import CLIENT_CORE, Server, busy_seconds, pin

RESULTS = Path(__file__).parent / "results"
PARTS = tuple(dict.fromkeys(part.__name__ for part in (*EVENTS, *SCENES, start, pages)))


def main() -> int:
    arguments = _parse()
    if arguments.what == "cluster":
        # It needs the services that the tests start.
        from benchmarks.cluster import measure

        _prepare_client()
        return measure(quick=arguments.quick, rounds=arguments.rounds, to=RESULTS / "cluster.json")
    field = [
        each
        for each in (*events_contestants(), *chat_contestants())
        if arguments.only is None or each.name in {*JUDGED, *arguments.only}
    ]
    sizes = QUICK if arguments.quick else Sizes()
    parts = frozenset(arguments.parts or PARTS)
    _prepare_client()
    began, busy = time.monotonic(), busy_seconds()
    rounds = [
        uvloop.run(_run_round(field, parts, sizes, number))
        for number in range(1 if arguments.quick else arguments.rounds)
    ]
    other_load = (busy_seconds() - busy) / (time.monotonic() - began)
    report = Report(field, sizes, rounds, other_load)
    report.write(RESULTS / f"{arguments.out}.json")
    print(report.table())
    return 0 if all(verdict.holds for verdict in report.verdicts) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=["cluster"], help="delivery on another node over each broker"
    )
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds to take medians of (3)")
    parser.add_argument(
        "--only", nargs="*", metavar="NAME", help="contestants beside the two judged"
    )
    parser.add_argument(
        "--parts", nargs="*", metavar="NAME", choices=PARTS, help=f"of {', '.join(PARTS)} (all)"
    )
    parser.add_argument("--out", default="latest", help="name of the file in results/ (latest)")
    return parser.parse_args()


def _prepare_client() -> None:
    pin(0, CLIENT_CORE)
    gc.disable()  # a pause of the client would be counted as a latency of the server
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _run_round(
    field: list[Contestant], parts: frozenset[str], sizes: Sizes, number: int
) -> Round:
    """One round: scenario by scenario, the contestants next to each other in time."""
    outcomes: Round = {contestant.name: [] for contestant in field}
    scenarios = [each for each in EVENTS if each.__name__ in parts]
    scenes = [each for each in SCENES if each.__name__ in parts]
    if scenarios:
        takes_part = [each for each in field if not each.answers]
        await _run_events(takes_part, scenarios, sizes, number, outcomes)
    if scenes:
        await _run_chat([each for each in field if each.answers], scenes, sizes, number, outcomes)
    if start.__name__ in parts:
        (program,) = [each for each in field if each.name == OUR_CHAT]
        _tell(number, start.__name__, OUR_CHAT)
        outcomes[OUR_CHAT] += await start(program)
    # They take long, and each of their figures is one of several already.
    if pages.__name__ in parts and number == 0:
        _tell(number, pages.__name__, OUR_CHAT)
        outcomes[OUR_CHAT] += await pages(sizes)
    return outcomes


async def _run_events(
    field: list[Contestant],
    scenarios: list[Scenario],
    sizes: Sizes,
    number: int,
    outcomes: Round,
) -> None:
    done: set[Scenario] = set()
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(Server(contestant)) for contestant in field]
        for scenario in scenarios:
            for server in servers if number % 2 else reversed(servers):
                name = server.contestant.name
                if scenario in done and name not in JUDGED:
                    continue
                _tell(number, scenario.__name__, name)
                outcomes[name] += await scenario(server, sizes)
            done.add(scenario)


async def _run_chat(
    field: list[Contestant], scenes: list[Scene], sizes: Sizes, number: int, outcomes: Round
) -> None:
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(Server(endpoint(), core=CLIENT_CORE))
        environment = {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model.port}/v1",
            "OPENAI_API_KEY": "none",
        }
        servers = [await stack.enter_async_context(Server(each, environment)) for each in field]
        for scene in scenes:
            for server in servers if number % 2 else reversed(servers):
                name = server.contestant.name
                _tell(number, scene.__name__, name)
                outcomes[name] += await scene(server, model, sizes)


def _tell(number: int, scenario: str, name: str) -> None:
    print(f"round {number + 1}: {scenario:10} {name:20}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
