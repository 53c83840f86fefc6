"""EPUB books: the pages of the spine in their order, each read as HTML (EPUB 3.3)."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree

from quart_chat.documents.formats import Block, Mark, Part
from quart_chat.documents.formats.archive import opened
from quart_chat.documents.formats.encoding import decode
from quart_chat.documents.formats.html.reader import read_page
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.errors import EncryptedFile, MalformedFile
from quart_chat.texts import N_, _

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = (".xhtml", ".html", ".htm")
_MALFORMED = N_("The book is damaged or incomplete.")


def check(path: Path) -> None:
    with opened(path, _CONTAINER) as archive:
        pages = _pages(archive)
        if _ENCRYPTION in archive.namelist():
            locked = archive.read(_ENCRYPTION).decode("utf-8", "replace")
            if any(page in unquote(locked) for page in pages):
                raise EncryptedFile(_("The book has copy protection, and can't be read."))


def read(path: Path) -> Iterator[Part]:
    check(path)
    with opened(path, _CONTAINER) as archive:
        pages = _pages(archive)
        for done, page in enumerate(pages):
            yield Mark(done / len(pages), _("Reading the document"))
            try:
                data = archive.read(page)
            except KeyError:
                yield ReadingWarning("parts_unreadable", 1)
                continue
            text, warnings = decode(data)
            yield from warnings
            for part in read_page(text, is_site=False):
                if isinstance(part, Block):
                    yield part


def _pages(archive: zipfile.ZipFile) -> list[str]:
    """The names of the pages, in reading order; a table of contents is none.

    A book without a spine is read in the order in which it lists its pages.
    """
    container = _xml(archive.read(_CONTAINER))
    package = next(iter(container.xpath("//*[local-name()='rootfile']/@full-path")), "")
    try:
        # Some books are not well-formed, and what can be read of their list is enough.
        book = _xml(archive.read(package), recover=True)
    except KeyError as error:
        raise MalformedFile(_(_MALFORMED)) from error
    folder = posixpath.dirname(package)
    items = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        for item in book.xpath("//*[local-name()='item']")
        if "nav" not in (item.get("properties") or "").split()
    }
    spine = [each.get("idref") for each in book.xpath("//*[local-name()='itemref']")]
    pages = list(dict.fromkeys(items[each] for each in spine if each in items))
    return pages or [name for name in items.values() if name.lower().endswith(_PAGES)]


def _xml(data: bytes, *, recover: bool = False) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=recover)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedFile(_(_MALFORMED)) from error
    if root is None:
        raise MalformedFile(_(_MALFORMED))
    return root
