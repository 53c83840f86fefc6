"""Word documents: a zip file whose ``word/document.xml`` is parsed as it is unpacked.

Neither the archive nor the XML is ever held as a whole, what it may unpack to is bounded before the
first byte of it is read, and a document type definition, which could multiply entities, is refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from quart_chat.documents.formats import Block, Mark
from quart_chat.errors import EncryptedFile, MalformedFile, OversizedContent, UnsupportedFile
from quart_chat.texts import N_, _, number

MAX_XML = 100_000_000
"""Bytes that the text may unpack to."""

MAX_ENTRIES = 10_000

CHUNK = 64 * 1024

_TEXT = "word/document.xml"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "
_ENCRYPTED = 0x1
_HEADING = re.compile(r"(?:heading|berschrift|Überschrift|Titre|Ttulo)\s?([1-6])$", re.IGNORECASE)
_MALFORMED = N_("The Word document is damaged, or not whole.")


def check(path: Path) -> None:
    """Make sure that it can be read.

    Raises:
        UnsupportedFile: It is another kind of archive.
        EncryptedFile: It can be unpacked only with a password.
        OversizedContent: It unpacks to more than may be.
        MalformedFile: It is damaged.
    """
    for _fraction in _chunks(path, expat.ParserCreate()):
        pass


def read(path: Path) -> Iterator[Block | Mark]:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    paragraphs = _Paragraphs()
    parser.StartElementHandler = paragraphs.start
    parser.EndElementHandler = paragraphs.end
    parser.CharacterDataHandler = paragraphs.text
    for fraction in _chunks(path, parser):
        yield from paragraphs.take()
        yield Mark(fraction, _("Reading the document"))


def _chunks(path: Path, parser: expat.XMLParserType) -> Iterator[float]:
    """Parse the text, and say after each chunk how far it is."""
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        with zipfile.ZipFile(path) as archive:
            entry = _entry(archive)
            with archive.open(entry) as xml:
                while chunk := xml.read(CHUNK):
                    parser.Parse(chunk, False)
                    yield min(1.0, xml.tell() / max(1, entry.file_size))
        parser.Parse(b"", True)
    # The last but one is for ways to pack that zipfile does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, expat.error) as error:
        raise MalformedFile(_(_MALFORMED)) from error


def _entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    if len(archive.infolist()) > MAX_ENTRIES:
        raise OversizedContent(_("The Word document has too many parts."))
    try:
        entry = archive.getinfo(_TEXT)
    except KeyError as error:
        raise UnsupportedFile(
            _("The file is an archive, but not a Word document (.docx).")
        ) from error
    if entry.flag_bits & _ENCRYPTED:
        raise EncryptedFile(
            _("The Word document is protected with a password. Save it without one.")
        )
    if entry.file_size > MAX_XML:
        raise OversizedContent(
            _(
                "The Word document unpacks to {size} MB of text; at most {limit} are possible."
            ).format(size=number(entry.file_size // 1_000_000), limit=MAX_XML // 1_000_000)
        )
    return entry


def _refuse_doctype(*_declaration: object) -> None:
    raise MalformedFile(_(_MALFORMED))


class _Paragraphs:
    """Gathers paragraphs from the elements ``p``, ``t``, ``tab``, ``br`` and ``pStyle``."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._words: list[str] = []
        self._level = 0
        self._headings: dict[int, str] = {}
        self._in_text = False

    def take(self) -> list[Block]:
        blocks, self._blocks = self._blocks, []
        return blocks

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match _local(tag):
            case "t":
                self._in_text = True
            case "tab":
                self._words.append("\t")
            case "br" | "cr":
                self._words.append("\n")
            case "tc":
                self._words.append(" ")
            case "pStyle" | "outlineLvl" as name:
                self._level = self._level or _level(name, attributes)

    def end(self, tag: str) -> None:
        match _local(tag):
            case "t":
                self._in_text = False
            case "p":
                self._end_paragraph()

    def text(self, data: str) -> None:
        if self._in_text:
            self._words.append(data)

    def _end_paragraph(self) -> None:
        text = "".join(self._words).strip()
        level, self._words, self._level = self._level, [], 0
        if not text:
            return
        if level:
            self._headings = {at: above for at, above in self._headings.items() if at < level}
            self._headings[level] = " ".join(text.split())
        else:
            headings = tuple(heading for _, heading in sorted(self._headings.items()))
            self._blocks.append(Block(text, headings))


def _local(tag: str) -> str:
    """The name of an element of WordprocessingML, or nothing for any other."""
    for namespace in (_WORD, _STRICT):
        if tag.startswith(namespace):
            return tag.removeprefix(namespace)
    return ""


def _level(name: str, attributes: dict[str, str]) -> int:
    """The level of a heading, from its style or its outline; 0 for body text."""
    value = next((v for key, v in attributes.items() if key.endswith(" val")), "")
    if name == "outlineLvl":
        return int(value) + 1 if value in {"0", "1", "2", "3", "4", "5"} else 0
    if value in {"Title", "Titel"}:
        return 1
    match = _HEADING.search(value)
    return int(match[1]) if match else 0
