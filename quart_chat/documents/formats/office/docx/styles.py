"""The styles of a Word document: which of them are headings, and which hide their text."""

from __future__ import annotations

import re
from dataclasses import dataclass

TITLE = 0
"""The level of a document's title, above all headings."""

_NAMESPACES = frozenset(
    {
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
        "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "http://purl.oclc.org/ooxml/officeDocument/math",
    }
)
# Word keeps English names in every language; in identifiers it leaves out what is not ASCII.
_HEADING = re.compile(
    r"(?:heading|Ü?berschrift|titre|t[ií]?tulo|titolo|encabezado|rubrik|overskrift|otsikko|kop"
    r"|nag[łl]?[óo]?wek|nadpis|c[ií]?msor|ba[şs]?l.?k|заголовок|标题|標題|見出し|제목)\s?([1-6])$",
    re.IGNORECASE,
)
_TITLES = frozenset(
    {
        *("title", "titel", "titre", "título", "titolo", "tytuł", "tittel", "název", "название"),
        *("标题", "標題", "表題", "제목"),
    }
)
# Styles that one may be based on: a damaged file can make a circle of them.
_MAX_BASES = 20


@dataclass(slots=True)
class _Style:
    name: str = ""
    base: str = ""
    outline: str = ""
    hidden: bool | None = None


class Styles:
    """Gathers styles from ``word/styles.xml``; without it, a style's identifier is its name."""

    def __init__(self) -> None:
        self._styles: dict[str, _Style] = {}
        self._open = _Style()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match local_name(tag):
            case "style":
                self._open = self._styles[attribute(attributes, "styleId")] = _Style()
            case "name":
                self._open.name = attribute(attributes, "val")
            case "basedOn":
                self._open.base = attribute(attributes, "val")
            case "outlineLvl":
                self._open.outline = attribute(attributes, "val")
            case "vanish":
                self._open.hidden = is_on(attributes)

    def end(self, tag: str) -> None:
        if local_name(tag) == "style":
            self._open = _Style()

    def level(self, identifier: str) -> int | None:
        """The level of the headings in a style; None where it is one of body text."""
        levels = (
            level
            for style in self._bases(identifier)
            for level in (named_level(style.name), outline_level(style.outline))
            if level is not None
        )
        return next(levels, named_level(identifier))

    def is_hidden(self, identifier: str) -> bool:
        hidden = (style.hidden for style in self._bases(identifier) if style.hidden is not None)
        return next(hidden, False)

    def _bases(self, identifier: str) -> list[_Style]:
        """A style and those that it is based on, nearest first."""
        found: list[_Style] = []
        while (style := self._styles.get(identifier)) and len(found) < _MAX_BASES:
            found.append(style)
            identifier = style.base
        return found


def named_level(name: str) -> int | None:
    if name.lower() in _TITLES:
        return TITLE
    match = _HEADING.search(name)
    return int(match[1]) if match else None


def outline_level(value: str) -> int | None:
    return int(value) + 1 if value in {"0", "1", "2", "3", "4", "5"} else None


def local_name(tag: str) -> str:
    """The name of an element that is read, or nothing for one of another vocabulary."""
    namespace, _, name = tag.rpartition(" ")
    return name if namespace in _NAMESPACES else ""


def attribute(attributes: dict[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if key.endswith(f" {name}")), "")


def is_on(attributes: dict[str, str]) -> bool:
    """Whether a property that is there or not is there: it may say that it is not."""
    return attribute(attributes, "val").lower() not in {"0", "false", "off"}
