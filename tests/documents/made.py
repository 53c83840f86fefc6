"""Files that tests upload, made on the spot: whole ones, and each kind of broken one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2048)

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(pages: Iterable[str]) -> bytes:
    """A PDF with a page for each text, whose lines stay lines."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", _FONT]
    kids = []
    for text in pages:
        lines = b" ".join(b"(%b) Tj T*" % _escape_pdf(line) for line in text.split("\n"))
        content = zlib.compress(b"BT /F1 10 Tf 40 780 Td 12 TL " + lines + b" ET")
        objects.append(
            b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(content), content)
        )
        objects.append(_PAGE % len(objects))
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    return _written(objects)


def encrypted_pdf(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["Nobody may read this."]))))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@cache
def pdf_bomb(size: int) -> bytes:
    """A PDF whose only page unpacks to so many bytes."""
    content = zlib.compress(b"BT (x) Tj ET " * (size // 13), 9)
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(content), content)
    pages = b"<</Type/Pages/Count 1/Kids[5 0 R]>>"
    return _written([b"<</Type/Catalog/Pages 2 0 R>>", pages, _FONT, stream, _PAGE % 4])


def docx(paragraphs: Sequence[tuple[str, str]]) -> bytes:
    """A Word document of paragraphs, each a style ("" for body text) and a text."""
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    return word_archive(f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>')


def word_archive(xml: str | bytes, name: str = "word/document.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, xml)
    return out.getvalue()


def word_document(body: str, **parts: str) -> bytes:
    """A Word document of a body in XML and, by name, what its other parts contain."""
    namespaces = (
        f'xmlns:w="{_WORD}" xmlns:wps="urn:shapes" xmlns:v="urn:vml"'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    contents = {"document": f"<w:body>{body}</w:body>", **parts}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for name, content in contents.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {namespaces}>{content}</w:{name}>")
    return out.getvalue()


@cache
def zip_bomb(size: int) -> bytes:
    """A Word document of a few kilobytes whose text unpacks to so many bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("word/document.xml", "w") as entry,
    ):
        entry.write(f'<w:document xmlns:w="{_WORD}">'.encode())
        for _ in range(size // 1_000_000):
            entry.write(b" " * 1_000_000)
        entry.write(b"</w:document>")
    return out.getvalue()


@cache
def lying_zip_bomb(size: int) -> bytes:
    """The same, whose directory says that it unpacks to 100 bytes."""
    bomb = bytearray(zip_bomb(size))
    real = struct.pack("<L", int.from_bytes(bomb[_size_field(bomb) :][:4], "little"))
    return bytes(bomb.replace(real, struct.pack("<L", 100)))


def _size_field(archive: bytearray) -> int:
    return archive.index(b"PK\x01\x02") + 24


def encrypted_docx() -> bytes:
    """A Word document whose text can be unpacked only with a password, as its flags say."""
    archive = bytearray(docx([("", "Nobody may read this.")]))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := archive.find(mark, place + 1)) >= 0:
            archive[place + offset] |= 1
    return bytes(archive)


def billion_laughs() -> bytes:
    levels = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    return word_archive(
        f'<!DOCTYPE w [<!ENTITY a0 "ha">{levels}]>'
        f'<w:document xmlns:w="{_WORD}"><w:p><w:t>&a9;</w:t></w:p></w:document>'
    )


_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
_PAGE = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"
    b"/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
)


def _escape_pdf(line: str) -> bytes:
    text = line.encode("cp1252")
    return text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _written(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return bytes(
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table)
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    )
