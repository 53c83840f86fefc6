"""Tables as columns of text, aligned in a font whose letters are all of one width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

_GAP = "  "


class Column(StrEnum):
    """Where the text of a column stands."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


def align(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> str:
    """Lines with the cells of each row below those of the first, which is underlined."""
    widths = [max(_width(cell) for cell in cells) for cells in zip(*rows, strict=True)]
    head, *body = rows
    rule = ["-" * width for width in widths]
    return "\n".join(
        _GAP.join(map(_pad, row, widths, columns)).rstrip() for row in (head, rule, *body)
    )


def _pad(text: str, width: int, column: Column) -> str:
    missing = width - _width(text)
    before = {Column.LEFT: 0, Column.CENTER: missing // 2, Column.RIGHT: missing}[column]
    return " " * before + text + " " * (missing - before)


def _width(text: str) -> int:
    """Columns that a text takes: characters of East Asia take two, accents none."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
