"""What the preferences of users ask of a store."""

from __future__ import annotations

from typing import Protocol

from quart_chat.chat.preferences.models import Preferences


class PreferenceReader(Protocol):
    """Reads the preferences of users."""

    def select_preferences(self, user_id: str) -> Preferences:
        """Read what a user has set; where that is nothing, preferences without anything."""
        ...


class PreferenceTransaction(PreferenceReader, Protocol):
    """Reads and changes the preferences of users."""

    def upsert_preferences(self, user_id: str, preferences: Preferences, now: float) -> None:
        """Store what a user has set; makes the user known where there are no accounts.

        Raises:
            Unauthenticated: The user was erased.
        """
        ...
