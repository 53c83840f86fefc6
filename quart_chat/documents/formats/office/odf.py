"""OpenDocument texts, spreadsheets and presentations: OASIS OpenDocument 1.3, by lxml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from quart_chat.documents.formats import Block, Mark, Part
from quart_chat.documents.formats.archive import opened
from quart_chat.documents.formats.office.margins import keep_once
from quart_chat.documents.formats.rows import label
from quart_chat.errors import EncryptedFile, MalformedFile
from quart_chat.texts import _

MAX_REPEATED = 100
"""Times that a cell or a row is taken that stands for many: most of them are empty ones."""

_CONTENT, _STYLES = "content.xml", "styles.xml"
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE = f"{{{_NAMESPACE}text:1.0}}", f"{{{_NAMESPACE}table:1.0}}"
_OFFICE, _DRAW = f"{{{_NAMESPACE}office:1.0}}", f"{{{_NAMESPACE}drawing:1.0}}"
_STYLE = f"{{{_NAMESPACE}style:1.0}}"
_LEFT_OUT = frozenset(
    {
        *(f"{_TEXT}tracked-changes", f"{_TEXT}hidden-text", f"{_TEXT}hidden-paragraph"),
        *(f"{_TEXT}note-citation", f"{_TEXT}table-of-content", f"{_OFFICE}annotation"),
        f"{_OFFICE}annotation-end",
    }
)
_CHARACTERS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n", f"{_TEXT}s": " "}
_PAGE = f"{_DRAW}page"
_VALUES = tuple(
    f"{_OFFICE}{name}" for name in ("string-value", "date-value", "boolean-value", "value")
)


def check(path: Path) -> None:
    with opened(path, _CONTENT) as archive:
        if "META-INF/manifest.xml" in archive.namelist():
            manifest = archive.read("META-INF/manifest.xml")
            if b"encryption-data" in manifest:
                raise EncryptedFile(
                    _("The file is protected with a password. Save it without one.")
                )


def read(path: Path) -> Iterator[Part]:
    check(path)
    with opened(path, _CONTENT) as archive:
        root = _parse(archive.read(_CONTENT))
        has_styles = _STYLES in archive.namelist() and root.find(f".//{_OFFICE}text") is not None
        styles = _parse(archive.read(_STYLES)) if has_styles else etree.Element("none")
    yield Mark(0.5, _("Reading the document"))
    reader = _Reader(_hidden_styles(root))
    body = root.find(f"{_OFFICE}body")
    margins: set[str] = set()
    yield from keep_once(_read_margins(styles, "header"), margins)
    yield from reader.read(body if body is not None else root)
    yield from keep_once(_read_margins(styles, "footer"), margins)


def _parse(xml: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedFile(_("The file is damaged or incomplete.")) from error


def _read_margins(styles: Any, kind: str) -> Iterator[str]:
    """The lines of all headers or footers, which belong to the styles of pages."""
    names = (f"{_STYLE}{kind}{part}" for part in ("-first", "", "-left"))
    for margin in styles.iter(*names):
        yield from (block.text for block in _Reader(_hidden_styles(styles)).read(margin))


def _hidden_styles(root: Any) -> frozenset[str]:
    """The names of styles that hide a text, a section or a sheet."""
    return frozenset(
        style.get(f"{_STYLE}name", "")
        for style in root.iter(f"{_STYLE}style")
        for properties in style.iterchildren(etree.Element)
        if properties.get(f"{_TEXT}display") == "none"
        or properties.get(f"{_TABLE}display") == "false"
    )


class _Reader:
    """Gathers blocks below their headings; slides and sheets have their name as heading."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self._headings: dict[int, str] = {}
        self._page: int | None = None

    def read(self, element: Any) -> Iterator[Block]:
        for child in element.iterchildren(etree.Element):
            if self._is_left_out(child):
                continue
            if child.tag == f"{_TEXT}h":
                level = child.get(f"{_TEXT}outline-level", "1")
                self._head(int(level) if level.isdecimal() else 1, self._line(child))
            elif child.tag == f"{_TEXT}p":
                yield from self._paragraph(child)
            elif child.tag == f"{_TABLE}table":
                yield from self._table(child)
            else:
                if child.tag == _PAGE:
                    self._page = (self._page or 0) + 1
                    self._headings = {}
                yield from self.read(child)

    def _head(self, level: int, text: str) -> None:
        if text:
            self._headings = {at: each for at, each in self._headings.items() if at < level}
            self._headings[level] = text

    def _block(self, text: str) -> Block:
        return Block(text, tuple(each for _, each in sorted(self._headings.items())), self._page)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        if text := self._text(paragraph).strip():
            yield self._block(text)
        for each in _beside(paragraph):
            yield from self.read(each)

    def _table(self, table: Any) -> Iterator[Block]:
        name = table.get(f"{_TABLE}name")
        is_sheet = table.getparent().tag == f"{_OFFICE}spreadsheet"
        headings = self._headings
        if is_sheet and name:
            self._headings = {1: name}
        for line in label(self._rows(table)):
            yield self._block(line)
        self._headings = headings

    def _rows(self, table: Any) -> Iterator[list[str]]:
        held: dict[int, tuple[str, int]] = {}
        for row in table.iter(f"{_TABLE}table-row"):
            cells: list[str] = []
            begun: dict[int, tuple[str, int]] = {}
            for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                text = " ".join(self._line(each) for each in cell.iter(f"{_TEXT}p", f"{_TEXT}h"))
                # Some programs write a value alone, and leave its text to the reader.
                text = text or next(filter(None, map(cell.get, _VALUES)), "")
                if (spanned := _count(cell, "number-rows-spanned")) > 1:
                    begun[len(cells)] = text, spanned
                cells += [text] * min(_count(cell, "number-columns-repeated"), MAX_REPEATED)
            # A cell of several rows stands in each of them that says more.
            for at, (text, _left) in held.items() if any(cells) else ():
                cells += [""] * (at + 1 - len(cells))
                cells[at] = cells[at] or text
            held = {
                at: (text, left - 1) for at, (text, left) in {**held, **begun}.items() if left > 1
            }
            for _time in range(
                min(_count(row, "number-rows-repeated"), MAX_REPEATED) if any(cells) else 0
            ):
                yield cells

    def _line(self, element: Any) -> str:
        return " ".join(self._text(element).split())

    def _text(self, element: Any) -> str:
        parts = [element.text or ""]
        for child in element.iterchildren():
            if isinstance(child.tag, str) and not self._is_left_out(child):
                if child.tag in _CHARACTERS:
                    count = child.get(f"{_TEXT}c", "1") if child.tag == f"{_TEXT}s" else "1"
                    repeated = min(int(count), MAX_REPEATED) if count.isdecimal() else 1
                    parts.append(_CHARACTERS[child.tag] * repeated)
                elif child.tag not in {f"{_TEXT}note", f"{_DRAW}frame"}:
                    parts.append(self._text(child))
            parts.append(child.tail or "")
        return "".join(parts)

    def _is_left_out(self, element: Any) -> bool:
        styles = {element.get(f"{space}style-name") for space in (_TEXT, _TABLE)}
        hidden = element.get(f"{_TEXT}display") == "none"
        return hidden or element.tag in _LEFT_OUT or bool(styles & self._hidden)


def _beside(paragraph: Any) -> Iterator[Any]:
    """What stands inside a paragraph beside its text: notes, and boxes with their own."""
    waiting = [paragraph]
    while waiting:
        for child in waiting.pop().iterchildren(etree.Element):
            if child.tag in {f"{_TEXT}note", f"{_DRAW}frame"}:
                yield child
            elif child.tag not in _LEFT_OUT:
                waiting.append(child)


def _count(element: Any, name: str) -> int:
    value = element.get(f"{_TABLE}{name}", "1")
    return int(value) if value.isdigit() else 1
