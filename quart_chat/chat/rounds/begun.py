"""A round that has begun, as a transaction hands it to what runs it."""

from __future__ import annotations

from dataclasses import dataclass

from quart_chat.chat.rounds.runner import RunningRound

Prompt = tuple[str, str | None]
"""A prompt, and its HTML."""


@dataclass(frozen=True, slots=True)
class Started:
    """A round that has begun.

    Attributes:
        since: The workflow's seq before it.
        after: The number of the last event before it in the workflow's context; None where it is
            not known, or does not say what of the round this process holds.
    """

    workflow_id: str
    round_number: int
    since: int
    after: int | None = None


Begun = tuple[Started, RunningRound | None]
"""A round that a transaction has begun; None in the place of one that runs already."""
