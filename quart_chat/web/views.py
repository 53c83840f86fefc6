"""What the pages show: a chat's rounds, each with its prompt, steps and answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quart_chat.chat.models import Log, Message, Round, RoundStatus


@dataclass(slots=True)
class RoundView:
    """One prompt and all that answers it; ``error`` says why there is no whole answer."""

    number: int
    status: RoundStatus
    error: str | None
    prompt: Message | None = None
    logs: list[Log] = field(default_factory=list)
    answer: Message | None = None


def build_rounds(
    rounds: Iterable[Round], messages: Iterable[Message], logs: Iterable[Log]
) -> list[RoundView]:
    """Gather what belongs to each round, in order."""
    views = {
        round_.number: RoundView(
            round_.number, round_.status, round_.message if round_.status == "error" else None
        )
        for round_ in rounds
    }
    for message in messages:
        if message.role == "user":
            views[message.round_number].prompt = message
        else:
            views[message.round_number].answer = message
    for log in logs:
        views[log.round_number].logs.append(log)
    return list(views.values())
