"""What is judged, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from statistics import median

import orjson

from benchmarks.contestants import BARE, OUR_CHAT, OURS, RIVAL, RIVAL_CHAT, WITH_ACCOUNTS

_BEFORE = orjson.loads((Path(__file__).parent / "results" / "before.json").read_bytes())
"""What was measured before streams were opened and written to as they are now."""


class Against(Enum):
    """What a figure is held against, the rival's always that of the run next to ours in time."""

    NOBODY = auto()
    SHARE = auto()
    EXCESS = auto()


@dataclass(frozen=True, slots=True)
class Budget:
    """What a figure of ours may be at most, or has to be at least.

    Attributes:
        against: By itself, as a share of the rival's, or what it is above the rival's.
        worst: Whether the worst run counts; else the median.
        least: Whether the limit is what it has to be at least.
    """

    scenario: str
    figure: str
    limit: float
    against: Against = Against.NOBODY
    ours: str = OURS
    rival: str = RIVAL
    worst: bool = False
    least: bool = False

    def over_runs(self, figures: list[float]) -> float:
        return max(figures) if self.worst else median(figures)

    def compare(self, ours: list[float], rivals: list[float]) -> float:
        pairs = zip(ours, rivals, strict=True)
        if self.against is Against.SHARE:
            return self.over_runs([mine / his for mine, his in pairs])
        return self.over_runs([mine - his for mine, his in pairs])


def _chat(scenario: str, figure: str, limit: float, against: Against) -> Budget:
    return Budget(scenario, figure, limit, against, OUR_CHAT, RIVAL_CHAT)


def _with_accounts(scenario: str) -> Budget:
    return Budget(scenario, "cpu_ms", 1.05, Against.SHARE, WITH_ACCOUNTS, OUR_CHAT)


BUDGETS = (
    Budget("fan-out", "cpu_us", 0.10, Against.SHARE),
    Budget("contexts", "cpu_us", 0.75, Against.SHARE),
    Budget("contexts", "cpu_us", 1.5, Against.SHARE, rival=BARE),
    Budget("idle", "kb", 0.55, Against.SHARE),
    Budget("idle", "kb", 16.0),
    Budget("crowd", "growth", 1.15),
    Budget("opening", "opens_s", 1.3 * _BEFORE["opening"]["share"], Against.SHARE, least=True),
    Budget("pauses", "p50_ms", 3.0),
    Budget("pauses", "p99_ms", 10.0),
    Budget("many", "p99_ms", 100.0),
    _chat("chat-paced", "cpu_ms", 0.45, Against.SHARE),
    _chat("chat-paced", "first_p50_ms", 10.0, Against.EXCESS),
    _chat("chat-paced", "first_p99_ms", 10.0, Against.EXCESS),
    _chat("chat-flat-out", "cpu_ms", 0.2, Against.SHARE),
    _chat("chat-flat-out", "first_p50_ms", 10.0, Against.EXCESS),
    _chat("chat-flat-out", "first_p99_ms", 10.0, Against.EXCESS),
    _with_accounts("chat-paced"),
    _with_accounts("chat-flat-out"),
    Budget("stops", "stop_max_ms", 250.0, ours=OUR_CHAT, worst=True),
    Budget("start", "first_page_ms", 1000.0, ours=OUR_CHAT),
    Budget("start", "idle_mb", 90.0, ours=OUR_CHAT),
    Budget("pages", "interactive_ms", 500.0, ours=OUR_CHAT),
    Budget("pages", "task_ms", 100.0, ours=OUR_CHAT),
    Budget("pages", "weight_kb", 75.0, ours=OUR_CHAT),
    Budget("pages", "foreign", 0.0, ours=OUR_CHAT),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether ours holds something."""

    what: str
    measured: float
    limit: float
    least: bool = False

    @property
    def holds(self) -> bool:
        if self.least:
            return self.measured >= self.limit
        return self.measured <= self.limit
