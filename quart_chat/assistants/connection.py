"""What a test of the connection to a model's endpoint finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from quart_chat.assistants.protocol import Assistant
from quart_chat.wire import Item


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What a test has found.

    Attributes:
        models: Those that the endpoint lists.
        listed_ms: How long the list took, in milliseconds, or its failure.
        model: The one that was asked for a word; None where none could be.
        answered_ms: From the request to its first word, in milliseconds; None where none came.
        code: What is wrong, for programs; None where the model has answered.
        message: The same for people, with the endpoint's own words before it.
        note: Why the models can't be listed, where the model answers all the same.
    """

    models: tuple[str, ...]
    listed_ms: float
    model: str | None = None
    answered_ms: float | None = None
    code: str | None = None
    message: str | None = None
    note: str | None = None

    @property
    def ok(self) -> bool:
        return self.code is None

    def to_item(self) -> Item:
        return {
            "ok": self.ok,
            "models": list(self.models),
            "listedMs": self.listed_ms,
            "model": self.model,
            "answeredMs": self.answered_ms,
            "code": self.code,
            "message": self.message,
            "note": self.note,
        }


@runtime_checkable
class ConnectedAssistant(Assistant, Protocol):
    """An assistant whose connection can be tested."""

    async def test_connection(self, model: str | None = None) -> ConnectionReport:
        """List the models, and have one of them say a word; without a name, the default one."""
        ...
