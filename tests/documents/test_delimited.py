"""CSV: a row a passage, in which each value has the name of its column."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.documents.formats.rows import label
from quart_chat.documents.models import Kind
from tests.documents.reading import read

NUTS = ["Item: A-nut; Price: 3; Stock: 5", "Item: B-nut; Price: 4; Stock: 6"]


@pytest.mark.parametrize(
    "content",
    [
        "Item,Price,Stock\nA-nut,3,5\nB-nut,4,6\n",
        "Item;Price;Stock\nA-nut;3;5\nB-nut;4;6",
        "sep=;\nItem;Price;Stock\nA-nut;3;5\nB-nut;4;6\n",
        "sep=|\r\nItem|Price|Stock\r\nA-nut|3|5\r\nB-nut|4|6\r\n",
        "\ufeffsep=,\r\nItem,Price,Stock\r\nA-nut,3,5\r\nB-nut,4,6\r\n",
        "SEP=\t\nItem\tPrice\tStock\nA-nut\t3\t5\nB-nut\t4\t6\n",
        "Item\tPrice\tStock\rA-nut\t3\t5\rB-nut\t4\t6\r",
        "Item|Price|Stock\nA-nut|3|5\n\n\nB-nut|4|6\n",
        '\ufeff"Item","Price","Stock"\n"A-nut","3","5"\n"B-nut","4","6"\n',
        'Item,Price,Stock\n"A\n-nut",3,5\n'.replace("A\n-", "A-") + '"B-nut","4\n",6\n',
        "Item,Price,Stock,\nA-nut,3,5,\nB-nut,4,6,\n",
        "sep = ;\nItem;Price;Stock\nA-nut;3;5\nB-nut;4;6\n",
        "\n\nsep=;\n\nItem;Price;Stock\nA-nut;3;5\nB-nut;4;6\n",
        'Item, "Price", Stock\nA-nut, 3, 5\nB-nut, "4", 6\n',
    ],
    ids=[
        *("commas", "semicolons", "sep", "sep with bars", "mark and sep", "tabs and sep"),
        *("tabs and old ends", "bars and blank lines", "mark and quotes", "a line break", "ends"),
        *("sep with blanks", "blank lines and sep", "blanks before quotes"),
    ],
)
def test_each_row_is_a_passage_with_its_headings(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, Kind.CSV, content).texts == NUTS


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('Item;Note\nA-nut;"two\nlines; yes"\nB-nut;x\n', ["Item: A-nut; Note: two lines; yes"]),
        ('Item,Note\nA-nut,"say ""five"""\n', ['Item: A-nut; Note: say "five"']),
        ('Item|Price\nBolt 5"|3\n', ['Item: Bolt 5"; Price: 3']),
        ("Price list 2024\n\nItem,Price\nA-nut,3\n", ["Price list 2024", "Item: A-nut; Price: 3"]),
        (",name,price\n0,nut,3\n", ["0; name: nut; price: 3"]),
        ("Item;2023;2024\nA-nut;3;4\n", ["Item: A-nut; 2023: 3; 2024: 4"]),
        ("name;text\nAda;a, b, c\nBob;d, e\n", ["name: Ada; text: a, b, c"]),
        ("Item,Price\nA-nut,\n,4\n", ["Item: A-nut", "Price: 4"]),
        ("Item,Price\nA-nut,3,extra\n", ["Item: A-nut; Price: 3; extra"]),
        ("Item,Price\n", ["Item; Price"]),
        ("Nuts\nof 2024\nItem,Price\nA-nut,3\n", ["Nuts", "of 2024", "Item: A-nut; Price: 3"]),
        ("Item,Price,Price\nA-nut,3,5\n", ["Item: A-nut; Price: 3; Price: 5"]),
        ("Region;2024-01;02/2024\nNorth;5;6\n", ["Region: North; 2024-01: 5; 02/2024: 6"]),
        ('Item,Code\nA-nut,="007"\n', ["Item: A-nut; Code: 007"]),
    ],
)
def test_cells_are_read_as_spreadsheets_write_them(
    tmp_path: Path, content: str, texts: list[str]
) -> None:
    assert read(tmp_path, Kind.CSV, content).texts[: len(texts)] == texts


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("2024-01-01,Rent,500\n2024-02-01,Rent,500\n", ["2024-01-01; Rent; 500"]),
        ("1,2\n3,4\n", ["1; 2", "3; 4"]),
        ("x" * 300 + "\n1,2\n", ["x" * 300, "1; 2"]),
        ("one\ntwo\n", ["one", "two"]),
    ],
)
def test_a_table_without_names_has_rows_alone(
    tmp_path: Path, content: str, texts: list[str]
) -> None:
    assert read(tmp_path, Kind.CSV, content).texts[: len(texts)] == texts


def test_a_quotation_mark_that_nothing_closes_swallows_no_other_row(tmp_path: Path) -> None:
    rows = "".join(f"nut {number};{number}\n" for number in range(500))
    texts = read(tmp_path, Kind.CSV, f'Item;Price\n"open;1\n{rows}').texts
    assert texts[0] == 'Item: "open; Price: 1'
    assert texts[-1] == "Item: nut 499; Price: 499"
    assert len(texts) == 501


def test_a_huge_cell_is_cut_into_passages(tmp_path: Path) -> None:
    found = read(tmp_path, Kind.CSV, f"Item,Note\nnut,{'word ' * 40_000}\n")
    assert found.failure is None
    assert len(found.pieces) > 100


@given(st.lists(st.lists(st.text(max_size=9), max_size=5), max_size=6))
def test_no_value_of_a_table_is_lost(rows: list[list[str]]) -> None:
    text = "".join("".join(line.split()) for line in label(rows))
    for row in rows:
        for cell in row:
            # The names of columns lose a colon at their end.
            assert "".join(cell.split()).rstrip(":") in text or len(rows) > 1
