"""The conversations of LM Studio: a list of messages, each in all the versions that it has had."""

from __future__ import annotations

from collections.abc import Iterator
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


def is_lm_studio(raw: Raw) -> bool:
    """Whether it is a ``*.conversation.json`` of LM Studio."""
    return any(isinstance(each.get("versions"), list) for each in dicts(raw.get("messages")))


def read_lm_studio(raw: Raw) -> ChatFile:
    """Read a conversation; what follows a message follows the version of it that is shown."""

    def said(version: Raw, at: float) -> Said | None:
        steps = dicts(version.get("steps"))
        parts = [content_of(_shown(step)) for step in steps] or [content_of(_shown(version))]
        text = "\n\n".join(filter(None, parts))
        return make_said(role_of(version), text, at, _model(version, steps))

    versions = list(_versions(dicts(raw["messages"])))
    current = next((each["current"] for each in reversed(versions)), "")
    nodes = chain(versions, "id", "parent", said)
    about = {**raw, "current": current}
    return to_chat(nodes, make_origin("lm-studio", about, "id", "name", "current"))


def _versions(messages: list[Raw]) -> Iterator[Raw]:
    """All versions of all messages, each with the one before that it answers."""
    before = ""
    for number, message in enumerate(messages):
        versions = dicts(message.get("versions"))
        chosen = message.get("currentlySelected")
        chosen = chosen if isinstance(chosen, int) and 0 <= chosen < len(versions) else 0
        current = f"{number}.{chosen}"
        for at, version in enumerate(versions):
            yield {**version, "id": f"{number}.{at}", "parent": before, "current": current}
        before = current if versions else before


def _shown(step: Raw) -> list[Raw] | str:
    """The parts of a step that are shown: no reasoning, no calls, no marks between parts."""
    style = step.get("style")
    is_thought = isinstance(style, dict) and style.get("type") == "thinking"
    if is_thought or step.get("type") not in {"contentBlock", "singleStep", "multiStep", None}:
        return []
    content: Any = step.get("content")
    if isinstance(content, str):
        return content
    return [part for part in dicts(content) if part.get("isStructural") is not True]


def _model(version: Raw, steps: list[Raw]) -> str:
    made = [step["genInfo"] for step in steps if isinstance(step.get("genInfo"), dict)]
    named = (each.get(name) for each in made for name in ("identifier", "indexedModelIdentifier"))
    sender = version.get("senderInfo")
    shown = sender.get("senderName") if isinstance(sender, dict) else ""
    return next(filter(None, map(as_string, named)), "") or as_string(shown)
