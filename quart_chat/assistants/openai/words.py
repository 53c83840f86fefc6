"""What an endpoint says of a failure, found in whatever shape it comes: JSON, HTML or plain text.

The OpenAI API answers ``{"error": {"message": ...}}``. Others put a text there, a list, JSON in a
text, ``detail`` as FastAPI does, a title and a status (RFC 9457), or a page of HTML of a proxy.
"""

from __future__ import annotations

import html
import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import orjson

from quart_chat.plaintext import one_line

_WORDS = (
    *("error", "message", "msg", "detail", "errormessage", "errormsg", "errmsg"),
    *("errordescription", "description", "faultstring", "statusmsg", "statusmessage", "statustext"),
    *("reason", "details", "errors", "err", "exception", "title", "fault", "baseresp", "header"),
    *("innererror", "response", "result", "data", "info", "failure", "cause", "status", "choices"),
    *("body", "text"),
)
"""Fields in which errors say something, or hold what does, by their names without case or signs."""
_SPOKEN = _WORDS[1 : _WORDS.index("fault")]
"""Fields that a chunk of an answer has not."""
_HOLDING = ("fault", "baseresp", "header")
"""Objects that hold an error, or say that there is none."""
_CAUSES = ("innererror", "cause", "inner", "causedby")
"""Objects beside a message that say why."""
_NO_ERROR = frozenset({"0", "200", "00000", "success", "ok"})
_STATUSES = ("code", "status", "status_code", "statusCode", "error_code", "http_status")
_KINDS = ("type", "code", "status", "reason")
MAX_TEXT = 64 * 1024
"""Characters of a text that are looked at."""
MAX_BAD_BYTES = 10_000
"""Bytes of a text that are no UTF-8, at most."""
_PIECE = 64 * 1024
_MAX_DEPTH = 8
_MAX_LISTED = 3
"""Errors of a list that are told."""

_BY_KIND = (
    (re.compile(r"rate.?limit|too.?many|resource.?exhausted|quota|throttl|overloaded"), 429),
    (re.compile(r"invalid.api.key|unauthenticated|authentication"), 401),
    (re.compile(r"permission|forbidden"), 403),
    (re.compile(r"model.not.found"), 404),
)
_SIGNS = re.compile(r"[^A-Za-z0-9]")
# A frame of server-sent events around it
_FRAME = re.compile(r"(?:(?:event|id|retry):[^\n]*\n)*(?:data|error):\s*(?=[{\[])")
_NEXT_FRAME = re.compile(r"data:|\[DONE\]", re.IGNORECASE)
_NOTHING = frozenset({"null", "true", "false", "None"})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Colours of a terminal."""
_PHRASES = {status.phrase.lower() for status in HTTPStatus} | {"error", "failed", "failure", "fail"}
_BARE = re.compile(r"\A(?:http\s*)?(?:error\s*)?\d{0,3}[\s:-]*|\W*\Z", re.IGNORECASE)
# What has no end goes to the end of the page, and a tag to the next one: each is looked at once.
_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<(script|style|head)\b.*?(?:</\1\s*>|(?=<body\b)|\Z)|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\):?", re.IGNORECASE)


def decode(data: bytes) -> str:
    """Decode UTF-8; a byte that is none costs one character.

    Raises:
        ValueError: There are so many that it is no text, and reading on would keep the loop busy.
    """
    decoder = getincrementaldecoder("utf-8")("replace")
    parts: list[str] = []
    bad = 0
    for start in range(0, len(data), _PIECE):
        parts.append(
            decoder.decode(data[start : start + _PIECE], final=start + _PIECE >= len(data))
        )
        bad += parts[-1].count("\ufffd")
        if bad > MAX_BAD_BYTES:
            raise ValueError("too little of it is UTF-8")
    return "".join(parts)


def decode_refusal(body: bytes, media_type: str) -> str:
    """Decode what an endpoint or a proxy says of a failure, in the encoding that it is in.

    Args:
        body: What it says.
        media_type: The header that tells what that is.
    """
    stated = _CHARSET.search(media_type) or _CHARSET.search(body[:1024].decode("latin-1"))
    charset = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else stated and stated[1]
    try:
        # Many say that it is ISO 8859-1, and send UTF-8.
        if not (charset or "").lower().startswith("utf-16"):
            return body.decode()
        return body.decode(charset or "", "replace")
    except (UnicodeDecodeError, LookupError):
        pass
    try:
        return body.decode(charset or "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def load_json(data: bytes | str) -> Any:
    """Decode JSON with what strict decoders refuse: lone surrogates, bad UTF-8, control characters.

    Raises:
        ValueError: It is none all the same, or hardly anything of it is UTF-8.
    """
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(data)
    text = (decode(data) if isinstance(data, bytes) else data).removeprefix("\ufeff").lstrip()
    try:
        return json.loads(text, strict=False)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
        return _load_objects(text)


def _load_objects(text: str) -> Any:
    """Decode objects that follow each other, on one line or on many; one alone is no list.

    What follows them and is no JSON costs itself alone, unless it is another frame.
    """
    decoder, found, place = json.JSONDecoder(strict=False), [], 0
    while text.startswith(("{", "["), place):
        try:
            each, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found.append(each)
        place += len(text[place:]) - len(text[place:].lstrip())
    if not found or _NEXT_FRAME.match(text, place):
        raise ValueError("no object alone is at its beginning")
    return found if len(found) > 1 else found[0]


def find_words(found: Any, depth: int = 0) -> str:
    """What an error says, on one line; empty where it says nothing."""
    if depth > _MAX_DEPTH or isinstance(found, bool):
        return ""
    if isinstance(found, str):
        return _of_text(found, depth)
    if isinstance(found, list):
        words = (find_words(each, depth + 1) for each in found)
        return "; ".join(list(dict.fromkeys(filter(None, words)))[:_MAX_LISTED])
    return _of_object(found, depth) if isinstance(found, dict) else ""


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


def is_complaint(payload: dict[str, Any], *, bare: bool) -> bool:
    """Whether an object is an error; one that is ``bare`` has no choices."""
    if is_error(payload.get("error")):
        return True
    if not bare or payload.get("content") or payload.get("text"):
        return False
    if "error" in (payload.get("type"), payload.get("object")) or find_status(payload):
        return True
    fields = _fields(payload)
    if any(fields.get(name) and isinstance(fields[name], str | list) for name in _SPOKEN):
        return True
    return is_error(fields.get("error")) or any(_holds_error(fields.get(name)) for name in _HOLDING)


def is_error(found: Any) -> bool:
    """Whether the value of a field for an error is one: some always send it, and say "none" so."""
    if not isinstance(found, dict):
        return bool(found)
    code = str(found.get("code")).lower()
    return code not in _NO_ERROR and any(map(is_error, found.values()))


def _holds_error(found: Any) -> bool:
    if not isinstance(found, dict):
        return False
    fields = _fields(found)
    codes = {str(fields.get(name)).lower() for name in ("code", "statuscode")}
    return not codes & _NO_ERROR and any(fields.get(name) for name in _WORDS[:-1])


def _fields(found: dict[str, Any]) -> dict[str, Any]:
    """What an object holds, by names without case or signs: ``error_msg`` and ``errorMsg``."""
    return {_SIGNS.sub("", name).lower(): value for name, value in found.items()}


def unframe(text: str) -> str:
    """A text without the frame of server-sent events around it, if there is one."""
    frame = _FRAME.match(text)
    return text[frame.end() :] if frame else text


def _of_text(text: str, depth: int) -> str:
    text = unframe(text[:MAX_TEXT].strip())
    if text in _NOTHING:
        return ""
    if text.startswith(("{", "[", '"')):
        try:
            inner = load_json(text)
        except ValueError:
            return one_line(text)
        return find_words(inner, depth + 1) or ("" if inner in ({}, [], "") else one_line(text))
    if text.startswith("<"):
        text = _of_markup(text)
    return one_line(_without_traceback(_ANSI.sub("", text)))


def _of_markup(text: str) -> str:
    """A page's title, or what is to be read on it where the title says nothing."""
    found = _TITLE.search(text)
    title = html.unescape(found[1]).strip() if found else ""
    if title and not _is_bare(title):
        return title
    return html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text))).strip() or title


def _is_bare(words: str) -> bool:
    """Whether words are those of a status alone, such as "500 Internal Server Error"."""
    return _BARE.sub("", words).lower() in {"", *_PHRASES}


def _without_traceback(text: str) -> str:
    """What a crash says at its end, without the way that led there."""
    traces = list(_TRACEBACK.finditer(text))
    if not traces:
        return text
    lines = [line for line in text[traces[-1].end() :].splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _of_object(found: dict[str, Any], depth: int) -> str:
    words = _first(found, _WORDS, depth)
    for cause in (find_words(_fields(found).get(name), depth + 1) for name in _CAUSES):
        if cause and cause not in words:
            words = f"{words}: {cause}"
    where = found.get("loc")
    if words and isinstance(where, list):
        # FastAPI says beside it which field is meant.
        words = f"{'.'.join(map(str, where))}: {words}"
    metadata = found.get("metadata")
    raw = find_words(metadata.get("raw"), depth + 1) if isinstance(metadata, dict) else ""
    return f"{words}: {raw}" if words and raw and raw not in words else words or raw


def _first(found: dict[str, Any], names: Iterable[str], depth: int) -> str:
    """What the first of some fields says; the words of a status only where none says more."""
    fields, bare = _fields(found), ""
    for name in names:
        words = find_words(fields.get(name), depth + 1)
        if words and not _is_bare(words):
            return words
        bare = bare or words
    return bare
