"""PDF files that readers open, and what of them can't be read: said, never passed over."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from quart_chat.documents.models import Kind
from tests.documents import made
from tests.documents.reading import read
from tests.examples import examples

TEXT = "The warranty lasts two years."
HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
PICTURE = b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"


def shown(text: str) -> bytes:
    return b"BT /F1 10 Tf 40 700 Td (%b) Tj ET" % text.encode("cp1252")


def document(pages: Sequence[bytes], font: bytes = HELVETICA, *others: bytes) -> bytes:
    """A PDF with a page for each content; "F1" is the font and "Im" a picture."""
    fonts = [font, *others]
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", *fonts]
    picture = len(objects) + 1
    objects.append(b"%b/Length 1>>stream\n\0\nendstream" % PICTURE)
    kids = []
    for content in pages:
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
        resources = b"<</Font<</F1 3 0 R/F2 4 0 R>>/XObject<</Im %d 0 R>>>>" % picture
        if b"Do" not in content:
            resources = b"<</Font<</F1 3 0 R/F2 4 0 R>>>>"
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources%b/Contents %d 0 R>>"
            % (resources, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kids), b" ".join(kids))
    return made._written(objects)


def encrypted(algorithm: str, user: str = "") -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made.pdf([TEXT]))))
    writer.encrypt(user, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


ALGORITHMS = ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_password_of_its_owner_alone_keeps_no_reader_out(tmp_path: Path, algorithm: str) -> None:
    found = read(tmp_path, Kind.PDF, encrypted(algorithm))
    assert (found.text, found.warnings) == (TEXT, {})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_password_for_opening_is_said(tmp_path: Path, algorithm: str) -> None:
    found = read(tmp_path, Kind.PDF, encrypted(algorithm, "secret"))
    assert found.failure == "encrypted_file"


def type0(ordering: bytes = b"Identity", encoding: bytes = b"/Identity-H") -> bytes:
    return (
        b"<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Font/Encoding%b/DescendantFonts[<</Type/Font"
        b"/Subtype/CIDFontType2/BaseFont/ABCDEF+Font/CIDSystemInfo<</Registry(Adobe)/Ordering(%b)"
        b"/Supplement 0>>>>]>>" % (encoding, ordering)
    )


def named(*names: bytes) -> bytes:
    return (
        b"<</Type/Font/Subtype/Type1/BaseFont/ABCDEF+Font/Encoding<</Type/Encoding/Differences"
        b"[65 %b]>>>>" % b"".join(b"/" + name for name in names)
    )


GLYPHS = b"BT /F1 10 Tf 40 700 Td <0037004B0048000300440055> Tj ET"
LETTERS = b"BT /F1 10 Tf 40 700 Td (ABCABCABC) Tj ET"
SUBSET = (
    b"<</Type/Font/Subtype/TrueType/BaseFont/ABCDEF+Font"
    b"/FontDescriptor<</Type/FontDescriptor/Flags 4>>>>"
)
TYPE3 = (
    b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/CharProcs<<>>"
    b"/FirstChar 65/LastChar 67/Widths[1 1 1]"
    b"/Encoding<</Type/Encoding/Differences[65/a1/a2/a3]>>>>"
)

UNNAMED = [
    (type0(), GLYPHS),
    (type0(encoding=b"/Identity-V"), GLYPHS),
    (named(b"g1", b"g2", b"g3"), LETTERS),
    (named(b"C0_1", b"C0_2", b"C0_3"), LETTERS),
    (SUBSET, LETTERS),
    (TYPE3, LETTERS),
]


@pytest.mark.parametrize(("font", "content"), UNNAMED)
def test_glyphs_without_letters_are_no_text(tmp_path: Path, font: bytes, content: bytes) -> None:
    found = read(tmp_path, Kind.PDF, document([content], font))
    assert found.failure == "malformed_file"
    assert "fonts" in found.message
    second = b"BT /F2 10 Tf 40 700 Td (%b) Tj ET" % TEXT.encode()
    found = read(tmp_path, Kind.PDF, document([content, second, content], font, HELVETICA))
    assert (found.texts, found.warnings) == ([TEXT], {"pages_unreadable": 2})


@pytest.mark.parametrize(
    "font",
    [
        named(b"A", b"B", b"C"),
        named(b"uni0041", b"uni0042", b"uni0043"),
        named(b"afii10017", b"afii10018", b"afii10019"),
        HELVETICA,
        SUBSET.replace(b"/Flags 4", b"/Flags 32"),
        b"<</Type/Font/Subtype/Type1/BaseFont/ABCDEF+CMR10>>",
    ],
)
def test_glyphs_with_names_are_text(tmp_path: Path, font: bytes) -> None:
    found = read(tmp_path, Kind.PDF, document([LETTERS * 4], font))
    assert (found.failure, found.warnings) == (None, {})


def test_a_page_with_a_little_unreadable_text_is_read_and_said(tmp_path: Path) -> None:
    mixed = GLYPHS + b" BT /F2 10 Tf 40 600 Td (%b) Tj ET" % (TEXT.encode())
    found = read(tmp_path, Kind.PDF, document([mixed], type0(), HELVETICA))
    assert TEXT in found.text
    assert found.warnings == {"pages_unreadable": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"q 595 0 0 842 0 0 cm /Im Do Q",
        b"q 595 0 0 842 0 0 cm /Im Do Q " + shown("Page 3"),
        b"q\nBI /W 1 /H 1 /CS /G /BPC 8 ID \0 EI\nQ",
        b"0 0 m 1 1 l S\n" * 500,
    ],
    ids=["scan", "scan with a number", "inline picture", "curves"],
)
def test_pictures_of_text_are_said(tmp_path: Path, content: bytes) -> None:
    pages = [shown(TEXT), content, content, content]
    found = read(tmp_path, Kind.PDF, document(pages))
    assert found.pieces[0].text == TEXT
    assert found.warnings == {"pages_pictures": 3}


def test_a_scan_says_that_it_is_pictures(tmp_path: Path) -> None:
    found = read(tmp_path, Kind.PDF, document([b"/Im Do", b"/Im Do"]))
    assert found.failure == "empty_file"
    assert "pictures" in found.message
    assert "OCR" in found.message


def test_blank_pages_and_pictures_beside_a_text_need_no_warning(tmp_path: Path) -> None:
    pages = [b"/Im Do " + shown(TEXT), b"", b"0 0 m 9 9 l S"]
    found = read(tmp_path, Kind.PDF, document(pages))
    assert (found.text, found.warnings) == (TEXT, {})


def test_a_broken_page_costs_no_other(tmp_path: Path) -> None:
    broken = zlib.compress(shown(TEXT))[:-20] + b"\xff" * 30
    content = document([shown(TEXT), b"X" * len(broken), shown(TEXT)])
    content = content.replace(
        b"<</Length %d>>stream\n%b" % (len(broken), b"X" * len(broken)),
        b"<</Length %d/Filter/FlateDecode>>stream\n%b" % (len(broken), broken),
    )
    found = read(tmp_path, Kind.PDF, content)
    assert found.texts == [TEXT, TEXT]
    assert found.pieces[1].page == 3
    assert found.warnings == {"pages_unreadable": 1}


def test_what_a_form_was_filled_in_with_is_read(tmp_path: Path) -> None:
    field = (
        b"<</FT/Tx/T(applicant)/TU(Name of the applicant)/V(Ada Lovelace)"
        b"/Subtype/Widget/Type/Annot/Rect[0 0 9 9]>>"
    )
    content = document([shown("Application")], HELVETICA, field).replace(
        b"/Type/Catalog", b"/Type/Catalog/AcroForm<</Fields[4 0 R]>>"
    )
    found = read(tmp_path, Kind.PDF, content)
    assert "Name of the applicant: Ada Lovelace" in found.text


def test_what_was_typed_onto_a_page_is_read(tmp_path: Path) -> None:
    note = b"<</Type/Annot/Subtype/%b/Contents(%b)/Rect[0 0 9 9]>>"
    notes = note % (b"FreeText", b"Ada Lovelace") + note % (b"Text", b"A remark")
    content = document([shown("Applicant")]).replace(
        b"/Type/Page/Parent", b"/Type/Page/Annots[7 0 R %b]/Parent" % notes
    )
    found = read(tmp_path, Kind.PDF, content)
    assert found.text == "Applicant\n\nAda Lovelace"
    assert found.pieces[0].page == 1


def mutations() -> st.SearchStrategy[bytes]:
    """Sound files in which some bytes are others."""
    whole = [made.pdf([TEXT, ""]), document([GLYPHS], type0()), encrypted("AES-256")]
    changes = st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=8)), max_size=6)

    def changed(data: bytes, places: list[tuple[int, bytes]]) -> bytes:
        for place, piece in places:
            at = place % len(data)
            data = data[:at] + piece + data[at + len(piece) :]
        return data

    return st.builds(changed, st.sampled_from(whole), changes)


@settings(max_examples=examples(60), deadline=None)
@given(data=st.one_of(mutations(), st.binary().map(lambda rest: b"%PDF-1.4\n" + rest)))
def test_any_bytes_are_read_or_refused(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = read(tmp_path_factory.mktemp("pdf"), Kind.PDF, data)
    assert found.failure or found.pieces
    assert found.failure is None or found.message
    # Whatever a library stumbles over has been foreseen.
    assert found.message != "It is damaged, and can't be read."
