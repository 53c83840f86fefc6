"""PDF, page by page, by pypdf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import DependencyError, LimitReachedError, PyPdfError

from quart_chat.documents.formats import Block, Mark
from quart_chat.errors import EncryptedFile, MalformedFile, OversizedContent
from quart_chat.texts import N_, _

_PASSWORD = N_("The PDF is protected with a password. Save it without one.")

# A word that a line's end has cut: its halves belong together.
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n(?=[^\W\d_])(?=[a-zß-ÿ])")
_BLANK = re.compile(r"\n[ \t]*\n\s*")


def check(path: Path) -> None:
    """Make sure that it can be read.

    Raises:
        EncryptedFile: It can be opened only with a password.
        MalformedFile: It is damaged.
    """
    _open(path)


def read(path: Path) -> Iterator[Block | Mark]:
    reader = _open(path)
    count = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        yield Mark(
            (number - 1) / count,
            _("Reading page {page} of {count}").format(page=number, count=count),
            count,
        )
        try:
            text = page.extract_text()
        except LimitReachedError as error:
            raise OversizedContent(
                _("Page {page} of the PDF is too large when unpacked.").format(page=number)
            ) from error
        for paragraph in _BLANK.split(_HYPHEN.sub("", text)):
            if paragraph.strip():
                yield Block(paragraph.strip(), page=number)


def _open(path: Path) -> PdfReader:
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise EncryptedFile(_(_PASSWORD))
        if not len(reader.pages):
            raise MalformedFile(_("The PDF has no pages."))
    except DependencyError as error:
        raise EncryptedFile(_(_PASSWORD)) from error
    except (PyPdfError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise MalformedFile(_("The PDF is damaged or incomplete.")) from error
    return reader
