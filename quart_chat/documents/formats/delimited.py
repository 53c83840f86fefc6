"""CSV: values that commas, semicolons, tabs or bars separate; each row is a passage."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from quart_chat.documents.formats import Mark
from quart_chat.documents.formats.encoding import read_text
from quart_chat.documents.formats.rows import label
from quart_chat.documents.messages import Piece
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.search.chunking import cut_block
from quart_chat.texts import _

DELIMITERS = ",;\t|"

MAX_LINES = 200
"""Lines of a row. A quotation mark that nothing closes would swallow all that follow."""

_SAMPLE = 100
_MARK_ROWS = 500
# What Excel writes first to say what it separates values by.
_SEPARATOR = re.compile(r'\s*"?sep ?= ?(.)"?\s*', re.IGNORECASE)


def read(path: Path) -> Iterator[Piece | Mark | ReadingWarning]:
    text, warnings = read_text(path)
    yield from warnings
    # It is one for the process: others may need more.
    csv.field_size_limit(max(len(text) + 1, csv.field_size_limit()))
    # Other line ends, such as U+2028, are characters of a cell.
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text.lstrip("\r\n").replace("\0", "\ufffd"))
    stated = _SEPARATOR.fullmatch(lines[0])
    delimiter = stated[1] if stated else _delimiter(lines[:_SAMPLE])
    rows = _Rows(lines[1:] if stated else lines, delimiter)
    for number, line in enumerate(label(rows), 1):
        for piece in cut_block(line):
            yield Piece((), None, "plain", piece.strip())
        if number % _MARK_ROWS == 0:
            yield Mark(rows.fraction, _("Reading the text"))


class _Rows:
    """The rows of a file; where quotation marks are not closed, they are text."""

    def __init__(self, lines: Sequence[str], delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._next = 0

    @property
    def fraction(self) -> float:
        return min(1.0, self._next / max(1, len(self._lines)))

    def __iter__(self) -> Iterator[list[str]]:
        while self._next < len(self._lines):
            start = self._next
            for row in csv.reader(self._taken(), delimiter=self._delimiter, skipinitialspace=True):
                if self._next - start > 1 and self._is_unclosed(start):
                    break
                yield row
                start = self._next
            else:
                return
            self._next = start + 1
            line = [self._lines[start]]
            yield from csv.reader(line, delimiter=self._delimiter, quoting=csv.QUOTE_NONE)

    def _taken(self) -> Iterator[str]:
        while self._next < len(self._lines):
            self._next += 1
            yield self._lines[self._next - 1]

    def _is_unclosed(self, start: int) -> bool:
        """Whether a row that begins at a line holds a quotation mark that nothing closes."""
        lines = self._lines[start : self._next]
        return len(lines) > MAX_LINES or "".join(lines).count('"') % 2 == 1


def _delimiter(lines: Sequence[str]) -> str:
    """What cuts the most lines into the same number of values, more than one."""

    def rank(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in _Rows(lines, delimiter) if any(row))
        width, count = max(widths.items(), key=lambda item: item[1], default=(1, 0))
        return (count / widths.total(), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=rank)
