"""The exports of Claude, Open WebUI, LibreChat and llama.cpp, and plain lists of messages.

Each becomes a tree of messages, with the branches that it has. Reasoning and calls of tools are
left out, but not what was written beside the chat.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from quart_chat.chat.transfer.chatgpt import to_time
from quart_chat.chat.transfer.file import MAX_TEXT, ChatFile
from quart_chat.chat.transfer.rounds import (
    MAX_NODES,
    Budget,
    Node,
    NotReadable,
    Origin,
    Said,
    to_chat,
)
from quart_chat.chat.transfer.writings import Writing
from quart_chat.plaintext import fenced
from quart_chat.texts import _

Raw = dict[str, Any]

_ROLES = {"user": "user", "human": "user", "assistant": "assistant", "model": "assistant"}
# What Open WebUI folds away: how a model has reasoned and what it looked up.
_DETAILS = re.compile(r'<details type="(?:reasoning|code_interpreter|tool_calls)"')
_END = "</details>"
_WEB_UI_SECONDS = 1e11
"""Numbers of time from here on are milliseconds."""


def find_reader(raw: Any) -> Callable[[Raw], ChatFile] | None:
    """What reads an export of another program; None where it is of none that is known."""
    if not isinstance(raw, dict):
        return None
    if isinstance(raw.get("chat_messages"), list):
        return read_claude
    if _web_ui(raw) is not None:
        return read_open_web_ui
    if isinstance(raw.get("conv"), dict) and isinstance(raw.get("messages"), list):
        return read_llama_cpp
    if "conversationId" in raw and isinstance(raw.get("messagesTree", raw.get("messages")), list):
        return read_libre_chat
    messages = raw.get("messages")
    if isinstance(messages, list) and any(_role(each) for each in messages):
        return read_plain
    return None


def read_claude(raw: Raw) -> ChatFile:
    """Read a conversation of Claude's ``conversations.json``."""
    messages = [each for each in raw["chat_messages"] if isinstance(each, dict)]
    model = _string(raw.get("model"))
    writings: dict[str, Writing] = {}

    def said(message: Raw, at: float) -> Said | None:
        role = _ROLES.get(_string(message.get("sender")))
        return _said(role, _claude_text(message, writings), at, model)

    nodes = _chain(messages, "uuid", "parent_message_uuid", said)
    return to_chat(nodes, _origin("claude", raw, "uuid", "name", "current_leaf_message_uuid"))


def read_open_web_ui(raw: Raw) -> ChatFile:
    """Read a chat that Open WebUI has exported."""
    chat = _web_ui(raw) or {}
    history = chat.get("history")
    messages = history.get("messages") if isinstance(history, dict) else chat.get("messages")
    listed = list(messages.values()) if isinstance(messages, dict) else messages

    def said(message: Raw, at: float) -> Said | None:
        text = _without_details(_content(message.get("content")))
        model = _string(message.get("modelName")) or _string(message.get("model"))
        return _said(_role(message), text, at, model)

    nodes = _chain(_dicts(listed), "id", "parentId", said)
    current = history.get("currentId") if isinstance(history, dict) else None
    about = {**chat, **raw, "title": raw.get("title") or chat.get("title"), "current": current}
    return to_chat(nodes, _origin("open-webui", about, "id", "title", "current"))


def read_libre_chat(raw: Raw) -> ChatFile:
    """Read a conversation that LibreChat has exported, as a tree or as a list."""
    options = raw.get("options")
    model = _string(options.get("model")) if isinstance(options, dict) else ""

    def said(message: Raw, at: float) -> Said | None:
        role = "user" if message.get("isCreatedByUser") else "assistant"
        text = _string(message.get("text")) or _content(message.get("content"))
        return _said(role, text, at, _string(message.get("model")) or model)

    messages = list(_unfold(raw.get("messagesTree") or raw.get("messages")))
    nodes = _chain(messages, "messageId", "parentMessageId", said)
    return to_chat(nodes, _origin("librechat", raw, "conversationId", "title", ""))


def read_llama_cpp(raw: Raw) -> ChatFile:
    """Read a conversation that the web page of llama.cpp has exported."""

    def said(message: Raw, at: float) -> Said | None:
        text = _content(message.get("content"))
        return _said(_role(message), text, at, _string(message.get("model")))

    nodes = _chain(_dicts(raw["messages"]), "id", "parent", said)
    return to_chat(nodes, _origin("llama.cpp", raw["conv"], "id", "name", "currNode"))


def read_plain(raw: Raw) -> ChatFile:
    """Read a list of messages, each with its role and its content."""

    def said(message: Raw, at: float) -> Said | None:
        text = _content(message.get("content"))
        return _said(_role(message), text, at, _string(message.get("model")))

    nodes = _chain(_dicts(raw["messages"]), "", "", said)
    return to_chat(nodes, _origin("imported", raw, "id", "title", ""))


def _without_details(text: str) -> str:
    kept, place = [], 0
    while match := _DETAILS.search(text, place):
        end = text.find(_END, match.end())
        if end < 0:
            break
        kept.append(text[place : match.start()])
        place = end + len(_END)
    return "".join((*kept, text[place:])).lstrip() if kept else text


def _web_ui(raw: Raw) -> Raw | None:
    for chat in (raw.get("chat"), raw):
        if isinstance(chat, dict):
            history = chat.get("history")
            if isinstance(history, dict) and isinstance(history.get("messages"), dict):
                return chat
    chat = raw.get("chat")
    return chat if isinstance(chat, dict) and isinstance(chat.get("messages"), list) else None


def _chain(
    messages: Sequence[Raw], key: str, parent: str, said: Callable[[Raw, float], Said | None]
) -> dict[str, Node]:
    """A tree of messages that name their parents; without any, each follows the one before it."""
    if len(messages) > MAX_NODES:
        raise NotReadable(_("It has too many messages."))
    ids = [_id(message.get(key)) or f"#{number}" for number, message in enumerate(messages)]
    known = set(ids)
    branched = any(_id(message.get(parent)) in known for message in messages)
    nodes: dict[str, Node] = {}
    at, before, budget = time.time(), None, Budget()
    for id_, message in zip(ids, messages, strict=True):
        at = _moment(message, at)
        above = _id(message.get(parent)) if branched else before
        nodes[id_] = Node(above or None, (), budget.spend(said(message, at)))
        before = id_
    return nodes


def _origin(assistant: str, raw: Raw, key: str, title: str, current: str) -> Origin:
    created = _moment(raw, time.time())
    updated = _any_time((raw.get(name) for name in _UPDATED), created)
    return Origin(
        assistant=assistant,
        id=_id(raw.get(key)),
        title=_string(raw.get(title)),
        created_at=created,
        updated_at=max(created, updated),
        current=_id(raw.get(current)) if current else None,
    )


_CREATED = ("created_at", "createdAt", "timestamp", "create_time", "lastModified", "updated_at")
_UPDATED = ("updated_at", "updatedAt", "lastModified", "update_time")


def _moment(raw: Raw, default: float) -> float:
    return _any_time((raw.get(name) for name in _CREATED), default)


def _any_time(values: Iterator[Any], default: float) -> float:
    """Seconds since 1970: of a number of them or of milliseconds, or of a date as ISO 8601."""
    for value in values:
        if isinstance(value, str):
            try:
                return to_time(datetime.fromisoformat(value).timestamp(), default)
            except (ValueError, OverflowError, OSError):
                continue
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return to_time(value / 1000 if value >= _WEB_UI_SECONDS else value, default)
    return default


def _said(role: str | None, text: str, at: float, model: str) -> Said | None:
    if role is None or not text.strip():
        return None
    return Said(role, text[:MAX_TEXT], at, model)


def _role(message: Any) -> str | None:
    role = message.get("role") if isinstance(message, dict) else None
    return _ROLES.get(role) if isinstance(role, str) else None


def _content(content: Any) -> str:
    """The text of a message: as it is, or as parts, each with its type."""
    if isinstance(content, str):
        return content
    return "\n\n".join(filter(None, (_part(part) for part in _dicts(content))))


def _part(part: Raw) -> str:
    kind, text = part.get("type"), part.get("text")
    if kind in ("text", None):
        value = text.get("value") if isinstance(text, dict) else text
        return _string(value)
    known = kind in ("image_url", "image_file", "image", "input_image")
    return "[image]" if known else ""


def _claude_text(message: Raw, writings: dict[str, Writing]) -> str:
    parts = [_claude_part(part, writings) for part in _dicts(message.get("content"))]
    text = "\n\n".join(filter(None, parts)) or _string(message.get("text"))
    attached = [_attachment(each) for each in _dicts(message.get("attachments"))]
    files = [f"[{_string(each.get('file_name'))}]" for each in _dicts(message.get("files"))]
    return "\n\n".join(filter(None, (*files, *attached, text)))


def _claude_part(part: Raw, writings: dict[str, Writing]) -> str:
    call = part.get("input")
    if part.get("type") != "tool_use" or not isinstance(call, dict):
        return _string(part.get("text")) if part.get("type") == "text" else ""
    if part.get("name") != "artifacts":
        return ""
    key, content = _string(call.get("id")), call.get("content")
    old, new = call.get("old_str"), call.get("new_str")
    before = writings.get(key) or Writing(_string(call.get("title")), "", "")
    writing: Writing | None = None
    if isinstance(content, str):
        kind = _string(call.get("type"))
        language = _string(call.get("language")) or ("" if "markdown" in kind else "text")
        language = "html" if kind == "text/html" else language
        writing = Writing(_string(call.get("title")) or before.name, language, content)
    elif isinstance(old, str) and isinstance(new, str):
        writing = before.changed(old, new, everywhere=False)
        if writing is None:
            return fenced(new)
    if writing is None:
        return ""
    writings[key] = writing
    return writing.markdown


def _attachment(attachment: Raw) -> str:
    """A text that was pasted or attached, below the name of its file."""
    name, text = _string(attachment.get("file_name")), _string(attachment.get("extracted_content"))
    return "\n\n".join(filter(None, (f"[{name}]" if name else "", fenced(text) if text else "")))


def _unfold(messages: Any) -> Iterator[Raw]:
    """Messages, and those that each holds as its children, those before it first."""
    waiting: list[tuple[Any, str]] = [(each, "") for each in reversed(messages or [])]
    while waiting:
        message, above = waiting.pop()
        if not isinstance(message, dict):
            continue
        yield {**message, "parentMessageId": message.get("parentMessageId") or above}
        children = message.get("children")
        if isinstance(children, list):
            waiting += [(child, _id(message.get("messageId"))) for child in reversed(children)]


def _dicts(values: Any) -> list[Raw]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _id(value: Any) -> str:
    """An id as a text: some programs number their messages."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
