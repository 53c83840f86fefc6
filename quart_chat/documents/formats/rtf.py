"""Rich Text Format, by striprtf; the rows of its tables stay rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from quart_chat.documents.formats import Block, Mark
from quart_chat.documents.formats.rows import label
from quart_chat.errors import MalformedFile
from quart_chat.texts import _

# Hidden or deleted text: in a group of its own, in which Word names the fonts before, or up to
# where it is switched off.
_HIDDEN_GROUP = re.compile(
    r"\{(?:\\(?!rtf|par|sect)[a-z]{1,20}-?\d{0,9} ?){0,30}?\\(?:v|deleted)1?(?![a-z0-9])"
)
_HIDDEN = re.compile(r"\\v1?(?![a-z0-9])[^{}]*?\\v0(?![0-9])")
_NOTE = re.compile(r"\{\\footnote\b")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_CODE_PAGE = re.compile(r"\\(mac|pca|pc)(?![a-z])")
_CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}


def read(path: Path) -> Iterator[Block | Mark]:
    source = _escaped(path.read_bytes())
    visible = _HIDDEN.sub("", _without_hidden(source))
    visible = _NOTE.sub(r"{\\par ", visible)
    page = _CODE_PAGE.search(source[:100])
    encoding = _CODE_PAGES[page[1]] if page else "cp1252"
    try:
        text = rtf_to_text(visible, encoding=encoding, errors="replace")  # type: ignore[no-untyped-call]  # striprtf names none
    except (ValueError, KeyError, IndexError, LookupError, AttributeError) as error:
        raise MalformedFile(_("The file is damaged or incomplete.")) from error
    # A character beyond the first plane is written as two halves.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    yield Mark(0.5, _("Reading the text"))
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
