"""The texts and thoughts in a message, which may be nested in lists of parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quart_chat.assistants.openai.replies.events import SILENT

THOUGHTS = (
    *("reasoning_content", "reasoning", "thinking", "thought", "reasoning_text"),
    *("reasoningContent", "reasoningText"),
)
_TEXTS = ("text", "content", "output_text", "refusal", "value", "parts", "message", "response")
_MAX_PARTS = 6000
"""Parts of a list that are read; a longer one says nothing."""
_MAX_DEPTH = 8
"""Levels of parts in parts that are read."""

_Part = tuple[bool, str]
"""Whether a text is a thought, and the text."""


def _parts(part: Any, *, thought: bool, depth: int = 0) -> list[_Part]:
    """The texts that a part of a message holds, however deep."""
    if depth > _MAX_DEPTH or isinstance(part, bool):
        return []
    if isinstance(part, str | int | float):
        return [(thought, str(part))] if part != "" else []
    if isinstance(part, list):
        if len(part) > _MAX_PARTS:
            return []
        return [found for each in part for found in _parts(each, thought=thought, depth=depth + 1)]
    return _parts_of_object(part, thought, depth) if isinstance(part, dict) else []


def _parts_of_object(part: dict[str, Any], thought: bool, depth: int) -> list[_Part]:
    kind = str(part.get("type") or "").lower()
    if thought or part.get("thought") is True or "think" in kind or "reason" in kind:
        return find_first(part, (*THOUGHTS, "summary", *_TEXTS), thought=True, depth=depth)
    names = (*THOUGHTS, "reasoning_details", "thinking_blocks")
    thoughts = find_first(part, names, thought=True, depth=depth)
    if SILENT.search(kind):
        return thoughts
    return thoughts + find_first(part, _TEXTS, thought=False, depth=depth)


def find_first(
    part: dict[str, Any], names: Iterable[str], *, thought: bool, depth: int = 0
) -> list[_Part]:
    """The texts of the first field that has any: servers repeat them under other names."""
    for name in names:
        value = part.get(name)
        if value is not None and (found := _parts(value, thought=thought, depth=depth + 1)):
            return found
    return []
