"""What a document is called: at first as its file, then as its owner likes."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from typing import Any

from quart_chat.documents.kinds import BY_SUFFIX
from quart_chat.documents.models import Document, Kind
from quart_chat.errors import InvalidInput
from quart_chat.plaintext import is_blank
from quart_chat.texts import _, number

MAX_NAME = 120

_READ = 1000
"""Characters of a name that are read: ordering its accents takes quadratic time."""

_READ_AT_END = 100

_SUFFIXES = {kind: suffix for suffix, kind in reversed(BY_SUFFIX.items())}
"""The first suffix of each kind."""

_ANY_SUFFIX = frozenset({Kind.TEXT, Kind.CODE})
"""Kinds of files that may have any name."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
"""Categories of characters that names don't keep; they could make one look like another."""

_JOINERS = frozenset("\u200c\u200d")
"""Characters without a glyph that words of many scripts need, and emoji."""

_UNSAFE = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))
"""Characters that some file systems don't allow in a name."""


def clean_name(name: str) -> str:
    """A name that is safe to show: its last part, on one line, without what can't be seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    if len(last) > _READ:
        last = last[: _READ - _READ_AT_END] + last[-_READ_AT_END:]
    line = _visible(last).lstrip(". ")
    suffix = PurePosixPath(line).suffix[:12]
    if len(line) > MAX_NAME:
        line = line[: MAX_NAME - len(suffix) - 1].rstrip(". ") + "…" + suffix
    return "document" if is_blank(line) else line


def check_name(name: Any) -> str:
    """Read the name that a person gives a document, and make it one line.

    Raises:
        InvalidInput: It is no text, a blank one, or too long.
    """
    if not isinstance(name, str):
        raise InvalidInput(_("name: expected a text."))
    line = _visible(name) if len(name) <= _READ else name
    if is_blank(line):
        raise InvalidInput(_("name: write something first."))
    if len(line) > MAX_NAME:
        raise InvalidInput(
            _("name: {count} characters; at most {limit} are possible.").format(
                count=number(len(line)), limit=number(MAX_NAME)
            )
        )
    return line


def file_name(document: Document) -> str:
    """The name of a document's file on the disk of its owner, with the suffix of its kind."""
    name = document.name.translate(_UNSAFE).strip(". ") or "document"
    named = BY_SUFFIX.get(PurePosixPath(name).suffix.lower())
    return name if named or document.kind in _ANY_SUFFIX else name + _SUFFIXES[document.kind]


def _visible(text: str) -> str:
    """A text on one line, without what can't be seen."""
    seen = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or char in _JOINERS or unicodedata.category(char) not in _UNSEEN
    )
    return " ".join(seen.split())
