"""Plain text, tables of values and code: paragraphs or lines."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from quart_chat.documents.formats import Block, Mark
from quart_chat.texts import _

MARK_SIZE = 64 * 1024
"""Characters between two marks."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MAX_HEADER = 200


def read_text(path: Path) -> str:
    """Decode a file: what its first bytes say, else UTF-8, else what old Windows wrote."""
    data = path.read_bytes()
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def paragraphs(path: Path) -> Iterator[Block | Mark]:
    """What blank lines separate."""
    lines: list[str] = []
    for line in _marked_lines(read_text(path)):
        if isinstance(line, Mark):
            yield line
        elif line.strip():
            lines.append(line)
        elif lines:
            yield Block("".join(lines).strip("\r\n"))
            lines = []
    if lines:
        yield Block("".join(lines).strip("\r\n"))


def rows(path: Path) -> Iterator[Block | Mark]:
    """The lines of a table below its first, which names the columns."""
    headings: tuple[str, ...] | None = None
    for line in _marked_lines(read_text(path)):
        if isinstance(line, Mark):
            yield line
            continue
        text = line.rstrip("\r\n")
        if headings is None:
            headings = (text,) if 0 < len(text.strip()) <= _MAX_HEADER else ()
            yield Block(text)
        elif text.strip():
            yield Block(text, headings)


def _marked_lines(text: str) -> Iterator[str | Mark]:
    done, marked = 0, 0
    for line in io.StringIO(text):
        yield line
        done += len(line)
        if done - marked >= MARK_SIZE:
            marked = done
            yield Mark(done / len(text), _("Reading the text"))
