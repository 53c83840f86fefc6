"""Lists of messages, as many programs write them, and the trees of DeepSeek."""

from __future__ import annotations

from typing import Any

from quart_chat.chat.transfer.file import ChatFile
from quart_chat.chat.transfer.others import (
    Raw,
    as_string,
    chain,
    content_of,
    dicts,
    make_origin,
    make_said,
    role_of,
)
from quart_chat.chat.transfer.rounds import Said, to_chat

_LISTS = ("messages", "conversations", "contents", "responses", "chunks")
_TEXTS = ("content", "text", "value", "message", "parts", "contentChunks")
_TITLES = ("title", "name", "topic", "chatTitle", "userTitle")
_FRAGMENTS = {"REQUEST": "user", "RESPONSE": "assistant"}


def find_messages(raw: Raw) -> list[Raw] | None:
    """The messages of a chat, under any of the names for them; None where it has none."""
    for place in dicts([raw, raw.get("chunkedPrompt")]):
        for name in _LISTS:
            messages = [unwrap_message(each) for each in dicts(place.get(name))]
            if any(map(role_of, messages)):
                return messages
    return None


def unwrap_message(raw: Raw) -> Raw:
    """A message itself, where a program has put it into an object of its own."""
    for name in ("message", "response"):
        inner = raw.get(name)
        if isinstance(inner, dict) and role_of(inner):
            return {**raw, **inner}
    return raw


def read_plain(raw: Raw) -> ChatFile:
    """Read a list of messages, each with its role and its content."""
    about = raw.get("conversation")
    about = {**raw, **(about if isinstance(about, dict) else {})}
    about["title"] = next(filter(None, (as_string(about.get(name)) for name in _TITLES)), "")

    def said(message: Raw, at: float) -> Said | None:
        if message.get("isThought") is True:
            return None
        texts = (content_of(message.get(name)) for name in _TEXTS)
        text = next(filter(None, texts), "")
        return make_said(role_of(message), text, at, as_string(message.get("model")))

    nodes = chain(find_messages(raw) or [], "", "", said)
    return to_chat(nodes, make_origin("imported", about, "id", "title", ""))


def is_deepseek(raw: Any) -> bool:
    """Whether it is a conversation of DeepSeek: as one of ChatGPT, but in fragments."""
    mapping = raw.get("mapping") if isinstance(raw, dict) else None
    if not isinstance(mapping, dict):
        return False
    messages = (node.get("message") for node in mapping.values() if isinstance(node, dict))
    return any(isinstance(each, dict) and "fragments" in each for each in messages)


def read_deepseek(raw: Raw) -> ChatFile:
    """Read a conversation of DeepSeek's ``conversations.json``."""

    def said(node: Raw, at: float) -> Said | None:
        message = node.get("message")
        message = message if isinstance(message, dict) else {}
        written = [
            each for each in dicts(message.get("fragments")) if each.get("type") in _FRAGMENTS
        ]
        role = _FRAGMENTS[written[0]["type"]] if written else None
        text = "\n\n".join(as_string(each.get("content")) for each in written)
        return make_said(role, text, at, as_string(message.get("model")))

    nodes = chain(
        [_dated(node) for node in dicts(list(raw["mapping"].values()))], "id", "parent", said
    )
    return to_chat(nodes, make_origin("deepseek", _dated(raw), "id", "title", ""))


def _dated(raw: Raw) -> Raw:
    message = raw.get("message")
    place = message if isinstance(message, dict) else raw
    return {**raw, "created_at": place.get("inserted_at")}
