"""What the name of an event says of the text in it, in the APIs of others.

Gateways pass on what Anthropic, Bedrock, Cohere, Gemini, the Responses API and others send where a
chat completion was asked for. Such an object has names: in a field, of the frame that it comes in,
or of the one field that it is wrapped in.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from typing import Any

from quart_chat.assistants.openai.decoding import load_json
from quart_chat.assistants.openai.failures.complaints import FAILURE

_FIELDS = ("type", "event", "event_type", "eventType", "object")
_LINES = re.MULTILINE
SILENT = re.compile(
    r"tool|function|mcp|audio|image|code.interpreter|search|citation|annotation|input_json"
    r"|follow.?up|verbose|suggest|^(?:ping|heartbeat|keep.?alive)$",
    _LINES,
)
"""Calls of tools, and what else is no word of the answer."""
THOUGHT = re.compile(r"think|reason|thought", _LINES)
AGAIN = re.compile(r"(?:done|complete|completed|incomplete|end|final|thread\.message)$", _LINES)
"""What may say once more what came in pieces."""
PROGRESS = re.compile(
    r"status$|progress|info$|warn(?:ing)?$|log$|debug|trace|step|notice|metadata|^(?:running|processing|pending"
    r"|queued|loading|start(?:ed|ing)?|working|searching|waiting|ok|success)$",
    _LINES,
)
"""What tells what is being done before the answer."""
STATES = ("status", "state", "op", "action", "msg", "level", "severity")
"""Fields that may say that an answer ends."""
END = re.compile(
    r"^(?:(?:message|response|stream|chat|completion|chat\.completion|conversation|generation"
    r"|answer|run|workflow|thread\.run|conversation\.(?:chat|response))[._-])?"
    r"(?:done|end|ended|complete|completed|incomplete|finish|finished|stop|stopped|close|eof"
    r"|end[._-]of[._-](?:stream|text|message|answer)|stop[._-]stream)$",
    _LINES,
)
"""What ends an answer."""
FAILED = re.compile(r"(?:error|exception|fault|failed|failure|fatal)$", _LINES)
"""What stands in the place of more."""
_END_MARK = re.compile(
    rb"[\W_]*(?:done|end|eos|eof|stop|stopped|finish|finished|complete|completed|close|closed"
    rb"|end[ _-]?of[ _-]?(?:stream|text|message|answer))[\W_]*",
    re.IGNORECASE,
)
"""What else ends an answer in the place of a chunk."""
_MAX_MARK = 40
"""Bytes of such a mark."""
_MAX_WRAPPINGS = 4
_OWN = frozenset(
    {
        *("choices", "candidates", "error", "errors", "delta", "message", "usage", "content"),
        *("response", "output", "result", "data", "token", "text", "detail", "fault"),
    }
)
"""Fields that have a meaning of their own where an object has no other."""
_OF_RESPONSE = ("output", "usage", "error", "incomplete_details", "model", "status")
"""Of all that the Responses API repeats of a request, what concerns the answer."""
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAX_DEPTH = 8
_MAX_FIELDS = 100


def is_failure(name: str) -> bool:
    """Whether the event of that name is an error, and of no mere call of a tool."""
    return FAILED.search(name) is not None and SILENT.search(name) is None


def is_end_mark(data: bytes) -> bool:
    """Whether what stands in the place of a chunk ends the answer."""
    return len(data) <= _MAX_MARK and _END_MARK.fullmatch(data) is not None


def unwrap(payload: dict[str, Any], frame: str) -> tuple[dict[str, Any], str]:
    """The object that says something, and all its names in lower case, each on a line.

    Args:
        payload: The object, which may be wrapped in others that only name it.
        frame: The name that the frame of the event has.
    """
    payload = _decoded(payload)
    names = [frame]
    for _ in range(_MAX_WRAPPINGS):
        name, inner = next(iter(payload.items()), ("", None))
        if len(payload) != 1 or name in _OWN or not isinstance(inner, dict):
            break
        names.append(name)
        payload = _decoded(inner)
        if FAILURE.search(name.lower()):
            payload = {"error": {"type": name, **payload}}
    response = payload.get("response", payload)
    if isinstance(response, dict) and isinstance(response.get("output"), list):
        kind = payload.get("type") or f"response.{response.get('status')}"
        payload = {"type": kind, **{name: response.get(name) for name in _OF_RESPONSE}}
    names += [name for name in map(payload.get, _FIELDS) if isinstance(name, str)]
    return payload, "\n".join(filter(None, names)).lower()


def _decoded(payload: dict[str, Any]) -> dict[str, Any]:
    """An object with what stands in it as a text, with names as they are written elsewhere."""
    if any(name[:1].isupper() for name in payload):
        payload = _in_lower_case(payload, _MAX_DEPTH)
    encoded, body = payload.get("bytes"), payload.get("body")
    text = encoded or body
    with suppress(ValueError):
        # As Amazon's services wrap a chunk, or a whole response.
        if isinstance(text, str) and text:
            inner = load_json(base64.b64decode(text) if encoded else text)
            return {**payload, **inner} if isinstance(inner, dict) else payload
    return payload


def _in_lower_case(found: Any, depth: int) -> Any:
    if not depth or not isinstance(found, list | dict) or len(found) > _MAX_FIELDS:
        return found
    if isinstance(found, list):
        return [_in_lower_case(each, depth - 1) for each in found]
    return {
        _CAPITAL.sub("_", name).lower(): _in_lower_case(value, depth - 1)
        for name, value in found.items()
    }
