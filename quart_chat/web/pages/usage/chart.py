"""A chart of tokens by day and by model, drawn on the server."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quart_chat.chat.usage.models import DailyUsage

COLOURS = 6
"""Models that have a colour of their own; the last is that of all others."""

STEP = 20
"""Units from one day to the next."""
BAR = 14
HEIGHT = 100
"""Units of the highest day."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The tokens of a model on a day, in units of the drawing; ``colour`` counts from 0."""

    x: int
    y: float
    height: float
    colour: int


@dataclass(frozen=True, slots=True)
class Series:
    """A model of the chart: ``name`` is empty for all that have no colour of their own."""

    name: str
    colour: int
    rounds: int
    prompt_tokens: int
    answer_tokens: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.answer_tokens


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, and what stands beside it.

    Attributes:
        first, last: The days at its ends.
        highest: Tokens of the highest day.
        series: The models, the most used first.
        bars: What is drawn.
        rows: What was used, the latest day first, for the table.
    """

    first: str
    last: str
    highest: int
    width: int
    series: list[Series]
    bars: list[Bar]
    rows: list[DailyUsage]


def make_chart(days: Sequence[str], used: Iterable[DailyUsage]) -> Chart:
    """Draw what was used on some days, stacked by model."""
    used = [each for each in used if each.day in set(days)]
    series, colours = _rank(used)
    stacks: dict[str, list[int]] = defaultdict(lambda: [0] * COLOURS)
    for each in used:
        stacks[each.day][colours[each.model]] += each.tokens
    highest = max(map(sum, stacks.values()), default=0)
    bars: list[Bar] = []
    for place, day in enumerate(days):
        y = float(HEIGHT)
        for colour, tokens in enumerate(stacks.get(day, ())):
            if tokens:
                height = HEIGHT * tokens / highest
                y -= height
                bars.append(Bar(place * STEP, round(y, 2), round(height, 2), colour))
    rows = sorted(used, key=lambda each: (each.day, each.tokens), reverse=True)
    width = (len(days) - 1) * STEP + BAR
    return Chart(days[0], days[-1], highest, width, series, bars, rows)


def _rank(used: list[DailyUsage]) -> tuple[list[Series], dict[str, int]]:
    """The models by their tokens, and the colour of each."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in used:
        counts = (each.rounds, each.prompt_tokens, each.answer_tokens)
        sums[each.model] = [a + b for a, b in zip(sums[each.model], counts, strict=True)]
    ranked = sorted(sums, key=lambda name: (-sums[name][1] - sums[name][2], name))
    colours = {name: min(place, COLOURS - 1) for place, name in enumerate(ranked)}
    own = ranked[: COLOURS - 1] if len(ranked) > COLOURS else ranked
    series = [Series(name, colours[name], *sums[name]) for name in own]
    if others := ranked[len(own) :]:
        together = [sum(column) for column in zip(*(sums[name] for name in others), strict=True)]
        series.append(Series("", COLOURS - 1, *together))
    return series, colours
