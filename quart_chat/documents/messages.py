"""What the process that reads a document tells the one that serves: a JSON object a line."""

from __future__ import annotations

import msgspec

from quart_chat.documents.reading_warnings import ReadingWarning


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """A passage: its headings, its page where there are pages, its form and its text."""

    headings: tuple[str, ...]
    page: int | None
    form: str
    text: str


class Advanced(msgspec.Struct, tag="advanced", frozen=True):
    """How far the reading is, and the passages found since the last message."""

    fraction: float
    step: str
    pieces: list[Piece] = []


class Vocabulary(msgspec.Struct, tag="vocabulary", frozen=True):
    """Different words of the document: each in lower case, and folded."""

    words: list[tuple[str, str]]


class Finished(msgspec.Struct, tag="finished", frozen=True):
    """All is read that can be, or found fit to be read."""

    pages: int | None = None
    warnings: list[ReadingWarning] = []


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """It can't be read; the detail is for the log."""

    code: str
    message: str
    detail: str = ""


Message = Advanced | Vocabulary | Finished | Failed

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Message).decode
