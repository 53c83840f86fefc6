"""Which reader takes an export of another program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quart_chat.chat.transfer.file import ChatFile
from quart_chat.chat.transfer.lists import find_messages, is_deepseek, read_deepseek, read_plain
from quart_chat.chat.transfer.others import (
    Raw,
    find_web_ui,
    read_claude,
    read_libre_chat,
    read_llama_cpp,
    read_open_web_ui,
)


def find_reader(raw: Any) -> Callable[[Raw], ChatFile] | None:
    """What reads an export of another program; None where it is of none that is known."""
    if not isinstance(raw, dict):
        return None
    if is_deepseek(raw):
        return read_deepseek
    if isinstance(raw.get("chat_messages"), list):
        return read_claude
    if find_web_ui(raw) is not None:
        return read_open_web_ui
    if isinstance(raw.get("conv"), dict) and isinstance(raw.get("messages"), list):
        return read_llama_cpp
    if "conversationId" in raw and isinstance(raw.get("messagesTree", raw.get("messages")), list):
        return read_libre_chat
    return read_plain if find_messages(raw) is not None else None
