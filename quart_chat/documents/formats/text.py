"""Plain text and code: what blank lines separate."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from quart_chat.documents.formats import Block, Mark, Part
from quart_chat.documents.formats.encoding import read_text
from quart_chat.documents.formats.records import readable
from quart_chat.texts import _

MARK_SIZE = 64 * 1024
"""Characters between two marks."""

# What a terminal takes for colours, cursors and titles (ECMA-48), as in the log of a program.
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")


def read(path: Path) -> Iterator[Part]:
    """The paragraphs of a file."""
    text, warnings = read_text(path)
    yield from warnings
    text = readable(_TERMINAL.sub("", text))
    lines: list[str] = []
    for line in _marked_lines(text):
        if isinstance(line, Mark):
            yield line
        elif line.strip():
            lines.append(line)
        elif lines:
            yield Block("".join(lines).strip("\r\n"))
            lines = []
    if lines:
        yield Block("".join(lines).strip("\r\n"))


def _marked_lines(text: str) -> Iterator[str | Mark]:
    done, marked = 0, 0
    # Old Macs end a line with a carriage return alone.
    for line in io.StringIO(text, newline=None):
        yield line
        done += len(line)
        if done - marked >= MARK_SIZE:
            marked = done
            yield Mark(done / len(text), _("Reading the text"))
