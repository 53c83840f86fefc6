"""What users have used, by day and by model."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from io import StringIO

from quart_chat.plaintext import to_cell

NEAR = 0.8
"""The share of a limit from which on a user is told."""


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """What was used of a model on a day.

    Attributes:
        day: The day in UTC on which the answers ended, as ``2027-01-31``.
        model: The model that was asked, or the assistant where it has none.
        rounds: Answers that have ended.
        prompt_tokens: Tokens that the model was told.
        answer_tokens: Tokens that it wrote.
    """

    day: str
    model: str
    rounds: int
    prompt_tokens: int
    answer_tokens: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.answer_tokens


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much of a limit of tokens is used.

    Attributes:
        period: ``day`` or ``month``.
        model: The model that it is of; empty for all.
    """

    period: str
    model: str
    used: int
    limit: int

    @property
    def share(self) -> float:
        """0 to 1, or more where the last answer has gone past the limit."""
        return self.used / self.limit if self.limit else 1.0

    @property
    def is_near(self) -> bool:
        return self.share >= NEAR


def day_of(now: float) -> date:
    """The day in UTC of a moment."""
    return datetime.fromtimestamp(now, UTC).date()


def seconds_to(day: date, now: float) -> int:
    """Seconds until a day begins in UTC, at least one."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    return max(1, math.ceil(begins - now))


def next_month(day: date) -> date:
    """The first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def to_csv(used: Iterable[DailyUsage]) -> str:
    """What was used, as CSV (RFC 4180) with a line of names."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([each.name for each in fields(DailyUsage)])
    writer.writerows(map(to_cell, astuple(each)) for each in used)
    return text.getvalue()
