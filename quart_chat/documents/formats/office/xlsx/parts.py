"""What openpyxl's fast reader leaves out of a sheet: merged cells, and formulas without a result.

A program that makes a workbook without computing it, as many libraries do, stores the formula of a
cell and no value: nothing would be read of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

_CHUNK = 1 << 20
_END_OF_CELL = b"</c>"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
# A result of type "str" may be an empty text.
_UNCOMPUTED = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\bt="str")[^>]*>\s*'
    rb"<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>|</(?:\w+:)?c>)"
)


class SheetParts(NamedTuple):
    """What is found in the part of a sheet.

    Attributes:
        merged: The last row of each cell that takes several rows, by its row and its column letter.
        uncomputed: Formulas without a stored result.
    """

    merged: dict[tuple[int, str], int]
    uncomputed: int


def scan(part: IO[bytes]) -> SheetParts:
    """Read the part of a sheet once, without taking it apart."""
    merged: dict[tuple[int, str], int] = {}
    uncomputed = 0
    for piece in _pieces(part):
        uncomputed += sum(1 for _ in _UNCOMPUTED.finditer(piece))
        for column, first, _, last in _MERGED.findall(piece):
            if last != first:
                merged[int(first), column.decode()] = int(last)
    return SheetParts(merged, uncomputed)


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a part, never cut within a cell."""
    rest = b""
    while chunk := part.read(_CHUNK):
        whole, end, after = (rest + chunk).rpartition(_END_OF_CELL)
        yield whole + end
        rest = after
    yield rest
