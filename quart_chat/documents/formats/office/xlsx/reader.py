"""Excel workbooks, row by row, by openpyxl; each row is a passage below the name of its sheet."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
from openpyxl.utils import get_column_letter

from quart_chat.documents.formats import Mark
from quart_chat.documents.formats.archive import opened
from quart_chat.documents.formats.office.xlsx.parts import scan
from quart_chat.documents.formats.rows import label
from quart_chat.documents.messages import Piece
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.errors import MalformedFile
from quart_chat.search.chunking import cut_block
from quart_chat.texts import _

MAX_ROWS = 200_000
"""Rows that are read of a workbook."""

MAX_COLUMNS = 500
"""Columns that are read of a sheet."""

# What stands in quotation marks, or behind a backslash, is shown as it is.
_PERCENT = re.compile(r'^(?:"[^"]*"|\\.|[^"\\%])*%')
# A currency stands in brackets, a unit in quotation marks, a sign alone.
_UNITS = (
    re.compile(r"\[\$([^\]\-]+)"),
    re.compile(r'"\s*([^"]{0,11}[^"\s])\s*"'),
    re.compile(r"([€$£¥₹])(?!-?\w*\])"),
)
_DIGITS = re.compile("0+")
_BOOK = "xl/workbook.xml"


def check(path: Path) -> None:
    with opened(path, _BOOK):
        pass


def read(path: Path) -> Iterator[Piece | Mark | ReadingWarning]:
    with opened(path, _BOOK) as archive, path.open("rb") as file:
        yield from _read_book(file, archive)


def _read_book(file: BinaryIO, archive: zipfile.ZipFile) -> Iterator[Piece | Mark | ReadingWarning]:
    book = _open_book(file)
    left = MAX_ROWS
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if len(shown) < len(book.worksheets):
        yield ReadingWarning("sheets_hidden", len(book.worksheets) - len(shown))
    for done, sheet in enumerate(shown):
        yield Mark(done / len(shown), _("Reading the sheet “{name}”").format(name=sheet.title))
        with archive.open(sheet._worksheet_path) as part:  # noqa: SLF001 - openpyxl names it nowhere else
            parts = scan(part)
        formulas = None
        if parts.uncomputed:
            yield ReadingWarning("formulas_uncomputed", parts.uncomputed)
            formulas = _open_book(file, formulas=True)[sheet.title]
        rows = _Rows(sheet, left, parts.merged, formulas)
        for line in label(rows):
            yield from (Piece((sheet.title,), None, "plain", text) for text in cut_block(line))
        left -= rows.count
        if rows.cut:
            yield ReadingWarning("rows_left_out", MAX_ROWS)
            return


def _open_book(file: BinaryIO, *, formulas: bool = False) -> Any:
    """Open a workbook, with the formulas of its cells in the place of their results if asked."""
    file.seek(0)
    try:
        # By its content: openpyxl refuses files whose name doesn't end as it expects.
        return openpyxl.load_workbook(
            file, read_only=True, data_only=not formulas, keep_links=False
        )
    except (ValueError, TypeError, AttributeError, SyntaxError, IndexError, OSError) as error:
        raise MalformedFile(_("The workbook is damaged or incomplete.")) from error


class _Rows:
    """The rows of a sheet; ``cut`` says whether there are more than are read.

    Args:
        sheet: The sheet, with the results of its formulas.
        limit: Rows at most.
        merged: The last row of each cell that takes several rows.
        formulas: The same sheet with its formulas, where some have no result.
    """

    def __init__(
        self,
        sheet: Any,
        limit: int,
        merged: dict[tuple[int, str], int],
        formulas: Any = None,
    ) -> None:
        self.count = 0
        self.cut = False
        self._merged = merged
        self._held: dict[int, tuple[str, int]] = {}
        self._sheet = sheet
        self._formulas = formulas
        self._limit = limit

    def __iter__(self) -> Iterator[list[str]]:
        for number, (row, formulas) in enumerate(self._both(), start=1):
            cells = [_shown(cell) for cell in row[:MAX_COLUMNS]]
            for at, cell in enumerate(formulas[:MAX_COLUMNS]):
                cells[at] = cells[at] or _formula(cell.value)
            if not any(cells):
                continue
            self._take_above(cells, number)
            if self.count >= self._limit:
                self.cut = True
                return
            self.count += 1
            yield cells

    def _both(self) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """The cells of each row, and the same with formulas where some have no result."""
        rows, *others = (
            _iter_rows(sheet) for sheet in (self._sheet, self._formulas) if sheet is not None
        )
        if others:
            yield from zip(rows, *others, strict=True)
        else:
            yield from ((row, ()) for row in rows)

    def _take_above(self, cells: list[str], row: int) -> None:
        """Fill in what a cell of several rows says, in each of them."""
        self._held = {at: held for at, held in self._held.items() if held[1] >= row}
        for at, (text, _last) in self._held.items():
            cells += [""] * (at + 1 - len(cells))
            cells[at] = cells[at] or text
        if self._merged:
            for at, text in enumerate(cells):
                if last := self._merged.get((row, get_column_letter(at + 1))):
                    self._held[at] = (text, last)


def _iter_rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # What a sheet says of its size is often wrong, and would be filled up with empty cells.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(min_row=1, min_col=1)


def _formula(value: Any) -> str:
    """The formula of a cell, also of one that fills several cells; empty where there is none."""
    text = getattr(value, "text", value)
    return text if isinstance(text, str) and text.startswith("=") else ""


def _shown(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    match value:
        case dt.datetime():
            precision = "seconds" if value.second else "minutes"
            return value.isoformat(" ", precision).removesuffix(" 00:00")
        case dt.time():
            return value.isoformat("seconds" if value.second else "minutes")
        case dt.timedelta():
            return _duration(value)
        case int() | float() if not isinstance(value, bool):
            return _number(value, cell.number_format or "")
    return str(value)


def _duration(value: dt.timedelta) -> str:
    """Hours, which may be more than a day has, minutes, and seconds if there are any."""
    minutes, seconds = divmod(abs(round(value.total_seconds())), 60)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _number(value: float, form: str) -> str:
    """A number with the unit that its format gives it; a half is 50% in a column of shares."""
    positive = form.partition(";")[0]
    if _PERCENT.search(positive):
        return f"{value * 100:.10g}%"
    shown = f"{value:.10g}" if isinstance(value, float) else str(value)
    if (digits := _DIGITS.fullmatch(positive)) and value >= 0:
        shown = shown.zfill(len(digits[0]))  # as in a postcode
    unit = next(filter(None, (each.search(positive) for each in _UNITS)), None)
    return f"{shown} {unit[1]}" if unit else shown
