"""What users have set for themselves."""

from __future__ import annotations

from typing import Any

import orjson

from quart_chat.assistants.parameters import Parameters
from quart_chat.chat.preferences.models import Preferences, Preset
from quart_chat.storage.sqlite.list_counter import ListCounter
from quart_chat.storage.sqlite.reads import Reads

_COLUMNS = ("assistant", "model", "system_prompt", "presets")
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM preferences WHERE user_id = ?"
_UPSERT = (
    f"INSERT INTO preferences (user_id, {', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (user_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
)


class PreferenceReads(Reads):
    """Implements :class:`quart_chat.chat.preferences.storage.PreferenceReader`."""

    def select_preferences(self, user_id: str) -> Preferences:
        row = self.statements.fetch_one(_SELECT, (user_id,))
        if row is None:
            return Preferences()
        assistant, model, system_prompt, presets = row
        return Preferences(
            assistant, model, system_prompt, tuple(map(_to_preset, orjson.loads(presets)))
        )


class PreferenceChanges(ListCounter):
    """Implements what :class:`quart_chat.chat.preferences.storage.PreferenceTransaction` adds."""

    def upsert_preferences(self, user_id: str, preferences: Preferences, now: float) -> None:
        self.require_row(user_id, now)
        values = (
            preferences.assistant,
            preferences.model,
            preferences.system_prompt,
            orjson.dumps(preferences.presets).decode(),
        )
        self.statements.fetch(_UPSERT, (user_id, *values))


def _to_preset(stored: dict[str, Any]) -> Preset:
    return Preset(stored["id"], stored["name"], Parameters(**stored["parameters"]))
