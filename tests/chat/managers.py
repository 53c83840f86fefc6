"""An event manager as the chat has it."""

from __future__ import annotations

from quart_chat.chat.emitted import DELTAS, ENVELOPED
from quart_chat.events import Broker, EventSettings, StreamingEventManager


def make_manager(
    settings: EventSettings | None = None, broker: Broker | None = None
) -> StreamingEventManager:
    """Make one that knows the chat's events."""
    return StreamingEventManager(settings, broker, coalescer=DELTAS, enveloped=ENVELOPED)
