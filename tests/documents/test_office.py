"""Workbooks, presentations, OpenDocument, books, RTF, e-mails and notebooks."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pptx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from quart_chat.documents.formats import archive as archives
from quart_chat.documents.formats.office.xlsx import reader as xlsx
from quart_chat.documents.kinds import detect
from quart_chat.documents.models import Kind, Status
from quart_chat.errors import ChatError, OversizedContent
from quart_chat.texts import use
from tests.documents import made
from tests.documents.conftest import USER, Library
from tests.documents.reading import read
from tests.examples import examples


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zipped(**parts: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            stored = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, stored)
    return out.getvalue()


def workbook(*rows: list[Any], hidden: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Nuts"
    for row in rows:
        sheet.append(row)
    if hidden:
        book.create_sheet("Secret").append(["hidden"])
        book["Secret"].sheet_state = "hidden"
    return saved(book)


def test_a_row_of_a_workbook_is_a_passage_with_its_headings(tmp_path: Path) -> None:
    day = dt.datetime(2024, 5, 1)  # noqa: DTZ001 - workbooks have no time zones
    rows = (["Item", "Price", "Since"], ["A-nut", 3, day], ["B-nut", 4.5, None])
    found = read(tmp_path, Kind.XLSX, workbook(*rows))
    assert found.texts == ["Item: A-nut; Price: 3; Since: 2024-05-01", "Item: B-nut; Price: 4.5"]
    assert {piece.headings for piece in found.pieces} == {("Nuts",)}


def test_a_hidden_sheet_is_left_out_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, Kind.XLSX, workbook(["Item", "Price"], ["nut", 3], hidden=True))
    assert "hidden" not in found.text
    assert found.warnings == {"sheets_hidden": 1}


def test_a_huge_sheet_is_read_up_to_a_row_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 10)
    found = read(tmp_path, Kind.XLSX, workbook(*([f"nut {n}", n] for n in range(50))))
    assert len(found.pieces) == 10
    assert found.warnings == {"rows_left_out": 10}


def test_a_cell_at_the_end_of_a_sheet_takes_no_time(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "first", "last"
    assert read(tmp_path, Kind.XLSX, saved(book)).texts[0] == "first"


def slides() -> Any:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Warranty"
    slide.placeholders[1].text = "It lasts two years."
    table = slide.shapes.add_table(3, 2, Inches(1), Inches(1), Inches(4), Inches(2)).table
    for at, cells in enumerate((("Item", "Price"), ("A-nut", "3"), ("B-nut", "4"))):
        table.cell(at, 0).text, table.cell(at, 1).text = cells
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "In a group."
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    return show


def test_a_slide_is_read_below_its_title_with_its_notes(tmp_path: Path) -> None:
    found = read(tmp_path, Kind.PPTX, saved(slides()))
    assert found.text.split("\n\n") == [
        "It lasts two years.",
        *("Item: A-nut; Price: 3", "Item: B-nut; Price: 4", "In a group.", "Say it slowly."),
    ]
    assert (found.pieces[0].headings, found.pieces[0].page) == (("Warranty",), 1)


def test_the_values_of_a_chart_are_rows(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]  # python-pptx names no types
    data.categories = ["North", "South"]
    data.add_series("2023", (19, 21.5))
    data.add_series("2024", (20, None))
    kind = XL_CHART_TYPE.COLUMN_CLUSTERED
    chart = slide.shapes.add_chart(kind, 0, 0, Inches(3), Inches(3), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Sales"
    found = read(tmp_path, Kind.PPTX, saved(show))
    assert found.text.split("\n\n") == ["Sales", "North; 2023: 19; 2024: 20", "South; 2023: 21.5"]


def test_hidden_slides_and_pictures_are_said(tmp_path: Path) -> None:
    show = slides()
    hidden = show.slides.add_slide(show.slide_layouts[5])
    hidden.shapes.title.text = "Secret"
    hidden.element.set("show", "0")
    picture = show.slides.add_slide(show.slide_layouts[6])
    png = Path(__file__).parents[2] / "static/icons/icon-192.png"
    picture.shapes.add_picture(str(png), 0, 0)
    found = read(tmp_path, Kind.PPTX, saved(show))
    assert "Secret" not in found.text
    assert found.warnings == {"slides_hidden": 1, "pages_pictures": 1}


NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        *(("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing")),
        ("style", "style"),
    )
)


def odf(kind: str, body: str, styles: str = "") -> bytes:
    content = (
        f"<office:document-content {NAMESPACES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
        "</office:body></office:document-content>"
    )
    return zipped(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": content})


TABLE = (
    '<table:table table:name="Nuts">'
    + "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in row)
        + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        for row in (("Item", "Price"), ("A-nut", "3"), ("B-nut", "4"))
    )
    + '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    + "</table:table>"
)


def test_an_opendocument_text_is_read_as_it_is_shown(tmp_path: Path) -> None:
    style = '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
    body = (
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        '<text:h text:outline-level="1">Lease</text:h><text:p>Three<text:s text:c="2"/>months'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note."
        '</text:p></text:note-body></text:note> of <text:span text:style-name="H">'
        "hidden</text:span>"
        "notice.</text:p><text:list><text:list-item><text:p>A point</text:p></text:list-item>"
        '</text:list><text:p text:style-name="H">hidden</text:p>'
        "<text:p><draw:frame><draw:text-box><text:p>Boxed</text:p></draw:text-box></draw:frame>"
        f"</text:p>{TABLE}"
    )
    found = read(tmp_path, Kind.ODT, odf("text", body, style))
    assert found.text.split("\n\n") == [
        *("Three  months of notice.", "A note.", "A point", "Boxed"),
        *("Item: A-nut; Price: 3", "Item: B-nut; Price: 4"),
    ]
    assert found.pieces[0].headings == ("Lease",)


def test_the_letterhead_of_an_opendocument_text_is_kept_once(tmp_path: Path) -> None:
    styles = (
        f"<office:document-styles {NAMESPACES}><office:master-styles><style:master-page>"
        "<style:header-first><text:p>Brandt GmbH</text:p></style:header-first>"
        "<style:header><text:p>Brandt GmbH</text:p><text:p>Seite <text:page-number>2"
        "</text:page-number></text:p></style:header>"
        "<style:footer><text:p>IBAN DE00</text:p></style:footer>"
        "</style:master-page></office:master-styles></office:document-styles>"
    )
    content = zipfile.ZipFile(io.BytesIO(odf("text", "<text:p>Text</text:p>"))).read("content.xml")
    parts: dict[str, str | bytes] = {"content.xml": content, "styles.xml": styles}
    file = zipped(**parts)
    assert read(tmp_path, Kind.ODT, file).text == "Brandt GmbH\n\nText\n\nIBAN DE00"


def test_sheets_and_slides_of_opendocument_have_their_places(tmp_path: Path) -> None:
    sheet = read(tmp_path, Kind.ODS, odf("spreadsheet", TABLE))
    assert (sheet.pieces[0].headings, sheet.text.split("\n\n")) == (
        ("Nuts",),
        ["Item: A-nut; Price: 3", "Item: B-nut; Price: 4"],
    )
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    page = f"<draw:page>{box}</draw:page>"
    show = read(tmp_path, Kind.ODP, odf("presentation", page.format("One") + page.format("Two")))
    assert [(piece.page, piece.text) for piece in show.pieces] == [(1, "One"), (2, "Two")]


def test_a_cell_of_several_rows_of_opendocument_stands_in_each(tmp_path: Path) -> None:
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>".format
    rows = (
        cell("", "Kind") + cell("", "Item"),
        cell(' table:number-rows-spanned="2"', "Nuts") + cell("", "M3"),
        "<table:covered-table-cell/>" + cell("", "M4"),
        "<table:table-cell/>" + cell("", "M5"),
    )
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    found = read(tmp_path, Kind.ODS, odf("spreadsheet", f"<table:table>{table}</table:table>"))
    assert found.text.split("\n\n") == [
        *("Kind: Nuts; Item: M3", "Kind: Nuts; Item: M4", "Item: M5"),
    ]


def test_hidden_sections_and_sheets_of_opendocument_are_left_out(tmp_path: Path) -> None:
    section = '<text:section text:display="none"><text:p>hidden</text:p></text:section>'
    heading = '<text:h text:outline-level="x">Part</text:h>'
    found = read(tmp_path, Kind.ODT, odf("text", f"{section}{heading}<text:p>shown</text:p>"))
    assert found.texts == ["shown"]
    style = (
        '<style:style style:name="H"><style:table-properties table:display="false"/></style:style>'
    )
    secret = TABLE.replace("<table:table ", '<table:table table:style-name="H" ')
    found = read(tmp_path, Kind.ODS, odf("spreadsheet", secret + TABLE, style))
    assert found.text.count("A-nut") == 1


def book(**more: str) -> bytes:
    container = '<container><rootfiles><rootfile full-path="O/b.opf"/></rootfiles></container>'
    package = (
        '<package><manifest><item id="b" href="b.xhtml"/><item id="a" href="a%20b.xhtml"/>'
        '<item id="n" href="nav.xhtml" properties="nav"/></manifest><spine><itemref idref="n"/>'
        '<itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    page = '<?xml version="1.0"?><html><head><title/><script src="x"/></head><body>{}</body></html>'
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "O/b.opf": package,
        "O/nav.xhtml": page.format("<p>Contents</p>"),
        "O/a b.xhtml": page.format("<h1>One</h1><p>First.</p>"),
        "O/b.xhtml": page.format("<h1>Two</h1><p>Second.</p>"),
    }
    return zipped(**{**parts, **more})


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    found = read(tmp_path, Kind.EPUB, book())
    assert [(piece.headings, piece.text) for piece in found.pieces] == [
        (("One",), "First."),
        (("Two",), "Second."),
    ]


def test_an_older_book_names_its_document_types(tmp_path: Path) -> None:
    doctype = '<!DOCTYPE {} PUBLIC "-//NISO//DTD {}" "http://www.daisy.org/x.dtd">'
    found = read(
        tmp_path,
        Kind.EPUB,
        book(
            **{
                "O/toc.ncx": doctype.format("ncx", "ncx 2005-1//EN") + "<ncx/>",
                "O/b.opf": doctype.format("package", "OEB 1.2//EN")
                + '<package><manifest><item id="b" href="b.xhtml"/></manifest>'
                + '<spine><itemref idref="b"/></spine></package>',
            }
        ),
    )
    assert found.texts == ["Second."]


def test_nothing_stands_around_the_text_of_a_book(tmp_path: Path) -> None:
    page = f"<html><body><p>{'Text. ' * 40}</p>{{}}</body></html>"
    parts = '<aside><p>A note.</p></aside><div class="sidebar"><p>A box.</p></div>'
    found = read(tmp_path, Kind.EPUB, book(**{"O/b.xhtml": page.format(parts)}))
    assert "A note." in found.text
    assert "A box." in found.text


def test_a_book_with_copy_protection_is_said(tmp_path: Path) -> None:
    locked = '<encryption><CipherReference URI="O/a%20b.xhtml"/></encryption>'
    found = read(tmp_path, Kind.EPUB, book(**{"META-INF/encryption.xml": locked}))
    assert found.failure == "encrypted_file"
    fonts = '<encryption><CipherReference URI="O/font.otf"/></encryption>'
    found = read(tmp_path, Kind.EPUB, book(**{"META-INF/encryption.xml": fonts}))
    assert found.failure is None


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"{\rtf1\ansi Gr\'f6\'dfe\par Two}", "Größe\n\nTwo"),
        (r"{\rtf1\ansi\ansicpg1251 \'cc\'e8\'f0}", "Мир"),
        (
            r"{\rtf1\ansi \u20445?\u25143?}",
            "俽戗".replace("俽", chr(20445)).replace("戗", chr(25143)),
        ),
        (r"{\rtf1 Shown {\v hidden} too\v hidden\v0 .}", "Shown  too ."),
        (
            r"{\rtf1\trowd Item\cell Price\cell\row\trowd B-nut\cell 4\cell\row}",
            "Item: B-nut; Price: 4",
        ),
        (r"{\rtf1\mac Gr\'9a\'a7e}", "Größe"),
        (r"{\rtf1\pc Gr\'94\'e1e}", "Größe"),
        (r"{\rtf1 Text{\footnote A note.}\par More}", "Text\n\nA note.\n\nMore"),
        (
            r"{\rtf1\ansi\ansicpg1251{\headerf \'cc\'e8\'f0\par}{\header Page 2\par}"
            r"{\footer F}Text\sect{\headerf \'cc\'e8\'f0\par}}",
            "Мир\n\nText\n\nF",
        ),
        (r"{\rtf1 Shown {\v hid{\b den} \} }too.}", "Shown too."),
    ],
)
def test_rich_text_is_read_with_its_letters(tmp_path: Path, source: str, text: str) -> None:
    assert read(tmp_path, Kind.RTF, source).text == text


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Ada <ada@example.org>", "bob@example.org"
    message["Subject"] = "Größe"
    message.set_content("The warranty lasts two years.\n\nYours")
    message.add_alternative("<p>The warranty lasts two years.</p>", subtype="html")
    return message


def test_an_e_mail_is_read_once_below_its_subject(tmp_path: Path) -> None:
    message = mail()
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="a.pdf")
    found = read(tmp_path, Kind.EML, message.as_bytes())
    assert found.text.count("two years") == 1
    assert "From: Ada <ada@example.org>" in found.text
    assert "Attachment: a.pdf" in found.text
    assert found.pieces[0].headings == ("Größe",)
    assert found.warnings == {"attachments_unread": 1}


def test_a_page_saved_as_one_file_is_read_as_a_page(tmp_path: Path) -> None:
    page = EmailMessage()
    page["From"], page["Subject"] = "<Saved by Blink>", "Warranty"
    page.set_content("<p>It lasts two years.</p>", subtype="html")
    page.add_related("p { color: red }", subtype="css")
    assert detect(page.as_bytes()[:4096], "a.mhtml") is Kind.EML
    found = read(tmp_path, Kind.EML, page.as_bytes())
    assert "It lasts two years." in found.text
    assert "color" not in found.text


def test_a_mail_within_a_mail_has_its_own_head(tmp_path: Path) -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "bob@example.org", "Forwarded"
    outer.set_content("See below.")
    outer.add_attachment(mail())
    found = read(tmp_path, Kind.EML, outer.as_bytes())
    assert "Subject: Größe\nFrom: Ada <ada@example.org>" in found.text
    assert "two years" in found.text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"\xef\xbb\xbfSubject: a\n\nbody", "Subject: a\n\nbody"),
        (b"\r\n\r\nSubject: a\r\n\r\nbody", "Subject: a\n\nbody"),
        ("Subject: Größe\n\nbody".encode("cp1252"), "Subject: Größe\n\nbody"),
        ("Subject: Größe\n\nbody".encode(), "Subject: Größe\n\nbody"),
        (b"Subject: a\nContent-Type: multipart/mixed\n\nbody", "Subject: a\n\nbody"),
    ],
)
def test_a_head_is_read_as_programs_write_it(tmp_path: Path, source: bytes, text: str) -> None:
    assert read(tmp_path, Kind.EML, source).text == text


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        ("text/plain; charset=koi8-r", "Мир".encode("koi8_r"), "Мир"),
        ("text/plain; charset=nonsense", "Мир".encode("cp1251"), "Мир"),
        ("text/html; charset=shift_jis", "<p>保証</p>".encode("cp932"), "保証"),
        ("text/plain", "Größe".encode(), "Größe"),
    ],
)
def test_an_e_mail_has_the_encoding_that_it_says(
    tmp_path: Path, head: str, body: bytes, text: str
) -> None:
    source = f"Subject: x\nContent-Type: {head}\nContent-Transfer-Encoding: 8bit\n\n".encode()
    assert read(tmp_path, Kind.EML, source + body).text.endswith(text)


def test_lines_of_an_e_mail_that_flow_are_joined(tmp_path: Path) -> None:
    head = "Subject: a\nContent-Type: text/plain; format=flowed"
    body = "\n\nOne para- \ngraph flows.\n  kept\n> quo \n> ted\n-- \nAda\n"
    assert read(tmp_path, Kind.EML, f"{head}{body}").text.partition("\n\n")[2] == (
        "One para- graph flows.\n kept\n> quo ted\n--\nAda"
    )
    joined = read(tmp_path, Kind.EML, f"{head}; delsp=yes{body}").text
    assert "One para-graph flows." in joined


def test_a_page_that_says_more_than_the_text_beside_it_is_read(tmp_path: Path) -> None:
    head = "Subject: a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n"
    text = f"{head}\nOnly in HTML.\n--b\nContent-Type: text/html\n\n"
    found = read(tmp_path, Kind.EML, f"{text}<p>{'word ' * 12}</p>\n--b--\n")
    assert "word word" in found.text
    assert "Only in HTML." in read(tmp_path, Kind.EML, f"{text}<p>Only, in HTML.</p>\n--b--").text


def test_an_invitation_in_an_e_mail_is_read_as_people_write_it(tmp_path: Path) -> None:
    calendar = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Meet\nDTSTART:20260501T100000Z\n"
    mail = f"Subject: a\nContent-Type: text/calendar\n\n{calendar}END:VEVENT\nEND:VCALENDAR\n"
    assert read(tmp_path, Kind.EML, mail).text.endswith(
        "Summary: Meet\nStart: 2026-05-01 10:00 UTC"
    )


def test_a_notebook_is_read_as_text_code_and_output(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Kiwi\n", "\n", "It is green."]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "outputs": [
                {"output_type": "stream", "text": ["1\n"]},
                {"output_type": "execute_result", "data": {"text/plain": "2", "image/png": "x"}},
                {"output_type": "error", "ename": "KeyError", "evalue": "3", "traceback": []},
            ],
        },
    ]
    found = read(tmp_path, Kind.IPYNB, json.dumps({"nbformat": 4, "cells": cells}))
    assert found.texts == ["It is green.", "print(1)", "1", "2", "KeyError: 3"]
    assert [piece.form for piece in found.pieces] == ["markdown", *["code"] * 4]
    assert {piece.headings for piece in found.pieces} == {("Kiwi",)}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text/html": "<b>7</b>", "text/plain": "7"}, "7"),
        ({"text/markdown": ["**", "7**"]}, "**7**"),
        ({"text/latex": "$7$", "image/png": "x"}, "$7$"),
        ({"text/plain": "\x1b[31m7\x1b[0m"}, "7"),
    ],
)
def test_an_output_is_read_in_the_form_that_reads_best(
    tmp_path: Path, data: dict[str, Any], text: str
) -> None:
    cells = [
        {"cell_type": "heading", "level": "x", "source": "Kiwi"},
        {"cell_type": "code", "source": "x", "outputs": [{"data": data}]},
    ]
    assert read(tmp_path, Kind.IPYNB, json.dumps({"cells": cells})).texts == ["x", text]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.doc", ".docx"),
        ("a.xls", ".xlsx"),
        ("a.ppt", ".pptx"),
        ("a.msg", ".eml"),
        ("a.pages", "PDF"),
        ("a.png", "OCR"),
        ("a.heic", "OCR"),
        ("a.mp3", "transcript"),
        ("a.zip", "Unpack"),
        ("a.mobi", "EPUB"),
    ],
)
def test_what_can_not_be_read_says_what_to_do(name: str, said: str) -> None:
    head = made.COMPOUND if name in {"a.doc", "a.xls", "a.ppt", "a.msg"} else made.PNG
    head = b"PK\x03\x04" + bytes(40) if name in {"a.zip", "a.pages"} else head
    with pytest.raises(ChatError) as error:
        detect(head, name)
    assert said in error.value.message


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a", book(), Kind.EPUB),
        ("a", odf("text", ""), Kind.ODT),
        ("a.xlsx", workbook(["a"]), Kind.XLSX),
        ("a.doc", b"{\\rtf1 x}", Kind.RTF),
        ("a.eml", mail().as_bytes(), Kind.EML),
        ("a.ipynb", b"{}", Kind.IPYNB),
    ],
)
def test_the_kind_is_told_by_content_and_name(name: str, content: bytes, kind: Kind) -> None:
    if name == "a.doc":
        name = "a.rtf"
    assert detect(content[:4096], name) is kind


ARCHIVES = {
    Kind.XLSX: workbook(["Item", "Price"], ["nut", 3]),
    Kind.PPTX: saved(slides()),
    Kind.ODT: odf("text", TABLE),
    Kind.EPUB: book(),
}
BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_could_multiply_itself_is_refused(
    tmp_path: Path, kind: Kind, encoding: str
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ARCHIVES[kind])) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith((".xml", ".opf")):
                text = data.decode().removeprefix('<?xml version="1.0" encoding="UTF-8"?>')
                data = f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}{text}'.encode(encoding)
            new.writestr(name, data)
    assert read(tmp_path, kind, out.getvalue()).failure == "malformed_file"


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_SIZE", 500)
    assert read(tmp_path, kind, ARCHIVES[kind]).failure == "oversized_content"


@pytest.mark.parametrize("kind", ARCHIVES)
def test_another_archive_is_no_document(tmp_path: Path, kind: Kind) -> None:
    assert read(tmp_path, kind, zipped(**{"a.txt": "x"})).failure == "unsupported_file"


SOUND: dict[Kind, bytes] = {
    **ARCHIVES,
    Kind.RTF: rb"{\rtf1\ansi Gr\'f6\u223?e\par{\v x}\trowd a\cell\row}",
    Kind.EML: mail().as_bytes(),
    Kind.IPYNB: b'{"cells": [{"cell_type": "code", "source": ["x"], "outputs": []}]}',
    Kind.CSV: b'sep=;\na;"b\nc";d\n1;2;3',
    Kind.HTML: b"<style>.a{display:none}</style><table><tr><td>a<td>b</table><pre>x</pre>",
}


@pytest.mark.parametrize("kind", SOUND)
def test_what_is_sound_is_read_without_a_warning(tmp_path: Path, kind: Kind) -> None:
    found = read(tmp_path, kind, SOUND[kind])
    assert (found.failure, found.warnings, bool(found.pieces)) == (None, {}, True)


@settings(max_examples=examples(100), deadline=None)
@given(
    kind=st.sampled_from(list(SOUND)),
    places=st.lists(st.tuples(st.integers(0, 60_000), st.binary(max_size=6)), max_size=5),
    noise=st.none() | st.binary(),
)
def test_any_bytes_are_read_or_refused(
    kind: Kind,
    places: list[tuple[int, bytes]],
    noise: bytes | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = SOUND[kind] if noise is None else noise
    for place, piece in places:
        at = place % max(1, len(data))
        data = data[:at] + piece + data[at + len(piece) :]
    found = read(tmp_path_factory.mktemp("any"), kind, data)
    assert found.failure or found.pieces
    assert found.failure is None or found.message


def test_the_server_loads_no_library_that_reads_documents() -> None:
    code = (
        "import sys, quart_chat.app, quart_chat.documents.service;"
        "print([n for n in ('lxml', 'pptx', 'openpyxl', 'PIL', 'selectolax', 'pypdf', 'striprtf',"
        " 'charset_normalizer', 'cryptography') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


NAMES = {
    Kind.XLSX: "a.xlsx",
    Kind.PPTX: "a.pptx",
    Kind.ODT: "a.odt",
    Kind.EPUB: "a.epub",
    Kind.RTF: "a.rtf",
    Kind.EML: "a.eml",
    Kind.IPYNB: "a.ipynb",
    Kind.CSV: "a.csv",
    Kind.HTML: "a.html",
}


@pytest.mark.parametrize("kind", SOUND)
async def test_each_kind_is_read_by_the_process_within_its_limits(
    library: Library, kind: Kind
) -> None:
    document = await library.read(NAMES[kind], SOUND[kind])
    assert (document.kind, document.status, document.message) == (kind, Status.READY, None)
    assert document.passages > 0


async def test_a_warning_is_stored_and_told_in_the_language_of_its_reader(
    library: Library,
) -> None:
    document = await library.read("a.txt", "Größe".encode() + b"\xff")
    (stored,) = await library.service.documents(USER)
    assert stored.warnings == document.warnings
    (warning,) = library.service.item(stored)["warnings"]
    assert warning == {
        "code": "characters_unreadable",
        "message": "1 character could not be read.",
    }
    with use("de"):
        (warning,) = library.service.item(stored)["warnings"]
    assert warning["message"] == "1 Zeichen konnte nicht gelesen werden."


@pytest.mark.parametrize("name", ["xl/workbook.xml", "ppt/presentation.xml", "content.xml"])
async def test_a_real_bomb_costs_the_server_nothing(library: Library, name: str) -> None:
    ending = {"xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}.get(name, "ods")
    bomb = zipped(**{name: b" " * 300_000_000})
    assert len(bomb) < 1_000_000
    with pytest.raises(OversizedContent):
        await library.add(f"a.{ending}", bomb)
    assert library.files == []
