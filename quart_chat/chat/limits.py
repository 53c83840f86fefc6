"""How much a person may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quart_chat.limits import UserLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """Bounds of what a person may do.

    Attributes:
        prompt_chars: Characters in a prompt.
        title_chars: Characters in a title.
        system_prompt_chars: Characters in a chat's system prompt.
        running_rounds: Rounds of one user that run at a time.
        queued_prompts: Prompts that wait in a chat.
        undo_seconds: For how long a deleted chat can be restored.
        search_seconds: For how long a search may read.
        roles: What users may use, by their role; None where no usage is counted or limited.
    """

    prompt_chars: int = 32_000
    title_chars: int = 200
    system_prompt_chars: int = 8_000
    running_rounds: int = 20
    queued_prompts: int = 20
    undo_seconds: float = 3600.0
    search_seconds: float = 3.0
    roles: Mapping[str, UserLimits] | None = None
