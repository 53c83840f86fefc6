"""How the rounds of this process went, in plain numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from quart_chat.chat.models import Round
from quart_chat.chat.rounds.recording.in_flight import Answer
from quart_chat.durations import Durations


@dataclass(slots=True)
class RoundStatistics:
    """What ended rounds have taken.

    Attributes:
        outcomes: How many ended in which way.
        prompt_tokens: Tokens that models were told, where their endpoints say.
        answer_tokens: Tokens that models wrote, where their endpoints say.
        first_texts: How long it took from the start of a round to the first text of its answer.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    answer_tokens: int = 0
    first_texts: Durations = field(default_factory=Durations)

    def count(self, ended: Round, answer: Answer) -> None:
        """Count a round that has ended."""
        self.outcomes[str(ended.status)] += 1
        if answer.usage is not None:
            self.prompt_tokens += answer.usage.prompt_tokens or 0
            self.answer_tokens += answer.usage.answer_tokens or 0
        if answer.message is not None:
            self.first_texts.add(max(0.0, answer.message.created_at - ended.started_at))
