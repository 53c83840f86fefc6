"""Zip files of parts: bounded before anything of them is unpacked, and read part by part.

What a zip says of the sizes of its parts holds: zipfile unpacks no more of one. XML that declares
entities could multiply them; no program does so in such files. A document type that only names a
definition elsewhere, as older books have, is harmless: nothing is fetched.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quart_chat.errors import EncryptedFile, MalformedFile, OversizedContent, UnsupportedFile
from quart_chat.texts import N_, _, number

MAX_ENTRIES = 20_000
MAX_SIZE = 250_000_000
"""Bytes that all parts together may unpack to."""

_ENCRYPTED = 0x1
_HEAD = 2048
_SUBSET = re.compile(rb"<!DOCTYPE[^>]*\[")
_XML = (".xml", ".rels", ".opf", ".ncx")
_MALFORMED = N_("The file is damaged or incomplete.")
_OTHER = N_("The file is an archive, but not of the kind that its name says.")


@contextmanager
def opened(path: Path, *needed: str) -> Iterator[zipfile.ZipFile]:
    """Open a file that has these parts.

    Raises:
        UnsupportedFile: It has not all of them.
        EncryptedFile: It can be unpacked only with a password.
        OversizedContent: It unpacks to more than may be.
        MalformedFile: It is damaged, also where that shows inside the block.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, needed)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError) as error:
        raise MalformedFile(_(_MALFORMED)) from error


def _check(archive: zipfile.ZipFile, needed: tuple[str, ...]) -> None:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if not names.issuperset(needed):
        raise UnsupportedFile(_(_OTHER))
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise EncryptedFile(_("The file is protected with a password. Save it without one."))
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or size > MAX_SIZE:
        raise OversizedContent(
            _("The file unpacks to {size} MB; at most {limit} are possible.").format(
                size=number(size // 1_000_000), limit=number(MAX_SIZE // 1_000_000)
            )
        )
    for entry in entries:
        if entry.filename.endswith(_XML):
            with archive.open(entry) as part:
                head = part.read(_HEAD).replace(b"\0", b"").upper()
            if b"<!ENTITY" in head or _SUBSET.search(head):
                raise MalformedFile(_(_MALFORMED))
