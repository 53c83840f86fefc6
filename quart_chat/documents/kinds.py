"""What an upload is: told by its content, and by its name only among kinds of text."""

from __future__ import annotations

import re
import unicodedata
from codecs import getincrementaldecoder
from pathlib import PurePosixPath

from quart_chat.documents.models import Kind
from quart_chat.errors import EncryptedFile, MislabelledFile, UnsupportedFile
from quart_chat.texts import N_, _

HEAD = 4096
"""Bytes of the beginning that tell."""

_PDF = b"%PDF-"
_RTF = b"{\\rtf"
_ZIP = b"PK\x03\x04"
# Files of Office before 2007; a .docx with a password is wrapped in one, too.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
# No text has these; what terminals and old printers take for commands is let through.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b\b"))
# The bytes of a character of UTF-8 but its first.
_CONTINUING = bytes(range(0x80, 0xC0))

# Controls, what is not assigned, and what stands for nothing by itself.
_KANA_OR_COMMA = re.compile(r"[\u3000-\u30ff\uff0c]")
_NOT_EAST_ASIAN = re.compile(r"[^\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
_NOT_IN_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})

_CODE = """
    .bash .c .cc .cfg .clj .conf .cpp .cs .css .dart .ex .go .h .hpp .hs .ini .java .jl .js .json
    .jsx .kt .lua .m .mjs .php .pl .ps1 .py .pyi .r .rb .rs .scala .sh .sql .swift .toml .ts .tsx
    .vue .xml .yaml .yml .zig
"""
BY_SUFFIX = {
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".log": Kind.TEXT,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    **dict.fromkeys((".csv", ".tsv", ".tab", ".psv"), Kind.CSV),
    ".pdf": Kind.PDF,
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), Kind.DOCX),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), Kind.XLSX),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".potx", ".ppsm", ".potm"), Kind.PPTX),
    **dict.fromkeys((".odt", ".ott"), Kind.ODT),
    **dict.fromkeys((".ods", ".ots"), Kind.ODS),
    **dict.fromkeys((".odp", ".otp"), Kind.ODP),
    ".epub": Kind.EPUB,
    ".rtf": Kind.RTF,
    # A page that a browser has saved as one file is written as an e-mail is (RFC 2557).
    **dict.fromkeys((".eml", ".mht", ".mhtml"), Kind.EML),
    ".ipynb": Kind.IPYNB,
    **dict.fromkeys(_CODE.split(), Kind.CODE),
}
ARCHIVES = frozenset({Kind.DOCX, Kind.XLSX, Kind.PPTX, Kind.ODT, Kind.ODS, Kind.ODP, Kind.EPUB})
"""Kinds that are zip files of parts."""

CHECKED = ARCHIVES | {Kind.PDF}
"""Formats that a file can claim and not keep to, and that are no text."""

_MIMETYPES = {
    b"application/epub+zip": Kind.EPUB,
    b"application/vnd.oasis.opendocument.text": Kind.ODT,
    b"application/vnd.oasis.opendocument.spreadsheet": Kind.ODS,
    b"application/vnd.oasis.opendocument.presentation": Kind.ODP,
}

_PICTURE = N_("Pictures can't be read. Run text recognition (OCR), and upload its text or PDF.")
_RECORDING = N_("Sound and video can't be read. Upload a transcript.")
_ARCHIVE = N_("Archives can't be read. Unpack the archive, and upload the files that are in it.")
_APPLE = N_("Files of Pages, Numbers and Keynote can't be read. Export the file as PDF.")
_KINDLE = N_("Books for Kindle can't be read. Convert the book to EPUB or PDF.")
# What people bring that can't be read, and what to do.
_REFUSED = {
    **dict.fromkeys(
        [
            *(".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".svgz", ".tif", ".tiff", ".webp"),
            *(".avif", ".jfif", ".jp2", ".psd", ".ico", ".heif"),
        ],
        _PICTURE,
    ),
    **dict.fromkeys(
        [
            *(".aac", ".avi", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".ogg", ".wav", ".webm"),
            *(".flac", ".opus", ".wma", ".m4v", ".3gp", ".aiff", ".wmv"),
        ],
        _RECORDING,
    ),
    **dict.fromkeys(
        [".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst", ".cab"], _ARCHIVE
    ),
    **dict.fromkeys([".key", ".numbers", ".pages"], _APPLE),
    **dict.fromkeys([".azw", ".azw3", ".mobi", ".kfx"], _KINDLE),
    ".doc": N_("Word documents from before 2007 (.doc) can't be read. Save the document as .docx."),
    ".xls": N_(
        "Excel workbooks from before 2007 (.xls) can't be read. Save the workbook as .xlsx."
    ),
    ".xlsb": N_("Binary Excel workbooks (.xlsb) can't be read. Save the workbook as .xlsx."),
    ".ppt": N_(
        "Presentations from before 2007 (.ppt) can't be read. Save the presentation as .pptx."
    ),
    ".msg": N_("E-mails of Outlook (.msg) can't be read. Save the e-mail as .eml."),
    ".exe": N_("Programs can't be read."),
}
# What programs write under names of Office: pages, and values that tabs or commas separate.
_TEXT_WITHIN = {".doc": Kind.TEXT, ".xls": Kind.CSV}
_OTHERWISE = {
    Kind.PDF: N_("The file is not a PDF, although its name says so."),
    Kind.DOCX: N_("The file is not a Word document (.docx), although its name says so."),
}
_UNREADABLE = N_(
    "The file can't be read. Text, Markdown, HTML, CSV, code, PDF, Word, Excel, PowerPoint,"
    " OpenDocument, EPUB, RTF, e-mails and notebooks can be read."
)
_HOLDS = {
    Kind.PDF: N_("The file is a PDF, although its name says otherwise."),
    Kind.DOCX: N_("The file is an archive or an Office file, although its name says otherwise."),
}


def detect(head: bytes, name: str) -> Kind:
    """The kind of a file that begins with ``head``.

    Raises:
        UnsupportedFile: It is of no kind that can be read.
        MislabelledFile: Its name says another kind.
        EncryptedFile: It is an Office document with a password.
    """
    suffix = PurePosixPath(name).suffix.lower()
    named = BY_SUFFIX.get(suffix)
    if head.startswith(_COMPOUND):
        if named in ARCHIVES:
            raise EncryptedFile(
                _(
                    "The file is protected with a password, or is from a version of Office before"
                    " 2007. Save it without a password in the format of its name."
                )
            )
        raise UnsupportedFile(_(_REFUSED.get(suffix, _UNREADABLE)))
    if (found := _signed(head, is_pdf_by_name=named is Kind.PDF)) is not None:
        return _agreed(found, named, suffix)
    if is_binary(head, head):
        if named is not None:
            raise MislabelledFile(_("The file is not what its name says, and can't be read."))
        raise UnsupportedFile(_(_REFUSED.get(suffix, _UNREADABLE)))
    if named in CHECKED:
        sentence = N_("The file is not what its name says: it is a text.")
        raise MislabelledFile(_(_OTHERWISE.get(named, sentence)))
    if suffix in _REFUSED and suffix not in _TEXT_WITHIN:
        raise MislabelledFile(_("The file holds text, although its name says something else."))
    if suffix in _TEXT_WITHIN or named is None:
        named = _kind_of_text(head, _TEXT_WITHIN.get(suffix, Kind.TEXT))
    return named


def _kind_of_text(head: bytes, otherwise: Kind) -> Kind:
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:14].lower()
    if beginning.startswith((b"<!doctype html", b"<html", b"<table", b"<meta")):
        return Kind.HTML
    return Kind.EML if beginning.startswith(b"mime-version:") else otherwise


def is_binary(chunk: bytes, head: bytes) -> bool:
    """Whether a chunk of a file that begins with ``head`` has bytes that no text has."""
    if head.startswith(_UTF16) or utf16_order(head):
        return False
    if _has_stray_zeros(chunk):
        chunk = chunk.replace(b"\0", b"")
    return len(chunk.translate(None, _CONTROLS)) != len(chunk)


def utf16_order(head: bytes) -> str:
    """The codec of a text that is UTF-16 and has no mark that says so; "" for any other file.

    Such a text has bytes that are zero, those of ASCII's characters at least, and most of them are
    the first or most the second of their pairs. One that is Chinese or Japanese alone has none.
    """
    if _has_stray_zeros(head):
        return ""
    head = head[: len(head) // 2 * 2]
    first, second = head[::2].count(0), head[1::2].count(0)
    if first != second:
        order = "utf-16-be" if first > second else "utf-16-le"
        return order if _is_text(head.decode(order, "ignore")) else ""
    if first:
        return ""
    return next((order for order in ("utf-16-le", "utf-16-be") if _is_east_asian(head, order)), "")


def _has_stray_zeros(chunk: bytes) -> bool:
    """Whether a chunk has a few zeros in a text that is UTF-8, as a log that a crash has cut."""
    zeros = chunk.count(0)
    others = len(chunk) - len(chunk.translate(None, _CONTROLS)) - zeros
    if others or not 0 < zeros * 20 < len(chunk):
        return False
    try:
        # A character may be cut at either end.
        getincrementaldecoder("utf-8")().decode(chunk.lstrip(_CONTINUING))
    except UnicodeDecodeError:
        return False
    return True


def _is_text(text: str) -> bool:
    odd = sum(unicodedata.category(char) in _NOT_IN_TEXT for char in text if char not in "\t\n\r\f")
    return odd * 20 <= len(text)


def _is_east_asian(head: bytes, order: str) -> bool:
    """Whether each character is one of Chinese or Japanese, some of them syllables or commas."""
    text = head.decode(order, "replace")
    marks = len(_KANA_OR_COMMA.findall(text))
    return 0 < len(text) <= 20 * marks and not _NOT_EAST_ASIAN.search(text)


def _signed(head: bytes, *, is_pdf_by_name: bool) -> Kind | None:
    # Some begin with a byte order mark, or with what a mail or a server has put before it.
    if head.lstrip().startswith(_PDF) or (is_pdf_by_name and _PDF in head[:1024]):
        return Kind.PDF
    if head.startswith(_RTF):
        return Kind.RTF
    if not head.startswith(_ZIP):
        return None
    # The first part of some says what they are, and is not packed: it follows its own name.
    _, stated, mimetype = head[:200].partition(b"mimetype")
    kinds = [kind for each, kind in _MIMETYPES.items() if stated and mimetype.startswith(each)]
    return kinds[-1] if kinds else Kind.DOCX


def _agreed(found: Kind, named: Kind | None, suffix: str) -> Kind:
    if found is Kind.RTF:
        # Word has long saved it under the name of its own format.
        if named in {Kind.RTF, Kind.DOCX, Kind.TEXT, None}:
            return found
        raise MislabelledFile(_("The file is an RTF document, although its name says otherwise."))
    if found in ARCHIVES and named in ARCHIVES:
        return named or found  # what is in it shows when it is checked
    if named not in {found, None}:
        raise MislabelledFile(_(_HOLDS[Kind.PDF if found is Kind.PDF else Kind.DOCX]))
    if suffix in _REFUSED:
        raise UnsupportedFile(_(_REFUSED[suffix]))
    return found
