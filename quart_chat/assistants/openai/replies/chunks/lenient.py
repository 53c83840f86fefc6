"""A chunk read as leniently as it can be understood.

Servers leave fields out, put null or a number where a text belongs, nest texts in lists of parts,
or send a whole message in place of a piece of one. Whatever can be understood counts, and the rest
is passed over.
"""

from __future__ import annotations

from typing import Any

from quart_chat.assistants.openai.decoding import load_json
from quart_chat.assistants.openai.failures.complaints import has_failed, is_complaint, is_error
from quart_chat.assistants.openai.failures.words import MAX_TEXT, find_longest
from quart_chat.assistants.openai.replies.chunks.counts import find_usage
from quart_chat.assistants.openai.replies.chunks.finishes import find_finish, goes_on
from quart_chat.assistants.openai.replies.chunks.parts import THOUGHTS, find_first
from quart_chat.assistants.openai.replies.chunks.said import Said
from quart_chat.assistants.openai.replies.events import (
    AGAIN,
    END,
    FAILED,
    PROGRESS,
    SILENT,
    STATES,
    THOUGHT,
    unwrap,
)

_PLACES = (
    *("delta", "message", "text", "response", "content", "token", "generated_text", "completion"),
    *("answer", "generation", "outputText", "text_output", "result", "reply", "data", "output"),
    "content_block",
)
"""Where a choice holds its text, or an object that is one itself."""
_REPEATS = (*_PLACES, "item", "part", "refusal")
"""Where an event does that says again what came before."""
_CHOICES = (
    *("choices", "candidates", "outputs", "results", "predictions", "completions", "generations"),
)
"""Where an object holds its choices."""
_PIECES = ("delta", "message")
_WRAPPERS = ("data", "output", "result", "response", "payload")
_WRAPPED = (
    *("choices", "candidates", "text", "content", "output", "response", "delta", "completion"),
    *("generated_text", "answer"),
)
"""What an object holds that another is wrapped around."""
LARGE = 256 * 1024
"""Bytes from which on a chunk is read leniently only where it has few parts."""
MAX_PARTS = 6000
MAX_CHUNKS = 1200
"""Objects of a list that are read as chunks; a longer one is not read at all."""
MAX_COMMAS = 150_000


def read_leniently(data: bytes, frame: str = "") -> Said | None:
    """Read a chunk of any shape; None where it is no JSON that can say anything.

    Args:
        data: The chunk.
        frame: The name of the event that it is.
    """
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
        if len(payload) > MAX_CHUNKS:
            return None
        return _join([_read_object(each, frame) for each in payload if isinstance(each, dict)])
    return _read_object(payload, frame) if isinstance(payload, dict) else None


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
        joined.again = joined.again or each.again
        joined.ends, joined.goes_on = each.ends, each.goes_on
        joined.unread = joined.unread or each.unread
    return joined


def _read_object(payload: dict[str, Any], frame: str) -> Said:
    payload, names = unwrap(payload, frame)
    payload = _take_out(payload)
    model, chosen = payload.get("model"), _find_choices(payload)
    # Without choices, the object may itself be what a choice is elsewhere.
    choice = min(filter(_is_dict, chosen), key=_index, default={}) if chosen else payload
    said = Said(
        index=_index(choice) if chosen and "index" in choice else None,
        finish=find_finish(choice),
        usage=find_usage(payload, choice),
        model=model if isinstance(model, str) else None,
        goes_on=goes_on(choice),
    )
    silent = not chosen and SILENT.search(names) is not None
    said.error = _find_error(payload, choice, said.finish)
    if said.error is None and not chosen and _is_complaint(payload, names):
        said.error = payload
    if said.error is None and not chosen and not silent:
        if FAILED.search(names):
            said.error = payload
        said.ends = END.search("\n".join((names, *_states(payload)))) is not None
    if not silent and (said.error is None or chosen):
        _read_choice(choice, said, None if chosen else names)
    if not (chosen or silent or said.text or said.thought or said.error or said.finish):
        said.unread = find_longest(payload)
    return said


def _is_complaint(payload: dict[str, Any], names: str) -> bool:
    """Whether an object without choices is an error, and no word of what is being done."""
    inner = [inner for name in _WRAPPERS if isinstance(inner := payload.get(name), dict)]
    if any(map(has_failed, (payload, *inner))):
        return True
    told = PROGRESS.search("\n".join((names, *_states(payload))))
    return told is None and is_complaint(payload)


def _states(payload: dict[str, Any]) -> list[str]:
    return [each.lower() for each in map(payload.get, STATES) if isinstance(each, str)]


def _find_error(
    payload: dict[str, Any], choice: dict[str, Any], finish: str | None
) -> dict[str, Any] | None:
    """The object that holds an error, at any of the places where servers put one."""
    places = (*map(payload.get, ("x_groq", "response")), choice, *map(choice.get, _PIECES))
    for place in (payload, *places):
        if isinstance(place, dict) and is_error(place.get("error")):
            return place
    return payload if finish == "error" else None


def _find_choices(payload: dict[str, Any]) -> list[Any]:
    for name in _CHOICES:
        found = payload.get(name)
        if isinstance(found, dict):
            return [found]
        if isinstance(found, list) and found:
            return [{"text": each} if isinstance(each, str) else each for each in found]
    return []


def _is_dict(found: Any) -> bool:
    return isinstance(found, dict)


def _index(choice: dict[str, Any]) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _take_out(payload: dict[str, Any]) -> dict[str, Any]:
    """The chunk itself, where a gateway has put it into an object of its own."""
    if not any(payload.get(name) for name in ("choices", "candidates")):
        for name in _WRAPPERS:
            inner = payload.get(name)
            if isinstance(inner, dict) and any(inner.get(each) for each in _WRAPPED):
                return {**payload, **inner}
    return payload


def _read_choice(choice: dict[str, Any], said: Said, names: str | None) -> None:
    """Add what a choice says.

    Args:
        choice: The choice, or the object that is one itself.
        said: What it is added to.
        names: Those of the object; None for a choice.
    """
    is_choice, names = names is None, names or ""
    if not is_choice and isinstance(choice.get("message"), str):
        # A word to the person, if it is no error.
        choice = {**choice, "message": None}
    token, whole = choice.get("token"), choice.get("generated_text")
    if isinstance(token, dict):
        # Text Generation Inference sends all of the text beside its last token.
        said.finish = said.finish or (None if whole is None else "stop")
        said.again = bool(token.get("special") and whole)
        if token.get("special"):
            choice = {**choice, "token": None}
        else:
            whole = None
    said.again = said.again or AGAIN.search(names) is not None
    places = _REPEATS if said.again else _PLACES
    found = find_first(choice, places, thought=THOUGHT.search(names) is not None)
    if not any(thought for thought, _ in found):
        found += find_first(choice, THOUGHTS, thought=True)
    said.text = "".join([text for thought, text in found if not thought])
    said.thought = "".join([text for thought, text in found if thought])
    if said.again:
        said.whole = True
    elif choice.get("message") if is_choice else whole:
        # Beside its pieces some send all of the answer so far.
        said.whole = not find_first(choice, ("delta",), thought=False)
