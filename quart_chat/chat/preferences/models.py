"""What a user has set."""

from __future__ import annotations

from dataclasses import dataclass

from quart_chat.assistants.parameters import Parameters
from quart_chat.wire import Item


@dataclass(frozen=True, slots=True)
class Preset:
    """Parameters of a model under a name, to choose for chats."""

    id: str
    name: str
    parameters: Parameters

    def to_item(self) -> Item:
        return {"id": self.id, "name": self.name, "parameters": self.parameters.to_item()}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user has set; None where nothing is.

    Attributes:
        assistant: The one that answers in new chats.
        model: The model that it answers with there.
        system_prompt: The instructions that a new chat begins with.
        presets: In the order of their names.
    """

    assistant: str | None = None
    model: str | None = None
    system_prompt: str | None = None
    presets: tuple[Preset, ...] = ()

    def to_item(self) -> Item:
        return {
            "assistant": self.assistant,
            "model": self.model,
            "systemPrompt": self.system_prompt,
            "presets": [preset.to_item() for preset in self.presets],
        }
