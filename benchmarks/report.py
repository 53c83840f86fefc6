"""The table, the file and the verdict."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks.budgets import BUDGETS, Against, Budget, Verdict
from benchmarks.contestants import OUR_CHAT, OURS, WITH_ACCOUNTS, Contestant
from benchmarks.scenarios import Outcome, Sizes

_MUCH_LOAD = 0.1
"""Cores used by other programs from which on a run is worth doing again."""

CHATS = (OUR_CHAT, WITH_ACCOUNTS)
"""Those that store what they answer."""

Round = dict[str, list[Outcome]]
"""The outcomes of one round by contestant."""

TITLES = {
    "idle": "{many:,} idle streams",
    "many": "{many:,} streams, {many_rate:g} event/s each",
    "contexts": "{contexts} contexts, a reader and {contexts_rate:g} events/s each",
    "fan-out": "fan-out: {fan_out_readers} readers of one context, flat out",
    "crowd": "the same contexts among {crowd[0]:,} idle streams, and among {crowd[1]:,}",
    "pauses": "first event after a pause, {pauses} readers",
    "opening": "open, first event, close",
    "chat-paced": "{chats} conversations at once, {chat_rate:g} tokens/s each",
    "chat-flat-out": "{chats} conversations at once, flat out",
    "stops": "{stops} stops at random moments, until the model's connection is closed",
    "start": "quart-chat serve in an empty folder: until its first page has come, and idle then",
    "pages": "in Chromium: a chat of 1,000 messages, {long_answers} long answers, a page weighed",
}

COLUMNS = {
    "kb": "KB/stream",
    "cpu_us": "CPU us/event",
    "events_s": "events/s",
    "few_us": "CPU among few",
    "many_us": "among many",
    "growth": "growth",
    "opens_s": "opens/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "cpu_ms": "CPU ms/chat",
    "tokens_s": "tokens/s",
    "first_p50_ms": "first p50 ms",
    "first_p99_ms": "first p99 ms",
    "stop_p50_ms": "stop p50 ms",
    "stop_max_ms": "stop max ms",
    "first_page_ms": "first page ms",
    "idle_mb": "idle MB",
    "interactive_ms": "opened ms",
    "task_ms": "longest task",
    "weight_kb": "weight KB",
    "foreign": "foreign",
}


class Report:
    """What the rounds gave: medians over the rounds, ratios taken within each round first."""

    def __init__(
        self,
        contestants: Sequence[Contestant],
        sizes: Sizes,
        rounds: list[Round],
        other_load: float,
    ) -> None:
        self._contestants = contestants
        self._sizes = sizes
        self._rounds = rounds
        self._other_load = other_load

    @property
    def verdicts(self) -> list[Verdict]:
        judged = [budget for budget in BUDGETS if self._ran(budget.ours, budget.scenario)]
        unstored = sum(map(self._faults, CHATS))
        return [self._judge(budget) for budget in judged] + [
            Verdict("events lost, doubled or misplaced", self._faults(OURS), 0),
            Verdict("answers lost, or stored otherwise than sent", unstored, 0),
        ]

    def _judge(self, budget: Budget) -> Verdict:
        what = f"{budget.scenario}: {COLUMNS[budget.figure]}"
        ours = self._each(budget.ours, budget.scenario, budget.figure)
        match budget.against:
            case Against.NOBODY:
                return Verdict(what, budget.over_runs(ours), budget.limit, budget.least)
            case Against.SHARE:
                what = f"{what}, of {budget.rival}'s"
            case Against.EXCESS:
                what = f"{what}, above {budget.rival}'s"
        rivals = self._each(budget.rival, budget.scenario, budget.figure)
        return Verdict(what, budget.compare(ours, rivals), budget.limit, budget.least)

    def _outcomes(self, contestant: str) -> Iterable[Outcome]:
        return (outcome for each in self._rounds for outcome in each[contestant])

    def _ran(self, contestant: str, scenario: str) -> bool:
        return any(outcome.scenario == scenario for outcome in self._outcomes(contestant))

    def _each(self, contestant: str, scenario: str, figure: str) -> list[float]:
        return [
            outcome.figures[figure]
            for outcome in self._outcomes(contestant)
            if outcome.scenario == scenario and figure in outcome.figures
        ]

    def _median(self, contestant: str, scenario: str, figure: str) -> float:
        return median(self._each(contestant, scenario, figure) or [float("nan")])

    def _faults(self, contestant: str, scenario: str | None = None) -> int:
        return sum(
            outcome.deliveries.faults
            for outcome in self._outcomes(contestant)
            if scenario in (None, outcome.scenario)
        )

    def table(self) -> str:
        lines: list[str] = []
        for scenario, title in TITLES.items():
            takes_part = [each for each in self._contestants if self._ran(each.name, scenario)]
            if not takes_part:
                continue
            lines += ["", title.format(**asdict(self._sizes))]
            columns = [key for key in COLUMNS if self._each(takes_part[0].name, scenario, key)]
            head = "".join(f"{COLUMNS[key]:>14}" for key in columns)
            lines.append(f"  {'':36}{head}{'delivered':>14}{'faults':>8}")
            for contestant in takes_part:
                name = contestant.name
                figures = "".join(
                    f"{_number(self._median(name, scenario, key)):>14}" for key in columns
                )
                delivered = sum(
                    outcome.deliveries.received
                    for outcome in self._outcomes(name)
                    if outcome.scenario == scenario
                )
                faults = self._faults(name, scenario)
                lines.append(f"  {contestant.title:36}{figures}{delivered:>14,}{faults:>8}")
        lines.append("")
        for verdict in self.verdicts:
            word = "holds" if verdict.holds else "FAILS"
            bound = "at least" if verdict.least else "at most"
            lines.append(
                f"{word}  {verdict.what}: {_number(verdict.measured)}, {bound} {verdict.limit:.4g}"
            )
        if self._other_load > _MUCH_LOAD:
            lines.append(f"note   other programs used {self._other_load:.2f} cores meanwhile")
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        names = [contestant.name for contestant in self._contestants]
        return {
            "machine": _machine(),
            "other_load": round(self._other_load, 2),
            "sizes": asdict(self._sizes),
            "medians": {
                scenario: {
                    name: {
                        key: round(self._median(name, scenario, key), 3)
                        for key in (*COLUMNS, "client_busy")
                        if self._each(name, scenario, key)
                    }
                    for name in names
                    if self._ran(name, scenario)
                }
                for scenario in TITLES
            },
            "verdicts": [{**asdict(verdict), "holds": verdict.holds} for verdict in self.verdicts],
            "rounds": [
                {name: [asdict(outcome) for outcome in outcomes] for name, outcomes in each.items()}
                for each in self._rounds
            ],
        }

    def write(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(orjson.dumps(self.document(), option=orjson.OPT_INDENT_2))


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if value < 1 else f"{value:.1f}"


def _machine() -> dict[str, Any]:
    release = platform.release().partition("-")[0]
    packages = (
        "quart",
        "hypercorn",
        "uvloop",
        "starlette",
        "sse-starlette",
        "uvicorn",
        "openai",
        "httpx2",
    )
    return {
        "system": f"{platform.system()} {release} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
