"""Under which name an endpoint takes the limit of an answer's length.

Most know ``max_tokens``. OpenAI's models that reason refuse it, and name the one that they take,
``max_completion_tokens``, which other servers don't know.
"""

from __future__ import annotations

from typing import Any

COMMON = "max_tokens"
OF_REASONING = "max_completion_tokens"


class LengthLimits:
    """Learns from refusals which models take the other name."""

    def __init__(self) -> None:
        self._models: set[str] = set()

    def rename(self, model: str, members: dict[str, Any]) -> dict[str, Any]:
        """The members of a request, with the limit under the name that the model takes."""
        if model not in self._models or COMMON not in members:
            return members
        return {OF_REASONING if name == COMMON else name: value for name, value in members.items()}

    def learn(self, model: str, members: dict[str, Any], complaint: str) -> set[str]:
        """Return the members of a request to send under another name, as its refusal asks."""
        if COMMON not in members or OF_REASONING not in complaint:
            return set()
        self._models.add(model)
        return {COMMON}
