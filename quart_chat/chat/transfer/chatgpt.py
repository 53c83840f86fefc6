"""ChatGPT's export, ``conversations.json``: a list of conversations, each a tree of messages.

A conversation's ``mapping`` holds its nodes by id; a node has a ``parent``, ``children`` and a
``message``, which may be null. A message has ``author.role`` and ``content``, of which
``content_type`` says what is in it. What only moves a tool, or what the person was not shown, is
passed over, but not the documents that the tool ``canmore`` shows in a canvas beside the chat.
``current_node`` ends the branch that was shown.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from quart_chat.chat.transfer.file import MAX_TEXT, ChatFile
from quart_chat.chat.transfer.marks import write_marks
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

ASSISTANT = "chatgpt"

_CANVAS = "canmore."
_NOT_SHOWN = frozenset(
    {"thoughts", "reasoning_recap", "model_editable_context", "user_editable_context"}
)
"""Types of content that are for the model, or fold away what it thought."""


def is_conversation(raw: Any) -> bool:
    return isinstance(raw, dict) and isinstance(raw.get("mapping"), dict)


def read_conversation(raw: dict[str, Any]) -> ChatFile:
    """Read one conversation, with all its branches.

    Raises:
        NotReadable: There is nothing in it, or far too much.
    """
    created = to_time(raw.get("create_time"), time.time())
    mapping = raw["mapping"]
    if len(mapping) > MAX_NODES:
        raise NotReadable(_("It has too many messages."))
    canvas, budget = _Canvas(mapping), Budget()
    nodes = {
        id_: _node(node, budget.spend(_said(id_, node, created, canvas, raw)))
        for id_, node in mapping.items()
    }
    title, current = raw.get("title"), raw.get("current_node")
    origin = Origin(
        assistant=ASSISTANT,
        id=str(raw.get("conversation_id") or raw.get("id") or ""),
        title=title if isinstance(title, str) else "",
        created_at=created,
        updated_at=to_time(raw.get("update_time"), created),
        current=current if isinstance(current, str) else None,
    )
    return to_chat(nodes, origin)


def to_time(value: Any, default: float) -> float:
    """Seconds since 1970, where a file has a number of them, or a date as ISO 8601."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            return default
    valid = isinstance(value, int | float) and 0 <= value <= 1e11
    return float(value) if valid else default


def _node(node: Any, said: Said | None) -> Node:
    if not isinstance(node, dict):
        return Node(None)
    parent, children = node.get("parent"), node.get("children")
    listed = children if isinstance(children, list) else []
    return Node(
        parent if isinstance(parent, str) else None,
        tuple(child for child in listed if isinstance(child, str)),
        said,
    )


def _said(
    id_: str, node: Any, created: float, canvas: _Canvas, conversation: dict[str, Any]
) -> Said | None:
    """What a node says to people; None for what they were not shown."""
    message = node.get("message") if isinstance(node, dict) else None
    if not isinstance(message, dict) or message.get("weight") == 0:
        return None
    author, metadata = message.get("author"), message.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    role = author.get("role") if isinstance(author, dict) else None
    content = message.get("content")
    if role == "tool" and (pictures := _pictures(content)):
        # What a tool says beside a picture that it has made is for the model.
        role, content = "assistant", {"content_type": "multimodal_text", "parts": pictures}
    if role not in ("user", "assistant") or metadata.get("is_visually_hidden_from_conversation"):
        return None
    addressed = message.get("recipient", "all")
    if _calls_canvas(message):
        text = canvas.show(id_)
    elif addressed in ("all", None):
        text = write_marks(_text(content), metadata.get("content_references"))
    else:
        return None
    text = "\n\n".join(filter(None, (*_attached(metadata), text)))
    if not text.strip():
        return None
    model = metadata.get("model_slug")
    if role == "assistant":
        model = model or conversation.get("default_model_slug")
    at = to_time(message.get("create_time"), created)
    return Said(role, text[:MAX_TEXT], at, model if isinstance(model, str) else "")


def _pictures(content: Any) -> list[Any]:
    parts = content.get("parts") if isinstance(content, dict) else None
    return [
        part
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, dict) and part.get("content_type") == "image_asset_pointer"
    ]


def _attached(metadata: dict[str, Any]) -> list[str]:
    """The names of the files that go with a message; pictures are among its parts."""
    files = metadata.get("attachments")
    names = [
        file.get("name")
        for file in (files if isinstance(files, list) else [])
        if isinstance(file, dict) and not str(file.get("mime_type")).startswith("image/")
    ]
    return [f"[{name}]" for name in names if isinstance(name, str) and name]


class _Canvas:
    """The documents of a canvas, as each call of the tool leaves them on its branch."""

    def __init__(self, mapping: dict[str, Any]) -> None:
        self._mapping = mapping
        self._after: dict[str, tuple[Writing | None, str]] = {}

    def show(self, id_: str) -> str:
        """What a call of the tool is shown as."""
        calls, before = self._calls_before(id_)
        writing = self._after[before][0] if before is not None else None
        for call in reversed(calls):
            writing, text = _follow(self._mapping[call]["message"], writing)
            self._after[call] = writing, text
        return self._after[id_][1]

    def _calls_before(self, id_: str) -> tuple[list[str], str | None]:
        """The calls that lead to one, latest first, and the one before them that is known."""
        calls: list[str] = []
        seen: set[str] = set()
        place: str | None = id_
        while place is not None and place not in seen:
            if place in self._after:
                return calls, place
            seen.add(place)
            node = self._mapping.get(place)
            if not isinstance(node, dict):
                break
            if _calls_canvas(node.get("message")):
                calls.append(place)
            parent = node.get("parent")
            place = parent if isinstance(parent, str) else None
        return calls, None


def _calls_canvas(message: Any) -> bool:
    recipient = message.get("recipient") if isinstance(message, dict) else None
    return isinstance(recipient, str) and recipient.startswith(_CANVAS)


def _follow(message: dict[str, Any], writing: Writing | None) -> tuple[Writing | None, str]:
    """The document after a call, and what the call is shown as."""
    source = _source(message.get("content"))
    try:
        call = json.loads(source)
    except (ValueError, RecursionError):
        call = None
    if not isinstance(call, dict):
        return writing, fenced(source) if source.strip() else ""
    if isinstance(content := call.get("content"), str):
        kind = str(call.get("type") or "")
        language = kind.removeprefix("code/") if kind.startswith("code") else ""
        made = Writing(str(call.get("name") or ""), language, content)
        return made, made.markdown
    if isinstance(updates := call.get("updates"), list):
        return _update(updates, writing or Writing("", "", ""))
    comments = call.get("comments")
    lines = [each.get("comment") for each in comments or [] if isinstance(each, dict)]
    return writing, "\n".join(f"- {line}" for line in lines if isinstance(line, str))


def _update(updates: list[Any], writing: Writing) -> tuple[Writing, str]:
    lost: list[str] = []
    for update in updates:
        pattern = update.get("pattern") if isinstance(update, dict) else None
        text = update.get("replacement") if isinstance(update, dict) else None
        if not isinstance(pattern, str) or not isinstance(text, str):
            continue
        changed = writing.changed(pattern, text, everywhere=bool(update.get("multiple")))
        if changed is None:
            lost.append(fenced(text))
        writing = changed or writing
    return writing, "\n\n".join((writing.markdown, *lost))


def _source(content: Any) -> str:
    """What a tool was called with."""
    if not isinstance(content, dict):
        return ""
    text, parts = content.get("text"), content.get("parts")
    if isinstance(text, str):
        return text
    return (
        "".join(part for part in parts if isinstance(part, str)) if isinstance(parts, list) else ""
    )


def _text(content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    kind, parts, text = content.get("content_type"), content.get("parts"), content.get("text")
    if kind in ("text", "multimodal_text") and isinstance(parts, list):
        return "\n\n".join(filter(None, map(_part, parts)))
    if kind in ("code", "execution_output") and isinstance(text, str):
        return fenced(text)
    if kind in _NOT_SHOWN:
        return ""
    # A type that is not known here still has a text to show, or a page that was quoted.
    shown = [each for each in (text, content.get("result"), parts) if isinstance(each, str | list)]
    return "\n\n".join(filter(None, map(_text_of, shown)))


def _text_of(shown: str | list[Any]) -> str:
    return shown if isinstance(shown, str) else "\n\n".join(filter(None, map(_part, shown)))


def _part(part: Any) -> str:
    """A piece of a message; of a picture or a sound there is only that it was there."""
    if isinstance(part, str):
        return part
    kind = part.get("content_type") if isinstance(part, dict) else None
    if kind == "audio_transcription" and isinstance(part.get("text"), str):
        return str(part["text"])
    return f"[{kind.removesuffix('_asset_pointer')}]" if isinstance(kind, str) else ""
