"""Which reader takes an export of another program, and where in it the chats are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quart_chat.chat.transfer.chatgpt import is_conversation
from quart_chat.chat.transfer.file import FORMAT, ChatFile
from quart_chat.chat.transfer.lists import find_messages, is_deepseek, read_deepseek, read_plain
from quart_chat.chat.transfer.lm_studio import is_lm_studio, read_lm_studio
from quart_chat.chat.transfer.others import (
    Raw,
    find_web_ui,
    read_claude,
    read_libre_chat,
    read_llama_cpp,
    read_open_web_ui,
)

_LISTS = ("conversations", "chats", "data", "history", "sessions", "topics", "items")
_MAX_DEPTH = 4
"""Objects around a list of chats."""


def find_reader(raw: Any) -> Callable[[Raw], ChatFile] | None:
    """What reads an export of another program; None where it is of none that is known."""
    if not isinstance(raw, dict):
        return None
    if is_deepseek(raw):
        return read_deepseek
    if is_lm_studio(raw):
        return read_lm_studio
    if isinstance(raw.get("chat_messages"), list):
        return read_claude
    if find_web_ui(raw) is not None:
        return read_open_web_ui
    if isinstance(raw.get("conv"), dict) and isinstance(raw.get("messages"), list):
        return read_llama_cpp
    if "conversationId" in raw and isinstance(raw.get("messagesTree", raw.get("messages")), list):
        return read_libre_chat
    return read_plain if find_messages(raw) is not None else None


def unwrap_chats(raw: Any, depth: int = 0) -> list[Any]:
    """The chats of a list, which some programs put below a name, and that below another."""
    if not isinstance(raw, dict) or depth > _MAX_DEPTH or _is_chat(raw):
        return [raw]
    for name in _LISTS:
        chats = raw.get(name)
        if isinstance(chats, list) and any(isinstance(chat, dict) for chat in chats):
            return chats
    inner = [each for each in raw.values() if isinstance(each, dict)]
    if len(inner) > 1 and all(map(_is_chat, inner)):
        return inner  # by their ids
    return unwrap_chats(inner[0], depth + 1) if len(inner) == 1 else [raw]


def _is_chat(raw: Any) -> bool:
    return is_conversation(raw) or raw.get("format") == FORMAT or find_reader(raw) is not None
