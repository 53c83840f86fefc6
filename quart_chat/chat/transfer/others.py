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

_ROLES = {
    **dict.fromkeys(("user", "human", "you"), "user"),
    **dict.fromkeys(("assistant", "model", "gpt", "bot", "ai", "chatgpt"), "assistant"),
}
# What Open WebUI folds away: how a model has reasoned and what it looked up.
_DETAILS = re.compile(r'<details [^>]*?type="(?:reasoning|code_interpreter|tool_calls)"')
# How a model has reasoned, where it stands before its answer.
_THOUGHT = re.compile(
    r"\s*(?:<(think|thinking|thought)>.*?</\1>|:::thinking\n.*?\n:::)\s*", re.DOTALL
)
_END = "</details>"
_WEB_UI_SECONDS = 1e11
"""Numbers of time from here on are milliseconds."""


def read_claude(raw: Raw) -> ChatFile:
    """Read a conversation of Claude's ``conversations.json``."""
    messages = [each for each in raw["chat_messages"] if isinstance(each, dict)]
    model = as_string(raw.get("model"))
    writings: dict[str, Writing] = {}

    def said(message: Raw, at: float) -> Said | None:
        role = _ROLES.get(as_string(message.get("sender")))
        return make_said(role, _claude_text(message, writings), at, model)

    nodes = chain(messages, "uuid", "parent_message_uuid", said)
    return to_chat(nodes, make_origin("claude", raw, "uuid", "name", "current_leaf_message_uuid"))


def read_open_web_ui(raw: Raw) -> ChatFile:
    """Read a chat that Open WebUI has exported."""
    chat = find_web_ui(raw) or {}
    history = chat.get("history")
    messages = history.get("messages") if isinstance(history, dict) else chat.get("messages")
    listed = list(messages.values()) if isinstance(messages, dict) else messages

    def said(message: Raw, at: float) -> Said | None:
        text = content_of(message.get("content")) or content_of(_written(message))
        text = _without_details(text)
        model = as_string(message.get("modelName")) or as_string(message.get("model"))
        return make_said(role_of(message), text, at, model)

    nodes = chain(dicts(listed), "id", "parentId", said)
    current = history.get("currentId") if isinstance(history, dict) else None
    about = {**chat, **raw, "title": raw.get("title") or chat.get("title"), "current": current}
    return to_chat(nodes, make_origin("open-webui", about, "id", "title", "current"))


def read_libre_chat(raw: Raw) -> ChatFile:
    """Read a conversation that LibreChat has exported, as a tree or as a list."""
    options = raw.get("options")
    model = as_string(options.get("model")) if isinstance(options, dict) else ""

    def said(message: Raw, at: float) -> Said | None:
        role = "user" if message.get("isCreatedByUser") else "assistant"
        text = as_string(message.get("text")) or content_of(message.get("content"))
        return make_said(role, text, at, as_string(message.get("model")) or model)

    messages = list(_unfold(raw.get("messagesTree") or raw.get("messages")))
    nodes = chain(messages, "messageId", "parentMessageId", said)
    return to_chat(nodes, make_origin("librechat", raw, "conversationId", "title", ""))


def read_llama_cpp(raw: Raw) -> ChatFile:
    """Read a conversation that the web page of llama.cpp has exported."""

    def said(message: Raw, at: float) -> Said | None:
        text = content_of(message.get("content"))
        return make_said(role_of(message), text, at, as_string(message.get("model")))

    nodes = chain(dicts(raw["messages"]), "id", "parent", said)
    return to_chat(nodes, make_origin("llama.cpp", raw["conv"], "id", "name", "currNode"))


def _written(message: Raw) -> list[Raw]:
    """What newer versions keep of an answer beside its reasoning and its calls."""
    texts = [each for each in dicts(message.get("output")) if each.get("type") == "message"]
    return [part for each in texts for part in dicts(each.get("content"))]


def _without_details(text: str) -> str:
    kept, place = [], 0
    while match := _DETAILS.search(text, place):
        end = text.find(_END, match.end())
        if end < 0:
            break
        kept.append(text[place : match.start()])
        place = end + len(_END)
    return "".join((*kept, text[place:])).lstrip() if kept else text


def find_web_ui(raw: Raw) -> Raw | None:
    for chat in (raw.get("chat"), raw):
        if isinstance(chat, dict):
            history = chat.get("history")
            if isinstance(history, dict) and isinstance(history.get("messages"), dict):
                return chat
    chat = raw.get("chat")
    return chat if isinstance(chat, dict) and isinstance(chat.get("messages"), list) else None


def chain(
    messages: Sequence[Raw], key: str, parent: str, said: Callable[[Raw, float], Said | None]
) -> dict[str, Node]:
    """A tree of messages that name their parents; without any, each follows the one before it."""
    if len(messages) > MAX_NODES:
        raise NotReadable(_("It has too many messages."))
    ids = [as_id(message.get(key)) or f"#{number}" for number, message in enumerate(messages)]
    known = set(ids)
    branched = any(as_id(message.get(parent)) in known for message in messages)
    nodes: dict[str, Node] = {}
    at, before, budget = time.time(), None, Budget()
    for id_, message in zip(ids, messages, strict=True):
        at = moment_of(message, at)
        above = as_id(message.get(parent)) if branched else before
        nodes[id_] = Node(above or None, (), budget.spend(said(message, at)))
        before = id_
    return nodes


def make_origin(assistant: str, raw: Raw, key: str, title: str, current: str) -> Origin:
    created = moment_of(raw, time.time())
    updated = _any_time((raw.get(name) for name in _UPDATED), created)
    return Origin(
        assistant=assistant,
        id=as_id(raw.get(key)),
        title=as_string(raw.get(title)),
        created_at=created,
        updated_at=max(created, updated),
        current=as_id(raw.get(current)) if current else None,
    )


_CREATED = ("created_at", "createdAt", "timestamp", "create_time", "lastModified", "updated_at")
_UPDATED = ("updated_at", "updatedAt", "lastModified", "update_time")


def moment_of(raw: Raw, default: float) -> float:
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


def make_said(role: str | None, text: str, at: float, model: str) -> Said | None:
    if role == "assistant" and (thought := _THOUGHT.match(text)):
        text = text[thought.end() :]
    if role is None or not text.strip():
        return None
    return Said(role, text[:MAX_TEXT], at, model)


def role_of(message: Any) -> str | None:
    """Who says a message; None where that is neither a person nor an assistant, or not said."""
    names = ("role", "from", "sender", "author") if isinstance(message, dict) else ()
    role = next((name for each in names if isinstance(name := message.get(each), str)), "")
    return _ROLES.get(role.lower())


def content_of(content: Any) -> str:
    """The text of a message: as it is, or as parts, each with its type."""
    if isinstance(content, str):
        return content
    return "\n\n".join(filter(None, (_part(part) for part in dicts(content))))


def _part(part: Raw) -> str:
    kind, text = part.get("type"), part.get("text")
    if kind in ("text", "output_text", None):
        value = text.get("value") if isinstance(text, dict) else text
        return as_string(value)
    known = kind in ("image_url", "image_file", "image", "input_image")
    return "[image]" if known else ""


def _claude_text(message: Raw, writings: dict[str, Writing]) -> str:
    parts = [_claude_part(part, writings) for part in dicts(message.get("content"))]
    text = "\n\n".join(filter(None, parts)) or as_string(message.get("text"))
    attached = [_attachment(each) for each in dicts(message.get("attachments"))]
    files = [f"[{as_string(each.get('file_name'))}]" for each in dicts(message.get("files"))]
    return "\n\n".join(filter(None, (*files, *attached, text)))


def _claude_part(part: Raw, writings: dict[str, Writing]) -> str:
    call = part.get("input")
    if part.get("type") != "tool_use" or not isinstance(call, dict):
        return as_string(part.get("text")) if part.get("type") == "text" else ""
    if part.get("name") != "artifacts":
        return ""
    key, content = as_string(call.get("id")), call.get("content")
    old, new = call.get("old_str"), call.get("new_str")
    before = writings.get(key) or Writing(as_string(call.get("title")), "", "")
    writing: Writing | None = None
    if isinstance(content, str):
        kind = as_string(call.get("type"))
        language = as_string(call.get("language")) or ("" if "markdown" in kind else "text")
        language = "html" if kind == "text/html" else language
        writing = Writing(as_string(call.get("title")) or before.name, language, content)
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
    name, text = (
        as_string(attachment.get("file_name")),
        as_string(attachment.get("extracted_content")),
    )
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
            waiting += [(child, as_id(message.get("messageId"))) for child in reversed(children)]


def dicts(values: Any) -> list[Raw]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def as_string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def as_id(value: Any) -> str:
    """An id as a text: some programs number their messages."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
