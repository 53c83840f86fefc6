"""Rich Text Format, by striprtf; the rows of its tables stay rows.

It leaves out the headers and footers of pages, so that these are taken apart as texts of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from quart_chat.documents.formats import Block, Mark
from quart_chat.documents.formats.office.margins import keep_once
from quart_chat.documents.formats.rows import label
from quart_chat.errors import MalformedFile
from quart_chat.texts import _

MAX_MARGINS = 50
"""Different headers, or footers, that are read."""

# Hidden or deleted text: in a group of its own, in which Word names the fonts before, or up to
# where it is switched off.
_HIDDEN_GROUP = re.compile(
    r"\{(?:\\(?!rtf|par|sect)[a-z]{1,20}-?\d{0,9} ?){0,30}?\\(?:v|deleted)1?(?![a-z0-9])"
)
_HIDDEN = re.compile(r"\\v1?(?![a-z0-9])[^{}]*?\\v0(?![0-9])")
_MARGIN = re.compile(r"\{\\(header|footer)([lrf]?)(?![a-z0-9])")
_NOTE = re.compile(r"\{\\footnote\b")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_CODE_PAGE = re.compile(r"\\(mac|pca|pc)(?![a-z])")
_ANSI_PAGE = re.compile(r"\\ansicpg\d+")
_CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}


def read(path: Path) -> Iterator[Block | Mark]:
    source = _escaped(path.read_bytes())
    visible = _HIDDEN.sub("", _without_hidden(source))
    visible = _NOTE.sub(r"{\\par ", visible)
    page = _CODE_PAGE.search(source[:100])
    encoding = _CODE_PAGES[page[1]] if page else "cp1252"
    text = _to_text(visible, encoding)
    margins: set[str] = set()
    yield Mark(0.5, _("Reading the text"))
    yield from keep_once(_read_margins(visible, "header", encoding), margins)
    rows: list[list[str]] = []
    for line in text.split("\n"):
        if line.endswith("|"):
            rows.append(line[:-1].split("|"))
            continue
        yield from map(Block, label(rows))
        rows = []
        if line.strip():
            yield Block(line.strip())
    yield from map(Block, label(rows))
    yield from keep_once(_read_margins(visible, "footer", encoding), margins)


def _to_text(source: str, encoding: str) -> str:
    try:
        text = rtf_to_text(source, encoding=encoding, errors="replace")  # type: ignore[no-untyped-call]  # striprtf names none
    except (ValueError, KeyError, IndexError, LookupError, AttributeError) as error:
        raise MalformedFile(_("The file is damaged or incomplete.")) from error
    # A character beyond the first plane is written as two halves.
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read_margins(source: str, kind: str, encoding: str) -> Iterator[str]:
    """The lines of headers or footers, of which each section has its own."""
    read: set[str] = set()
    page = _ANSI_PAGE.search(source[:200])
    head = f"{{\\rtf1\\ansi{page[0] if page else ''} "
    for margin in _MARGIN.finditer(source):
        group = source[margin.end() : _end_of_group(source, margin.end())]
        if margin[1] == kind and group not in read and len(read) < MAX_MARGINS:
            read.add(group)
            yield from _to_text(head + group, encoding).replace("|", "\t").split("\n")


def _escaped(data: bytes) -> str:
    """The source with what is beyond ASCII escaped: some write it bare, in its code page or UTF-8.

    Binary data has a length, which would no longer be right.
    """
    source = data.decode("latin-1")
    if data.isascii() or "\\bin" in source:
        return source
    try:
        return _NOT_ASCII.sub(_to_unicode_escape, data.decode())
    except UnicodeDecodeError:
        return _NOT_ASCII.sub(lambda char: f"\\'{ord(char[0]):02x}", source)


def _to_unicode_escape(char: re.Match[str]) -> str:
    return f"{{\\uc0\\u{ord(char[0])} }}"


def _without_hidden(source: str) -> str:
    """Leave out hidden groups, with all groups within them."""
    kept, place = [], 0
    while group := _HIDDEN_GROUP.search(source, place):
        kept.append(source[place : group.start()])
        place = _end_of_group(source, group.end())
    return "".join((*kept, source[place:]))


def _end_of_group(source: str, place: int) -> int:
    depth = 1
    for brace in _BRACE.finditer(source, place):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if not depth:
            return brace.end()
    return len(source)
