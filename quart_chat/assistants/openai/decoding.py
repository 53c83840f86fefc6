"""Text and JSON, decoded as leniently as they can be understood."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import Any

import orjson

MAX_BAD_BYTES = 10_000
"""Bytes of a text that are no UTF-8, at most."""
_PIECE = 64 * 1024
_SPACE = re.compile(r"\s*")
_MAX_OBJECTS = 600
"""Objects in a row that are decoded."""
_NEXT_FRAME = re.compile(r"data:|\[DONE\]", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w:.-]{1,40})", re.IGNORECASE)


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
    decoder, place = json.JSONDecoder(strict=False), 0
    found: list[Any] = []
    while text.startswith(("{", "["), place) and len(found) < _MAX_OBJECTS:
        try:
            each, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found.append(each)
        place = _SPACE.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing, too
    if not found or _NEXT_FRAME.match(text, place):
        raise ValueError("no object alone is at its beginning")
    return found if len(found) > 1 else found[0]
