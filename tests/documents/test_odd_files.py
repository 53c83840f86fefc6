"""Files as programs write them beside the rules: what can be read is, and nothing becomes noise."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from quart_chat.documents.kinds import detect, is_binary
from quart_chat.documents.models import Kind
from tests.documents.reading import read
from tests.documents.test_office import book, odf, saved


def row_of(folder: Path, *cells: tuple[Any, str]) -> list[str]:
    """The values of a row, each given with its format, as they are read."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for column, (value, form) in enumerate(cells, 1):
        sheet.cell(1, column, value).number_format = form
    return read(folder, Kind.XLSX, saved(workbook)).text.split("; ")


def replaced(workbook: bytes, name: str, rows: str) -> bytes:
    """A workbook with other rows in a part of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            data = old.read(each)
            if each == name:
                data = re.sub(
                    b"<sheetData.*?(?:/>|</sheetData>)",
                    f"<sheetData>{rows}</sheetData>".encode(),
                    data,
                )
            new.writestr(each, data)
    return out.getvalue()


def test_a_number_is_read_with_the_unit_that_its_format_shows(tmp_path: Path) -> None:
    shown = row_of(
        tmp_path,
        (0.19, "0%"),
        (0.075, "0.0%"),
        (950, '#,##0.00 "€"'),
        (12.5, "[$£-809]#,##0.00"),
        (3, "[$CHF] 0.00"),
        (7, "$#,##0"),
        (2.5, '0.0 "kg"'),
        (4, "[Red]0"),
        (5, "General"),
        (1067, "00000"),
    )
    assert shown == [
        *("19%", "7.5%", "950 €", "12.5 £", "3 CHF", "7 $", "2.5 kg", "4", "5", "01067"),
    ]


def test_formulas_that_no_program_has_computed_are_read_and_said(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row in (("Item", "Price"), ("Nut", "=1+1"), ("Bolt", '=HYPERLINK("/a", "b")'), ("Pin", 3)):
        workbook.active.append(row)
    found = read(tmp_path, Kind.XLSX, saved(workbook))
    assert found.texts == [
        "Item: Nut; Price: =1+1",
        'Item: Bolt; Price: =HYPERLINK("/a", "b")',
        "Item: Pin; Price: 3",
    ]
    assert found.warnings == {"formulas_uncomputed": 2}


def test_formulas_with_a_result_need_no_warning(tmp_path: Path) -> None:
    cells = (
        '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>""</f><v></v></c>'
        '<c r="C1"><v></v></c><c r="D1" t="str"><f t="shared" si="0"/><v>two</v></c>'
    )
    workbook = saved(openpyxl.Workbook())
    made = replaced(workbook, "xl/worksheets/sheet1.xml", f'<row r="1">{cells}</row>')
    found = read(tmp_path, Kind.XLSX, made)
    assert (found.texts, found.warnings) == (["2; two"], {})


def test_a_cell_of_several_rows_stands_in_each(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (("Kind", "Item"), ("Nuts", "M3"), (None, "M4"), ("Bolts", "M5"), (None, "M6")):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    assert read(tmp_path, Kind.XLSX, saved(workbook)).texts == [
        *("Kind: Nuts; Item: M3", "Kind: Nuts; Item: M4", "Kind: Bolts; Item: M5", "Item: M6"),
    ]


def test_times_and_durations_are_read_as_people_write_them(tmp_path: Path) -> None:
    shown = row_of(
        tmp_path,
        (dt.time(14, 30), "hh:mm"),
        (dt.timedelta(hours=30, minutes=5), "[hh]:mm"),
        (dt.datetime(2026, 3, 1, 9, 5, 30), "yyyy-mm-dd hh:mm:ss"),  # noqa: DTZ001 - as in sheets
        (True, "General"),
    )
    assert shown == ["14:30", "30:05", "2026-03-01 09:05:30", "True"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1251 " + "Плата".encode("cp1251") + b"}", "Плата"),
        (r"{\rtf1\ansi Grüße 😀}".encode(), "Grüße 😀"),
        (rb"{\rtf1\ansi Party \u-10179?\u-8704? here}", "Party 😀 here"),
        (rb"{\rtf1 Keep {\deleted gone} this}", "Keep  this"),
        (rb"{\rtf1 Keep {\rtlch\fcs1 \af0 \ltrch\fcs0 \deleted\insrsid7 gone} this}", "Keep  this"),
        (rb"{\rtf1 Keep {\rtlch\fcs1 \af0 \v\insrsid7 gone} this}", "Keep  this"),
        (rb"{\rtf1\ansi\v gone\v0 kept}", "kept"),
    ],
)
def test_rich_text_is_read_as_word_and_others_write_it(
    tmp_path: Path, source: bytes, text: str
) -> None:
    assert read(tmp_path, Kind.RTF, source).text == text


PAGE = "<html><body><p>Only page.</p></body></html>"


@pytest.mark.parametrize(
    "package",
    [
        # Without a spine, and with tags that are not closed
        '<package><manifest><item id="a" href="a%20b.xhtml"/></manifest></package>',
        '<package><manifest><item id="a" href="a%20b.xhtml"/></manifest><spine><itemref idref="a">',
    ],
)
def test_a_book_is_read_though_its_list_is_broken(tmp_path: Path, package: str) -> None:
    content = book(**{"O/b.opf": package, "O/a b.xhtml": PAGE})
    assert read(tmp_path, Kind.EPUB, content).texts == ["Only page."]


def test_a_cell_without_a_text_has_its_value(tmp_path: Path) -> None:
    cells = (
        "<table:table-cell><text:p>Nut</text:p></table:table-cell>"
        '<table:table-cell office:value-type="float" office:value="3"/>'
    )
    table = f"<table:table><table:table-row>{cells}</table:table-row></table:table>"
    assert read(tmp_path, Kind.ODS, odf("spreadsheet", table)).text == "Nut; 3"


def test_a_count_of_spaces_that_is_none_is_one(tmp_path: Path) -> None:
    body = '<text:p>a<text:s text:c="many"/>b</text:p>'
    assert read(tmp_path, Kind.ODT, odf("text", body)).text == "a b"


def test_a_carriage_return_alone_ends_a_line(tmp_path: Path) -> None:
    assert read(tmp_path, Kind.TEXT, b"one\rtwo\r\rthree\r").text == "one\ntwo\n\nthree"


@pytest.mark.parametrize("text", ["It runs.\0\0\nIt stops and runs again, über Nacht.\n" * 3])
def test_a_few_zeros_make_no_other_encoding_of_a_text(tmp_path: Path, text: str) -> None:
    head = text.encode()
    assert detect(head, "server.log") is Kind.TEXT
    # A chunk may begin and end inside a character.
    assert not is_binary(head[head.index(b"\xbc") : head.rindex(b"\xbc")], head)
    found = read(tmp_path, Kind.TEXT, text).text
    assert found.replace("\ufffd", "\0") == text.strip()


def test_many_zeros_are_no_text() -> None:
    assert is_binary(b"text" + bytes(20), b"text")
