"""Reading and changing what users set for themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from quart_chat.assistants.parameters import Parameters, check_parameters
from quart_chat.assistants.protocol import Assistant
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.preferences.models import Preferences, Preset
from quart_chat.chat.rounds.choice import choose_assistant
from quart_chat.chat.storage import ChatStorage, ChatTransaction
from quart_chat.errors import InvalidInput, NotFound
from quart_chat.plaintext import clean_name, clean_system_prompt
from quart_chat.texts import _, number

MAX_PRESETS = 50
MAX_PRESET_NAME = 60
"""Characters in the name of a preset."""


class PreferenceService:
    """The preferences of all users; each call is on behalf of one."""

    def __init__(
        self, storage: ChatStorage, assistants: Mapping[str, Assistant], limits: ChatLimits
    ) -> None:
        self._storage = storage
        self._assistants = assistants
        self._limits = limits

    async def read(self, user_id: str) -> Preferences:
        """Read what a user has set."""
        return await self._storage.read(lambda reader: reader.select_preferences(user_id))

    async def change(
        self,
        user_id: str,
        *,
        choice: tuple[str | None, str | None] | None = None,
        system_prompt: str | None = None,
    ) -> Preferences:
        """Change what is given: all of it at once, or nothing.

        Args:
            user_id: Whose preferences.
            choice: The assistant of new chats, and its model; None for what is chosen there.
            system_prompt: The instructions of new chats; empty for none.

        Raises:
            InvalidInput: There is no such assistant, it has no models, or a text is too long.
        """
        changes: dict[str, Any] = {}
        if choice is not None:
            changes["assistant"], changes["model"] = self._checked(*choice)
        if system_prompt is not None:
            limit = self._limits.system_prompt_chars
            changes["system_prompt"] = clean_system_prompt(system_prompt, limit)
        return await self._change(user_id, lambda known: replace(known, **changes))

    async def save_preset(self, user_id: str, name: str, parameters: Parameters) -> Preset:
        """Save parameters under a name, in the place of those that have it already.

        Raises:
            InvalidInput: The name or a parameter can't be used, or there are too many presets.
        """
        name = clean_name(name, MAX_PRESET_NAME)
        if check_parameters(parameters) is None:
            raise InvalidInput(_("A preset needs at least one value."))

        def add(known: Preferences) -> Preferences:
            others = [preset for preset in known.presets if not _same(preset.name, name)]
            id_ = next((p.id for p in known.presets if _same(p.name, name)), uuid4().hex)
            if len(others) >= MAX_PRESETS:
                raise InvalidInput(
                    _("You have {limit} presets already. Delete one first.").format(
                        limit=number(MAX_PRESETS)
                    )
                )
            presets = sorted((*others, Preset(id_, name, parameters)), key=_in_order)
            return replace(known, presets=tuple(presets))

        changed = await self._change(user_id, add)
        return next(preset for preset in changed.presets if preset.name == name)

    async def delete_preset(self, user_id: str, preset_id: str) -> None:
        """Delete a preset; chats keep what they have taken from it.

        Raises:
            NotFound: There is none.
        """

        def remove(known: Preferences) -> Preferences:
            preset = find_preset(known, preset_id)
            return replace(known, presets=tuple(p for p in known.presets if p is not preset))

        await self._change(user_id, remove)

    async def _change(
        self, user_id: str, change: Callable[[Preferences], Preferences]
    ) -> Preferences:
        def write(transaction: ChatTransaction) -> Preferences:
            known = transaction.select_preferences(user_id)
            changed = change(known)
            if changed != known:
                transaction.upsert_preferences(user_id, changed, time.time())
            return changed

        return await self._storage.write(write)

    def _checked(self, assistant: str | None, model: str | None) -> tuple[str | None, str | None]:
        if assistant is None:
            if model is not None:
                raise InvalidInput(_("model: name its assistant as well."))
            return None, None
        chosen, model = choose_assistant(self._assistants, assistant, model)
        return chosen.name, model


def find_preset(preferences: Preferences, preset_id: str) -> Preset:
    """Find a preset by its id.

    Raises:
        NotFound: There is none.
    """
    for preset in preferences.presets:
        if preset.id == preset_id:
            return preset
    raise NotFound(_("This preset does not exist."))


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()


def _in_order(preset: Preset) -> str:
    return preset.name.casefold()
