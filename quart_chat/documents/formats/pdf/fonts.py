"""Whether a font of a PDF says which letters its glyphs are: ISO 32000-1, 9.10.2.

It does by a ToUnicode map, by the names that glyphs have in an encoding, or by the character
collection of an East Asian font. Without any of these, the codes of a text are numbers of glyphs,
and what they spell can only be seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject, NameObject

_COLLECTIONS = frozenset({"Japan1", "Japan2", "GB1", "CNS1", "Korea1", "KR"})
_SYMBOLIC = 4
# Such as /g12, /C0_1, /cid00012 or /glyph12; not /uni0041 or the Cyrillic /afii10017.
_NUMBERED = re.compile(r"/(?!uni|afii)[A-Za-z]{1,5}_?[0-9A-F]*\d[0-9A-F]*(?:_\d+)?")


def share_of_text(drawn: Sequence[tuple[int, bool]]) -> float:
    """How much of the text that is drawn is in fonts that name their letters."""
    total = sum(size for size, _ in drawn)
    return sum(size for size, named in drawn if named) / total if total else 1.0


def names_its_letters(font: Any) -> bool:
    if not isinstance(font, DictionaryObject) or "/ToUnicode" in font:
        return True
    if font.get("/Subtype") == "/Type0":
        return _is_collection(font)
    encoding = font.get("/Encoding")
    encoding = encoding.get_object() if encoding is not None else None
    if isinstance(encoding, DictionaryObject):
        return _has_names(encoding.get("/Differences"))
    return encoding is not None or font.get("/Subtype") == "/Type1" or not _is_subset(font)


def _is_collection(font: DictionaryObject) -> bool:
    encoding = font.get("/Encoding")
    if isinstance(encoding, NameObject) and not encoding.startswith("/Identity"):
        return True  # a predefined one, which is of characters
    descendants = font.get("/DescendantFonts", ArrayObject()).get_object()
    for descendant in descendants:
        info = descendant.get_object().get("/CIDSystemInfo", DictionaryObject()).get_object()
        if str(info.get("/Ordering", "")) in _COLLECTIONS:
            return True
    return False


def _has_names(differences: Any) -> bool:
    """Whether most of the glyphs that an encoding names have names that say what they are."""
    differences = differences.get_object() if differences is not None else None
    if not isinstance(differences, ArrayObject):
        return True
    names = [str(each) for each in differences if isinstance(each, NameObject)]
    numbered = sum(_NUMBERED.fullmatch(name) is not None for name in names)
    return numbered * 2 < max(1, len(names))


def _is_subset(font: DictionaryObject) -> bool:
    """Whether a font is a part of one, whose glyphs have codes of their own."""
    descriptor = font.get("/FontDescriptor", DictionaryObject()).get_object()
    flags = int(descriptor.get("/Flags", 0))
    return str(font.get("/BaseFont", ""))[7:8] == "+" and bool(flags & _SYMBOLIC)
