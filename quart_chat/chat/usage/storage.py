"""What the counting of usage asks of a store; see :mod:`quart_chat.chat.storage`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from quart_chat.chat.usage.models import DailyUsage


class UsageReader(Protocol):
    """Reads what was used, and the limits of users, as of one moment."""

    def select_limits(self, user_id: str) -> tuple[str, str]:
        """Read the role of a user, and the limits that an administrator has set.

        Both are empty where the user has no account.
        """
        ...

    def select_usage(self, since: str, user_id: str | None = None) -> list[DailyUsage]:
        """Read what was used from a day on, by day and model: of a user, or of all together."""
        ...

    def select_used_tokens(self, since: str) -> dict[str, tuple[int, int]]:
        """Read the answers and the tokens of each user from a day on, by the ids of the users."""
        ...

    def select_prompt_times(self, user_id: str) -> tuple[float, ...]:
        """Read when the user has asked lately, in order."""
        ...


class UsageTransaction(UsageReader, Protocol):
    """Reads what was used, and counts."""

    def add_usage(self, user_id: str, used: DailyUsage) -> None:
        """Add to what the user has used of a model on a day; nothing for an erased user."""
        ...

    def update_prompt_times(self, user_id: str, times: Sequence[float]) -> None:
        """Store when the user has asked lately; nothing for an erased user."""
        ...
