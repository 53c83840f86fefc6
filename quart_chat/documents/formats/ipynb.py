"""Jupyter notebooks: the text, the code and what the code has printed (nbformat 3 and 4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quart_chat.documents.formats import Mark
from quart_chat.documents.messages import Piece
from quart_chat.errors import MalformedFile
from quart_chat.search.chunking import cut_block
from quart_chat.search.passages import cut_sections
from quart_chat.texts import _

# The forms of an output, the one first that reads best.
_SHOWN = ("text/plain", "text/markdown", "text/latex", "text/html")
# What terminals take for colours: ECMA-48, 5.4.
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def read(path: Path) -> Iterator[Piece | Mark]:
    try:
        book = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise MalformedFile(_("The notebook is damaged: it is not valid JSON.")) from error
    headings: dict[int, str] = {}
    for cell in _cells(book):
        source, kind = _joined(cell.get("source", cell.get("input"))), cell.get("cell_type")
        if kind == "markdown":
            passages, headings = cut_sections(source, headings)
            yield from (Piece(above, None, "markdown", text) for above, text in passages)
            continue
        if kind == "heading":
            level = cell.get("level")
            headings = {**headings, level if isinstance(level, int) else 1: source.strip()}
            continue
        above = tuple(each for _, each in sorted(headings.items()))
        for text in (source, *map(_printed, _dicts(cell.get("outputs")))):
            for piece in cut_block(text.strip("\n")):
                if piece.strip():
                    yield Piece(above, None, "code", piece)


def _cells(book: Any) -> list[dict[str, Any]]:
    if not isinstance(book, dict):
        raise MalformedFile(_("The notebook is damaged: it has no cells."))
    sheets = [book, *_dicts(book.get("worksheets"))]
    return [cell for sheet in sheets for cell in _dicts(sheet.get("cells"))]


def _printed(output: dict[str, Any]) -> str:
    data = output.get("data")
    if isinstance(data, dict):
        shown = next((data[kind] for kind in _SHOWN if _joined(data.get(kind)).strip()), None)
    else:
        shown = output.get("text")
    error = ": ".join(
        value for key in ("ename", "evalue") if isinstance(value := output.get(key), str)
    )
    return _COLOURS.sub("", _joined(shown)) or error


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _joined(lines: Any) -> str:
    if isinstance(lines, str):
        return lines
    return (
        "".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
    )
