"""A chunk read as leniently as it can be understood.

Servers leave fields out, put null or a number where a text belongs, nest texts in lists of parts,
or send a whole message in place of a piece of one. Whatever can be understood counts, and the rest
is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quart_chat.assistants.openai.replies.finishes import find_finish
from quart_chat.assistants.openai.replies.responses import to_chunk
from quart_chat.assistants.openai.replies.said import Counted, Said
from quart_chat.assistants.openai.words import MAX_TEXT, is_complaint, is_error, load_json

MAX_TOKENS = 10**9
"""Tokens of a prompt or an answer; an endpoint that counts more has miscounted."""

_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "thought", "reasoning_text")
_TEXTS = ("text", "content", "output_text", "refusal", "value", "parts", "message")
_PLACES = ("delta", "message", "text", "response", "content", "token", "generated_text")
_PIECES = ("delta", "message")
_WRAPPERS = ("data", "output", "result", "response")
_PROMPT_COUNTS = (
    *("prompt_tokens", "input_tokens", "prompt_eval_count", "promptTokens", "promptTokenCount"),
    *("inputTokens", "tokens_evaluated"),
)
_ANSWER_COUNTS = (
    *("completion_tokens", "output_tokens", "eval_count", "completionTokens"),
    *("candidatesTokenCount", "outputTokens", "tokens_predicted"),
)
LARGE = 256 * 1024
"""Bytes from which on a chunk is read leniently only where it has few parts."""
MAX_PARTS = 2000
MAX_COMMAS = 150_000
_MAX_DEPTH = 8
"""Levels of parts in parts that are read."""


def find_counts(payload: Any) -> Counted | None:
    """What is counted in an object of usage, or in the first of a list of them."""
    if isinstance(payload, list):
        payload = next((each for each in payload if isinstance(each, dict)), None)
    if not isinstance(payload, dict):
        return None
    prompt, answer = (_count(payload, names) for names in (_PROMPT_COUNTS, _ANSWER_COUNTS))
    return None if prompt is None and answer is None else Counted(prompt, answer)


def read_leniently(data: bytes) -> Said | None:
    """Read a chunk of any shape; None where it is no JSON that can say anything."""
    if len(data) > LARGE and _has_many_parts(data):
        return None
    try:
        payload = load_json(data)
    except ValueError:
        return None
    if isinstance(payload, str) and payload.lstrip().startswith(("{", "[")):
        try:
            payload = load_json(payload)
        except ValueError:
            return None
    if isinstance(payload, list):
        return _join([_read_object(each) for each in payload if isinstance(each, dict)])
    return _read_object(payload) if isinstance(payload, dict) else None


def read_error(data: bytes) -> Said:
    """A frame of the event ``error``, whatever is in it."""
    text = data[:MAX_TEXT].decode("utf-8", "replace")
    try:
        return Said(error=load_json(data) or text)
    except ValueError:
        return Said(error=text)


def _has_many_parts(data: bytes) -> bool:
    """Whether it would take long to look at each: meanwhile no other answer would go on."""
    opened = data.count(b"{") + data.count(b"[")
    return opened > MAX_PARTS or data.count(b",") > MAX_COMMAS


def _join(said: list[Said]) -> Said | None:
    """What several chunks in one list say together."""
    if not said:
        return None
    joined = Said(text="".join(s.text for s in said), thought="".join(s.thought for s in said))
    for each in said:
        joined.finish = each.finish or joined.finish
        joined.usage = each.usage or joined.usage
        joined.error = joined.error or each.error
        joined.model = each.model or joined.model
        joined.whole = joined.whole or each.whole
    return joined


def _read_object(payload: dict[str, Any]) -> Said:
    payload = _unwrap(to_chunk(payload))
    model, choices = payload.get("model"), payload.get("choices", payload.get("candidates"))
    choices = [choices] if isinstance(choices, dict) else choices
    chosen = choices if isinstance(choices, list) else []
    # Without choices, the object may itself be what a choice is elsewhere.
    choice = min(filter(_is_dict, chosen), key=_index, default={}) if chosen else payload
    said = Said(
        index=_index(choice) if chosen and "index" in choice else None,
        finish=find_finish(choice),
        usage=_find_usage(payload, choice),
        model=model if isinstance(model, str) else None,
    )
    places = (*map(payload.get, ("x_groq", "response")), choice, *map(choice.get, _PIECES))
    for place in places:
        if place is not payload and isinstance(place, dict) and is_error(place.get("error")):
            said.error = place
    if said.error is None and (said.finish == "error" or is_complaint(payload, bare=not chosen)):
        said.error = payload
    if said.error is None or chosen:
        _read_choice(choice, said)
        if (chosen and choice.get("message")) or choice.get("generated_text"):
            # Beside its pieces some send all of the answer so far.
            said.whole = not _first(choice, ("delta",), thought=False)
    return said


def _is_dict(found: Any) -> bool:
    return isinstance(found, dict)


def _index(choice: dict[str, Any]) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _find_usage(payload: dict[str, Any], choice: dict[str, Any]) -> Counted | None:
    """What is counted, at any of the places where servers put it."""
    groq = payload.get("x_groq")
    places = (
        payload.get("usage"),
        choice.get("usage"),
        groq.get("usage") if isinstance(groq, dict) else None,
        payload.get("usageMetadata"),
        payload,
    )
    return next(filter(None, map(find_counts, places)), None)


def _unwrap(payload: dict[str, Any]) -> dict[str, Any]:
    """The chunk itself, where a gateway has put it into an object of its own."""
    if "choices" not in payload:
        for name in _WRAPPERS:
            inner = payload.get(name)
            if isinstance(inner, dict) and (inner.get("choices") or inner.get("text")):
                return {**payload, **inner}
    return payload


def _read_choice(choice: dict[str, Any], said: Said) -> None:
    found = _first(choice, _PLACES, thought=False)
    if not any(thought for thought, _ in found):
        found += _first(choice, _THOUGHTS, thought=True)
    said.text = "".join([text for thought, text in found if not thought])
    said.thought = "".join([text for thought, text in found if thought])


_Part = tuple[bool, str]
"""Whether a text is a thought, and the text."""


def _parts(part: Any, *, thought: bool, depth: int = 0) -> list[_Part]:
    """The texts that a part of a message holds, however deep."""
    if depth > _MAX_DEPTH or isinstance(part, bool):
        return []
    if isinstance(part, str | int | float):
        return [(thought, str(part))] if part != "" else []
    if isinstance(part, list):
        return [found for each in part for found in _parts(each, thought=thought, depth=depth + 1)]
    return _parts_of_object(part, thought, depth) if isinstance(part, dict) else []


def _parts_of_object(part: dict[str, Any], thought: bool, depth: int) -> list[_Part]:
    kind = str(part.get("type") or "").lower()
    if thought or part.get("thought") is True or "think" in kind or "reason" in kind:
        return _first(part, (*_THOUGHTS, "summary", *_TEXTS), thought=True, depth=depth)
    names = (*_THOUGHTS, "reasoning_details", "thinking_blocks")
    thoughts = _first(part, names, thought=True, depth=depth)
    return thoughts + _first(part, _TEXTS, thought=False, depth=depth)


def _first(
    part: dict[str, Any], names: Iterable[str], *, thought: bool, depth: int = 0
) -> list[_Part]:
    """The texts of the first field that has any: servers repeat them under other names."""
    for name in names:
        value = part.get(name)
        if value is not None and (found := _parts(value, thought=thought, depth=depth + 1)):
            return found
    return []


def _count(payload: dict[str, Any], names: Iterable[str]) -> int | None:
    for name in names:
        value = payload.get(name)
        try:
            count = int(float(value)) if isinstance(value, str | int | float) else None
        except (ValueError, OverflowError):
            continue
        if count is not None and not isinstance(value, bool) and 0 <= count <= MAX_TOKENS:
            return count
    return None
