"""What an endpoint says of a failure, found in whatever shape it comes: JSON, HTML or plain text.

The OpenAI API answers ``{"error": {"message": ...}}``. Others put a text there, a list, JSON in a
text, ``detail`` as FastAPI does, a title and a status (RFC 9457), or a page of HTML of a proxy.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from http import HTTPStatus
from itertools import islice
from typing import Any

from quart_chat.assistants.openai.decoding import load_json
from quart_chat.plaintext import one_line

WORDS = (
    *("error", "message", "msg", "detail", "errormessage", "errormsg", "errmsg"),
    *("errordescription", "description", "faultstring", "statusmsg", "statusmessage", "statustext"),
    *("retmsg", "returnmsg", "resultmsg", "errortext", "errorinfo", "lasterror", "reason"),
    *("details", "errors", "err", "exception", "fault", "baseresp", "header", "title"),
    *("innererror", "response", "result", "data", "info", "failure", "cause", "status", "choices"),
    *("body", "payload", "text", "code", "type"),
)
"""Fields in which errors say something, or hold what does, by their names without case or signs."""
_CAUSES = ("innererror", "cause", "inner", "causedby")
"""Objects beside a message that say why."""
MAX_TEXT = 64 * 1024
"""Characters of a text that are looked at."""
_MAX_DEPTH = 8
_MAX_FIELDS = 100
"""Fields of an object, or parts of a list, that are looked at."""
_MAX_LISTED = 3
"""Errors of a list that are told."""

_SIGNS = re.compile(r"[^A-Za-z0-9]")
# A frame of server-sent events around it
_FRAME = re.compile(r"(?:(?:event|id|retry):[^\n]*\n)*(?:data|error):\s*(?=[{\[])")
_NOTHING = frozenset({"null", "true", "false", "None"})
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Colours of a terminal."""
_PHRASES = {status.phrase.lower() for status in HTTPStatus} | {"error", "failed", "failure", "fail"}
_BARE = re.compile(r"\A(?:http\s*)?(?:error\s*)?\d{0,3}[\s:-]*|\W*\Z", re.IGNORECASE)
_CODE = re.compile(r"[\w.-]+", re.ASCII)
# What has no end goes to the end of the page, and a tag to the next one: each is looked at once.
_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<(script|style|head)\b.*?(?:</\1\s*>|(?=<body\b)|\Z)|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\):?", re.IGNORECASE)


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


def fields_of(found: dict[str, Any]) -> dict[str, Any]:
    """What an object holds, by names without case or signs: ``error_msg`` and ``errorMsg``."""
    some = islice(found.items(), _MAX_FIELDS)
    return {_SIGNS.sub("", name).lower(): value for name, value in some}


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
    """Whether words are a status or a code alone, such as "500 Internal Server Error"."""
    return _BARE.sub("", words).lower() in {"", *_PHRASES} or _CODE.fullmatch(words) is not None


def _without_traceback(text: str) -> str:
    """What a crash says at its end, without the way that led there."""
    traces = list(_TRACEBACK.finditer(text))
    if not traces:
        return text
    lines = [line for line in text[traces[-1].end() :].splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _of_object(found: dict[str, Any], depth: int) -> str:
    words = _first(found, WORDS, depth)
    if not words or _CODE.fullmatch(words):
        words = find_longest(found, depth) or words
    for cause in (find_words(fields_of(found).get(name), depth + 1) for name in _CAUSES):
        if cause and cause not in words:
            words = f"{words}: {cause}"
    where = found.get("loc")
    if words and isinstance(where, list):
        # FastAPI says beside it which field is meant.
        words = f"{'.'.join(map(str, where))}: {words}"
    metadata = found.get("metadata")
    raw = find_words(metadata.get("raw"), depth + 1) if isinstance(metadata, dict) else ""
    return f"{words}: {raw}" if words and raw and raw not in words else words or raw


def find_longest(found: Any, depth: int = 0) -> str:
    """The longest of the texts in an object that consist of words; empty where there is none."""
    if isinstance(found, str):
        words = _without_traceback(found)
        return words if " " in words.strip() or not words.isascii() else ""
    inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    if depth > _MAX_DEPTH:
        return ""
    some = islice(inner, _MAX_FIELDS)
    return max((find_longest(each, depth + 1) for each in some), key=len, default="")


def _first(found: dict[str, Any], names: Iterable[str], depth: int) -> str:
    """What the first of some fields says; the words of a status only where none says more."""
    fields, bare = fields_of(found), ""
    for name in names:
        words = find_words(fields.get(name), depth + 1)
        if words and not _is_bare(words):
            return words
        bare = bare or words
    return bare
