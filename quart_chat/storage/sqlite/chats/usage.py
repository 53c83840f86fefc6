"""What users have used, and how much they may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

import orjson

from quart_chat.chat.usage.models import DailyUsage
from quart_chat.storage.sqlite.reads import Reads

_SUMS = "sum(rounds), sum(prompt_tokens), sum(answer_tokens)"
_COUNTS = ("rounds", "prompt_tokens", "answer_tokens")
_ADD = (
    f"INSERT INTO usage (user_id, day, model, {', '.join(_COUNTS)})"
    " SELECT id, ?, ?, ?, ?, ? FROM users WHERE id = ?"
    " ON CONFLICT (user_id, day, model) DO UPDATE SET "
    + ", ".join(f"{name} = usage.{name} + excluded.{name}" for name in _COUNTS)
)


class UsageReads(Reads):
    """Implements :class:`quart_chat.chat.usage.storage.UsageReader`."""

    def select_limits(self, user_id: str) -> tuple[str, str]:
        row = self.statements.fetch_one(
            "SELECT role, limits FROM accounts WHERE user_id = ?", (user_id,)
        )
        return ("", "") if row is None else (row[0], row[1])

    def select_usage(self, since: str, user_id: str | None = None) -> list[DailyUsage]:
        of_user, values = ("", ()) if user_id is None else (" AND user_id = ?", (user_id,))
        rows = self.statements.fetch(
            f"SELECT day, model, {_SUMS} FROM usage WHERE day >= ?{of_user}"
            " GROUP BY day, model ORDER BY day, model",
            (since, *values),
        )
        return [DailyUsage(day, model, *map(int, sums)) for day, model, *sums in rows]

    def select_used_tokens(self, since: str) -> dict[str, tuple[int, int]]:
        rows = self.statements.fetch(
            "SELECT user_id, sum(rounds), sum(prompt_tokens + answer_tokens) FROM usage"
            " WHERE day >= ? GROUP BY user_id",
            (since,),
        )
        return {user_id: (int(rounds), int(tokens)) for user_id, rounds, tokens in rows}

    def select_prompt_times(self, user_id: str) -> tuple[float, ...]:
        row = self.statements.fetch_one(
            "SELECT times FROM prompt_times WHERE user_id = ?", (user_id,)
        )
        return () if row is None else tuple(orjson.loads(row[0]))


class UsageChanges(Reads):
    """Implements what :class:`quart_chat.chat.usage.storage.UsageTransaction` adds."""

    def add_usage(self, user_id: str, used: DailyUsage) -> None:
        self.statements.fetch(_ADD, (*astuple(used), user_id))

    def update_prompt_times(self, user_id: str, times: Sequence[float]) -> None:
        self.statements.fetch(
            "INSERT INTO prompt_times (user_id, times) SELECT id, ? FROM users WHERE id = ?"
            " ON CONFLICT (user_id) DO UPDATE SET times = excluded.times",
            (orjson.dumps(times).decode(), user_id),
        )
