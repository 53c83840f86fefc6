"""Rows of tables of values as lines in which each value has the name of its column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

MAX_LABEL = 60
"""Characters of what may name a column."""

_NUMBER = re.compile(r"[^\w]*\d[\d.,:/\s-]*\W*(?:[A-Z]{3})?")
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = re.compile(rf"(?:{_MONTH}[-/.])?(?:19|20)\d\d(?:[-/.]{_MONTH})?")
# What keeps a spreadsheet from taking a text for a number.
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)


def label(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Each row as a line, as in "Item: Nut; Price: 3".

    The first row that is as wide as the next names the columns, if it looks like names. Narrower
    ones above it are a title, and stay lines of their own.
    """
    labels: Sequence[str] = ()
    above: list[str] | None = None
    begun = False
    for cells in rows:
        row = [" ".join(_AS_TEXT.sub(r"\1", cell).split()) for cell in cells]
        if not any(row):
            continue
        if begun:
            yield _line(row, labels)
        elif above is None:
            above = row
        elif _width(above) < 2:
            yield _line(above, ())
            above = row
        else:
            begun = True
            if _are_names(above, row):
                labels = [name.rstrip(": ") for name in above]
            else:
                yield _line(above, ())
            yield _line(row, labels)
    if above is not None and not begun:
        yield _line(above, ())


def _width(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _are_names(first: Sequence[str], second: Sequence[str]) -> bool:
    named = [cell for cell in first if cell]
    # Some give one name to several columns.
    if len(named) < 2 or len(set(named)) * 2 <= len(named):
        return False
    if any(len(name) > MAX_LABEL for name in named):
        return False
    if _width(first) < _width(second) - 1:
        return False
    # A year or month may be the name of a column, any other number is a value.
    years = not _NUMBER.fullmatch(first[0] or "-")
    return not any(
        _NUMBER.fullmatch(cell) and not (years and _YEAR.fullmatch(cell)) for cell in named
    )


def _line(row: Sequence[str], labels: Sequence[str]) -> str:
    names = [*labels, *[""] * (len(row) - len(labels))]
    cells = zip(names, row, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells if cell)
