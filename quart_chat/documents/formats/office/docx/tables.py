"""Tables of a Word document: each row is a line, as in "Item: Nut; Price: 3"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

MAX_COLUMNS = 100
"""Columns that a cell may take."""

MAX_LABEL = 60
"""Characters of what may head a column."""

_NUMBER = re.compile(r"[^\w]*\d[\d.,\s]*\W*(?:[A-Z]{3})?")


@dataclass(slots=True)
class _Cell:
    paragraphs: list[str] = field(default_factory=list)
    continues: bool = False
    columns: int = 1


class Table:
    """A table as it is read, row by row.

    The first row heads the columns if it says so, or if it has no numbers where the second has
    them, or if the table's style sets it apart. Two columns need the first: they are most often
    names beside values.
    """

    def __init__(self) -> None:
        self._cells: list[_Cell] = []
        self._first: list[str] | None = None
        self._above: list[str] = []
        self._labels: list[str] = []
        self._held: list[str] = []
        self._begun = False
        self._declared = False
        self.styled = False

    def begin_row(self) -> None:
        self._cells = []

    def begin_cell(self) -> None:
        self._cells.append(_Cell())

    def continue_cell(self) -> None:
        """The cell is one with that above it."""
        if self._cells:
            self._cells[-1].continues = True

    def widen_cell(self, columns: int) -> None:
        """The cell takes more than one column."""
        if self._cells:
            self._cells[-1].columns = min(max(columns, 1), MAX_COLUMNS)

    def declare(self) -> None:
        """The row heads the columns."""
        self._declared |= not self._begun

    def add(self, paragraph: str) -> None:
        """Add a paragraph to the cell that is open."""
        if not self._cells:
            self.begin_cell()
        self._cells[-1].paragraphs.append(paragraph)

    def end_row(self) -> list[str]:
        """The lines that are known with the end of a row."""
        cells, self._cells = self._cells, []
        if len(cells) == 1:
            # A title, or a frame around paragraphs. The columns may be named above and below it.
            if self._first is None:
                return cells[0].paragraphs
            self._held += cells[0].paragraphs
            return []
        row = self._above = self._row(cells)
        if not self._begun and row:
            self._begun, self._first = True, row
            return []
        return [*self._end_first(row), self._line(row)]

    def _row(self, cells: list[_Cell]) -> list[str]:
        """The texts of the columns."""
        row: list[str] = []
        for cell in cells:
            text = " ".join(" ".join(cell.paragraphs).split())
            if cell.continues and not text and len(row) < len(self._above):
                text = self._above[len(row)]
            row += [text, *[""] * (cell.columns - 1)]
        return row

    def end(self) -> list[str]:
        """The lines that are left when the table ends."""
        rest = self.end_row() if self._cells else []
        first, self._first = self._first, None
        return [*([] if first is None else [_joined(first)]), *self._take_held(), *rest]

    def _take_held(self) -> list[str]:
        held, self._held = self._held, []
        return held

    def _end_first(self, second: list[str]) -> list[str]:
        first, self._first = self._first, None
        if first is None:
            return []
        if self._is_head(first, second):
            self._labels = [label.rstrip(": ") for label in first]
            return self._take_held()
        return [_joined(first), *self._take_held()]

    def _is_head(self, first: list[str], second: list[str]) -> bool:
        if len(first) != len(second) or any(len(label) > MAX_LABEL for label in first):
            return False
        named = [label for label in first[1:] if label]
        if len(named) < len(first) - 1 or len(set(first)) < len(first):
            return False
        if self._declared:
            return True
        if len(first) == 2 or (first[0] and any(map(_NUMBER.fullmatch, first))):
            return False
        return self.styled or any(map(_NUMBER.fullmatch, second[1:]))

    def _line(self, row: list[str]) -> str:
        if len(row) != len(self._labels):
            return _joined(row)
        return _joined(
            f"{label}: {cell}" if label and cell else cell
            for label, cell in zip(self._labels, row, strict=True)
        )


def _joined(cells: Iterable[str]) -> str:
    return "; ".join(cell for cell in cells if cell)
