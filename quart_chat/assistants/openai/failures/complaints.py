"""Whether an object is an error, and which status of HTTP it means.

An endpoint may say that a request has failed with a status of 200, or in the midst of a stream.
"""

from __future__ import annotations

import re
from typing import Any

from quart_chat.assistants.openai.failures.words import WORDS, fields_of

_SPOKEN = frozenset(WORDS[1 : WORDS.index("fault")])
"""Fields that a chunk of an answer has not."""
_HOLDING = ("fault", "baseresp", "header")
"""Objects that hold an error, or say that there is none."""
_NO_ERROR = frozenset(
    {
        *("0", "200", "00000", "20000", "success", "succeeded", "ok", "okay", "no error"),
        *("done", "end", "finished", "complete", "completed", "pong", "ping"),
    }
)
_CODES = frozenset({"code", "statuscode", "errcode", "errorcode", "errno", "ret", "retcode"})
_OUTCOMES = frozenset(
    {
        *("type", "object", "event", "kind", "status", "state", "result", "outcome", "level"),
        *("severity", "resultcode"),
    }
)
"""Fields that say how a request went, in one of these words where it failed."""
FAILURE = re.compile(r"err(?:or|$)|exception|fault(?!s)|failure")
"""Names of fields that hold an error where they hold anything."""
_FAILED = frozenset({"error", "failed", "failure", "fail", "fatal", "exception", "rejected"})
_STATUSES = ("code", "status", "status_code", "statusCode", "error_code", "http_status")
_KINDS = ("type", "code", "status", "reason")
_MAX_DEPTH = 8

_BY_KIND = (
    (re.compile(r"rate.?limit|too.?many|resource.?exhausted|quota|throttl|overloaded"), 429),
    (re.compile(r"invalid.api.key|unauthenticated|authentication"), 401),
    (re.compile(r"permission|forbidden"), 403),
    (re.compile(r"model.not.found"), 404),
)


def find_status(found: Any, depth: int = 0) -> int | None:
    """The status of HTTP that an error names, or that its kind means."""
    if isinstance(found, list):
        found = next((each for each in found if isinstance(each, dict)), None)
    if not isinstance(found, dict) or depth > _MAX_DEPTH:
        return None
    for name in _STATUSES:
        value = found.get(name)
        digits = str(value) if isinstance(value, int | str) else ""
        if len(digits) == 3 and digits.isdecimal() and digits >= "400":
            return int(digits)
    if (status := find_status(found.get("error"), depth + 1)) is not None:
        return status
    kinds = " ".join(str(found.get(name) or "").lower() for name in _KINDS)
    return next((status for kind, status in _BY_KIND if kind.search(kinds)), None)


def is_complaint(payload: dict[str, Any]) -> bool:
    """Whether an object without choices is an error."""
    if has_failed(payload):
        return True
    fields = fields_of(payload)
    if payload.get("content") or payload.get("text"):
        return False
    if any(str(fields[name]).lower() in _NO_ERROR for name in _CODES & fields.keys()):
        return False
    if any(_speaks(fields[name]) for name in _SPOKEN & fields.keys()):
        return True
    return any(_holds_error(fields.get(name)) for name in _HOLDING)


def has_failed(payload: dict[str, Any]) -> bool:
    """Whether an object without choices says that a request has failed."""
    fields = fields_of(payload)
    if find_status(payload) or False in (fields.get("success"), fields.get("ok")):
        return True
    if any(str(fields[name]).lower() in _FAILED for name in _OUTCOMES & fields.keys()):
        return True
    holding = (name for name, value in fields.items() if is_error(value) and name not in _HOLDING)
    return any(map(FAILURE.search, holding))


def _speaks(found: Any) -> bool:
    """Whether a field of an object says what is wrong."""
    return isinstance(found, str | list) and bool(found) and str(found).lower() not in _NO_ERROR


def is_error(found: Any) -> bool:
    """Whether the value of a field for an error is one: some always send it, and say "none" so."""
    if not isinstance(found, dict):
        return bool(found) and str(found).lower() not in _NO_ERROR
    code = str(found.get("code")).lower()
    return code not in _NO_ERROR and any(map(is_error, found.values()))


def _holds_error(found: Any) -> bool:
    if not isinstance(found, dict):
        return False
    fields = fields_of(found)
    codes = {str(fields.get(name)).lower() for name in ("code", "statuscode")}
    return not codes & _NO_ERROR and any(fields.get(name) for name in WORDS[:-1])
