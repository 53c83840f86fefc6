"""The one shape in which clients see anything: chatData, ``{type, createdAt, item}``."""

from __future__ import annotations

from typing import Any

Item = dict[str, Any]


def chat_data(type_: str, created_at: float, item: Item) -> Item:
    """The one shape in which a client sees anything of a workflow."""
    return {"type": type_, "createdAt": created_at, "item": item}


def list_context(user_id: str) -> str:
    """The context that a user's list of workflows and documents is streamed in."""
    return f"user:{user_id}"
