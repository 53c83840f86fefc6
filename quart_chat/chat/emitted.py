"""What the event manager is told of a chat's events."""

from __future__ import annotations

from quart_chat.events import DeltaCoalescer

DELTAS = DeltaCoalescer("delta", text_id="messageId")
"""Pieces of an answer that wait together are merged, and its first piece does not wait."""

ENVELOPED = frozenset({"chatdata"})
"""Items are stored, and so emitted, in the shape in which clients receive them."""
