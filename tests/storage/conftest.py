"""Some tests drive the store through the service of chats."""

from __future__ import annotations

from tests.chat.conftest import assistant, events, service

__all__ = ["assistant", "events", "service"]
