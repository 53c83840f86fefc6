"""PDF, page by page, by pypdf; pages whose text can't be read are counted."""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, LimitReachedError, PyPdfError
from pypdf.generic import DictionaryObject

from quart_chat.documents.formats import Block, Mark, Part
from quart_chat.documents.formats.pdf.fonts import names_its_letters, share_of_text
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.errors import EmptyFile, EncryptedFile, MalformedFile, OversizedContent
from quart_chat.texts import N_, _

READABLE = 0.7
"""How much of a page has to be characters, for it to be a text."""

STAMP = 25
"""Characters that a scanned page may have, such as a number that was stamped on it."""

DRAWING = 5_000
"""Bytes of instructions from which on a page without text shows something."""

_PASSWORD = N_("The PDF is protected with a password. Save it without one.")
_BROKEN = (
    *(PyPdfError, ValueError, KeyError, AttributeError, TypeError, RecursionError, IndexError),
    *(AssertionError, ArithmeticError, NotImplementedError, struct.error, zlib.error, OSError),
)
"""What pypdf raises over broken files beside its own errors."""

# A word that a line's end has cut: its halves belong together.
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n(?=[^\W\d_])(?=[a-zß-ÿ])")
_BLANK = re.compile(r"\n[ \t]*\n\s*")


def check(path: Path) -> None:
    """Make sure that it can be read.

    Raises:
        EncryptedFile: It can be opened only with a password.
        MalformedFile: It is damaged.
    """
    _open(path)


def read(path: Path) -> Iterator[Part]:
    """Read the pages of a file, and what its form has been filled in with.

    Raises:
        EmptyFile: All that it has is pictures.
        MalformedFile: Its text can't be read.
        OversizedContent: A page unpacks to more than may be.
    """
    reader = _open(path)
    count, found, lost = len(reader.pages), False, dict.fromkeys(("pictures", "unreadable"), 0)
    for number in range(1, count + 1):
        yield Mark(
            (number - 1) / count,
            _("Reading page {page} of {count}").format(page=number, count=count),
            count,
        )
        text, missing = _read_page(reader, number)
        if missing:
            lost[missing] += 1
        for paragraph in _BLANK.split(_HYPHEN.sub("", text)):
            if paragraph.strip():
                found = True
                yield Block(paragraph.strip(), page=number)
        for note in _notes(reader, number):
            found = True
            yield Block(note, page=number)
    for field in _fields(reader):
        found = True
        yield Block(field)
    if not found:
        _refuse(lost)
    yield from (ReadingWarning(f"pages_{code}", lost[code]) for code in lost if lost[code])


def _read_page(reader: PdfReader, number: int) -> tuple[str, str]:
    """The text of a page, and what is missing: "pictures", "unreadable" or ""."""
    try:
        page = reader.pages[number - 1]
        drawn: list[tuple[int, bool]] = []
        text = page.extract_text(visitor_text=lambda *drawing: drawn.append(_drawn(*drawing)))
        named = share_of_text(drawn)
        if named < 0.5 or (text.strip() and _readable(text) < READABLE):
            return "", "unreadable"
        if len("".join(text.split())) < STAMP and _shows_more(page):
            return text, "pictures"
    except LimitReachedError as error:
        raise OversizedContent(
            _("Page {page} of the PDF is too large when unpacked.").format(page=number)
        ) from error
    except _BROKEN:
        return "", "unreadable"
    return text, "" if named > 0.9 else "unreadable"


def _drawn(text: str, _user: Any, _line: Any, font: Any, _size: Any) -> tuple[int, bool]:
    """How much a piece of text has, and whether its font says which letters it is."""
    return len(text.strip()), names_its_letters(font)


def _readable(text: str) -> float:
    """How much of a text is characters, not codes that stand for none."""
    return sum(unicodedata.category(char)[0] != "C" or char.isspace() for char in text) / len(text)


def _shows_more(page: PageObject) -> bool:
    """Whether a page shows pictures, or drawings such as letters that were turned to curves."""
    if _has_picture(page.get("/Resources"), 3):
        return True
    contents = page.get_contents()
    data = contents.get_data() if contents is not None else b""
    return len(data) > DRAWING or b"\nBI" in data or data.startswith(b"BI")


def _has_picture(resources: Any, depth: int) -> bool:
    resources = resources.get_object() if resources is not None else None
    if not depth or not isinstance(resources, DictionaryObject):
        return False
    objects = resources.get("/XObject", DictionaryObject()).get_object()
    for each in objects.values():
        item = each.get_object()
        if item.get("/Subtype") == "/Image" or _has_picture(item.get("/Resources"), depth - 1):
            return True
    return False


def _notes(reader: PdfReader, number: int) -> Iterator[str]:
    """What was typed onto a page, as into a form that has no fields."""
    try:
        notes = [note.get_object() for note in reader.pages[number - 1].get("/Annots") or ()]
    except _BROKEN:
        return
    for note in notes:
        text = note.get("/Contents") if isinstance(note, DictionaryObject) else None
        if isinstance(text, str) and text.strip() and note.get("/Subtype") == "/FreeText":
            yield text.strip()


def _fields(reader: PdfReader) -> Iterator[str]:
    """What a form has been filled in with, each below its name."""
    try:
        fields = reader.get_fields() or {}
    except _BROKEN:
        return
    for name, field in fields.items():
        value = field.get("/V")
        if isinstance(value, str) and value.strip() and field.get("/FT") in {"/Tx", "/Ch"}:
            label = field.get("/TU")
            yield f"{label if isinstance(label, str) else name}: {value.strip()}"


def _refuse(lost: dict[str, int]) -> None:
    """Say why there is no text, where that is known."""
    if lost["unreadable"]:
        raise MalformedFile(
            _(
                "The text of the PDF can't be read: its fonts don't say which letters they show,"
                " or it is damaged. Save it again from the program that made it, or run text"
                " recognition (OCR) on it."
            )
        )
    if lost["pictures"]:
        raise EmptyFile(
            _(
                "The pages of the PDF are pictures, as from a scanner, which can't be read. Run"
                " text recognition (OCR) on it first."
            )
        )


def _open(path: Path) -> PdfReader:
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise EncryptedFile(_(_PASSWORD))
        if not len(reader.pages):
            raise MalformedFile(_("The PDF has no pages."))
    except DependencyError as error:
        raise EncryptedFile(_(_PASSWORD)) from error
    except _BROKEN as error:
        raise MalformedFile(_("The PDF is damaged or incomplete.")) from error
    return reader
