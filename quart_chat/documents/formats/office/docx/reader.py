"""Word documents: a zip file whose parts in XML are parsed as they are unpacked.

Neither the archive nor the text is ever held as a whole, what it may unpack to is bounded before
the first byte of it is read, and a document type definition, which could multiply entities, is
refused. Of its other parts, the styles, the notes and the headers of pages are read beforehand, and
the footers of pages at the end.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from xml.parsers import expat

from quart_chat.documents.formats import Block, Mark
from quart_chat.documents.formats.office.docx.body import Body, NoteReader, Notes
from quart_chat.documents.formats.office.docx.styles import Styles
from quart_chat.documents.formats.office.margins import keep_once
from quart_chat.errors import EncryptedFile, MalformedFile, OversizedContent, UnsupportedFile
from quart_chat.texts import N_, _, number

MAX_XML = 100_000_000
"""Bytes that the text may unpack to."""

MAX_ENTRIES = 10_000

CHUNK = 64 * 1024

_TEXT = "word/document.xml"
_STYLES = "word/styles.xml"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_MAIN = re.compile(r"word/document\d*\.xml")
_PARTS = (_STYLES, *_NOTES, _TEXT)
_HEADER, _FOOTER = re.compile(r"word/header\d*\.xml"), re.compile(r"word/footer\d*\.xml")
_ENCRYPTED = 0x1
_MALFORMED = N_("The Word document is damaged or incomplete.")


def check(path: Path) -> None:
    """Make sure that it can be read.

    Raises:
        UnsupportedFile: It is another kind of archive.
        EncryptedFile: It can be unpacked only with a password.
        OversizedContent: It unpacks to more than may be.
        MalformedFile: It is damaged.
    """
    with _opened(path) as archive:
        for entry in _entries(archive).values():
            for _fraction in _parsed(archive, entry, expat.ParserCreate()):
                pass


def read(path: Path) -> Iterator[Block | Mark]:
    with _opened(path) as archive:
        entries = _entries(archive)
        styles, notes = Styles(), Notes()
        if _STYLES in entries:
            _read_part(archive, entries[_STYLES], styles)
        for name in _NOTES:
            if name in entries:
                _read_part(archive, entries[name], NoteReader(styles, notes))
        margins: set[str] = set()
        yield from keep_once(_read_margins(archive, entries, _HEADER, styles), margins)
        body = Body(styles, notes)
        for fraction in _parsed(archive, entries[_TEXT], _reporting_to(body)):
            yield from body.take()
            yield Mark(fraction, _("Reading the document"))
        yield from body.close()
        yield from keep_once(_read_margins(archive, entries, _FOOTER, styles), margins)


def _read_margins(
    archive: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    kind: re.Pattern[str],
    styles: Styles,
) -> Iterator[str]:
    """The lines of all headers or footers, which Word numbers in the order of their pages."""
    names = sorted(filter(kind.fullmatch, entries), key=lambda name: (len(name), name))
    for name in names:
        body = Body(styles, {})
        _read_part(archive, entries[name], body)
        yield from (block.text for block in body.close())


class Handler(Protocol):
    """What a parser reports elements to."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...


def _read_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, handler: Handler) -> None:
    for _fraction in _parsed(archive, entry, _reporting_to(handler)):
        pass


def _reporting_to(handler: Handler) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = getattr(handler, "text", None)
    return parser


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    # The last but one is for ways to pack that zipfile does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, expat.error) as error:
        raise MalformedFile(_(_MALFORMED)) from error


def _parsed(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, parser: expat.XMLParserType
) -> Iterator[float]:
    """Parse a part, and say after each chunk how far it is."""
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with archive.open(entry) as xml:
        while chunk := xml.read(CHUNK):
            parser.Parse(chunk, False)
            yield min(1.0, xml.tell() / max(1, entry.file_size))
    parser.Parse(b"", True)


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The parts that are read, by name: the text, and what else of them there is."""
    if len(archive.infolist()) > MAX_ENTRIES:
        raise OversizedContent(_("The Word document has too many parts."))
    named = ((_part(entry), entry) for entry in archive.infolist())
    entries = {name: entry for name, entry in named if _is_read(name)}
    if _TEXT not in entries:
        raise UnsupportedFile(_("The file is an archive, but not a Word document (.docx)."))
    if any(entry.flag_bits & _ENCRYPTED for entry in entries.values()):
        raise EncryptedFile(
            _("The Word document is protected with a password. Save it without one.")
        )
    size = sum(entry.file_size for entry in entries.values())
    if size > MAX_XML:
        raise OversizedContent(
            _(
                "The Word document unpacks to {size} MB of text; at most {limit} are possible."
            ).format(size=number(size // 1_000_000), limit=MAX_XML // 1_000_000)
        )
    return entries


def _is_read(name: str) -> bool:
    return name in _PARTS or bool(_HEADER.fullmatch(name) or _FOOTER.fullmatch(name))


def _part(entry: zipfile.ZipInfo) -> str:
    """What a part is called, whatever the program; Word on the web writes ``document2.xml``."""
    name = entry.filename.replace("\\", "/")
    return _TEXT if _MAIN.fullmatch(name) else name


def _refuse_doctype(*_declaration: object) -> None:
    raise MalformedFile(_(_MALFORMED))
