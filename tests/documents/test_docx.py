"""What Word documents hold beside plain paragraphs: boxes, tables, notes, titles, hidden text."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_chat.documents.formats import Block
from quart_chat.documents.formats.office.docx import reader as docx
from quart_chat.errors import MalformedFile, OversizedContent
from tests.documents import made
from tests.examples import examples


def read(tmp_path: Path, body: str, **parts: str) -> list[Block]:
    path = tmp_path / "file.docx"
    path.write_bytes(made.word_document(body, **parts))
    docx.check(path)
    return [block for block in docx.read(path) if isinstance(block, Block)]


def texts(tmp_path: Path, body: str, **parts: str) -> list[str]:
    return [block.text for block in read(tmp_path, body, **parts)]


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def paragraph(*runs: str, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{''.join(runs)}</w:p>"


def box(content: str, fallback: str | None = None) -> str:
    """A text box as Word writes it: as a shape, and again for programs that know no shapes."""
    other = content if fallback is None else fallback
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><wps:txbx><w:txbxContent>'
        f"{content}</w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><w:pict><v:textbox>"
        f"<w:txbxContent>{other}</w:txbxContent></v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


def table(*rows: str, look: str = "") -> str:
    return f"<w:tbl><w:tblPr>{look}</w:tblPr>{''.join(rows)}</w:tbl>"


def row(*cells: str, properties: str = "") -> str:
    content = "".join(
        f"<w:tc>{cell if cell.startswith('<') else paragraph(run(cell))}</w:tc>" for cell in cells
    )
    return f"<w:tr><w:trPr>{properties}</w:trPr>{content}</w:tr>"


def note(kind: str, number: int, *paragraphs: str) -> str:
    return f'<w:{kind} w:id="{number}">{"".join(paragraphs)}</w:{kind}>'


def style(identifier: str, name: str, *, base: str = "", properties: str = "") -> str:
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return (
        f'<w:style w:styleId="{identifier}"><w:name w:val="{name}"/>{based}{properties}</w:style>'
    )


def test_a_text_box_is_read_once_and_leaves_the_paragraph_around_it_whole(tmp_path: Path) -> None:
    body = paragraph(run("Before "), box(paragraph(run("boxed"))), run("after"))
    assert texts(tmp_path, body) == ["boxed", "Before after"]


def lines_of(*lines: str) -> str:
    return "".join(paragraph(run(line)) for line in lines)


def test_headers_and_footers_are_kept_once_without_the_numbers_of_pages(tmp_path: Path) -> None:
    parts = {
        "header1": lines_of("Brandt & Sohn", "Aktenzeichen 12/345", "- 1 -"),
        "header2": lines_of("Aktenzeichen 12/345", "Seite 2 von 5"),
        "footer1": lines_of("IBAN DE00 1234", "Page 1"),
        "footer10": lines_of("IBAN DE00 1234", "Brandt & Sohn"),
    }
    escaped = {name: part.replace("&", "&amp;") for name, part in parts.items()}
    body = paragraph(run("Dear Ms Lind,"))
    assert texts(tmp_path, body, **escaped) == [
        *("Brandt & Sohn", "Aktenzeichen 12/345"),
        *("Dear Ms Lind,", "IBAN DE00 1234"),
    ]


def test_a_header_that_is_a_table_is_read_as_its_rows(tmp_path: Path) -> None:
    letterhead = table(row("Brandt GmbH", "Gartenstr. 12"))
    (head, _) = texts(tmp_path, paragraph(run("Text")), header1=letterhead)
    assert "Brandt GmbH" in head
    assert "Gartenstr. 12" in head


def test_a_text_box_that_only_its_older_form_holds_is_read(tmp_path: Path) -> None:
    body = paragraph(box("", fallback=paragraph(run("old"))), run("after"))
    assert texts(tmp_path, body) == ["old", "after"]


def test_a_text_box_within_a_cell_and_a_table_within_a_box_are_read_once(tmp_path: Path) -> None:
    inner = table(row("a", "b"))
    body = table(row(paragraph(box(paragraph(run("boxed"))), run("cell")), "next"))
    assert texts(tmp_path, body + paragraph(box(inner), run("end"))) == [
        "boxed cell; next",
        "a; b",
        "end",
    ]


def test_a_row_is_a_line_whose_cells_are_named_by_the_first_row(tmp_path: Path) -> None:
    body = table(row("Item", "Price", "Stock"), row("A-nut", "3", "5"), row("B-nut", "4 €", ""))
    assert texts(tmp_path, body) == ["Item: A-nut; Price: 3; Stock: 5", "Item: B-nut; Price: 4 €"]


@pytest.mark.parametrize(
    ("rows", "look", "expected"),
    [
        (["Ann|cook|Bonn", "Ben|judge|Kiel"], "", ["Ann; cook; Bonn", "Ben; judge; Kiel"]),
        (
            ["Name|Work|Place", "Ben|judge|Kiel"],
            '<w:tblLook w:val="04A0"/>',
            ["Name: Ben; Work: judge; Place: Kiel"],
        ),
        (
            ["Name|Work|Place", "Ben|judge|Kiel"],
            '<w:tblLook w:firstRow="0" w:val="04A0"/>',
            ["Name; Work; Place", "Ben; judge; Kiel"],
        ),
        (["Nut|3|5", "Bolt|4|6"], "", ["Nut; 3; 5", "Bolt; 4; 6"]),
        (["Name|Ann", "Phone|123"], "", ["Name; Ann", "Phone; 123"]),
        (["|2023|2024", "Rent|10|12"], "", ["Rent; 2023: 10; 2024: 12"]),
        (["A|B|C", "1|2|3", "4|5"], "", ["A: 1; B: 2; C: 3", "4; 5"]),
        (["A|A|C", "1|2|3"], "", ["A; A; C", "1; 2; 3"]),
        (["A|B|C"], "", ["A; B; C"]),
        (["||", "||"], "", []),
    ],
)
def test_only_what_names_columns_is_put_before_cells(
    tmp_path: Path, rows: list[str], look: str, expected: list[str]
) -> None:
    body = table(*(row(*cells.split("|")) for cells in rows), look=look)
    assert texts(tmp_path, body) == expected


def test_a_cell_of_several_columns_takes_their_places(tmp_path: Path) -> None:
    def wide(text: str, columns: int) -> str:
        return f'<w:tcPr><w:gridSpan w:val="{columns}"/></w:tcPr>{paragraph(run(text))}'

    names, nut = row("Item", "Price", "Stock"), row("A-nut", "3", "5")
    body = table(row(wide("Prices", 3)), names, row(wide("Nuts", 3)), nut, row(wide("All", 2), "7"))
    assert texts(tmp_path, body) == [
        *("Prices", "Nuts", "Item: A-nut; Price: 3; Stock: 5", "Item: All; Stock: 7"),
    ]


def test_a_formula_is_text(tmp_path: Path) -> None:
    maths = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    formula = f'<m:oMath xmlns:m="{maths}"><m:r><m:t>E=mc²</m:t></m:r></m:oMath>'
    assert texts(tmp_path, paragraph(run("So "), formula)) == ["So E=mc²"]


@pytest.mark.parametrize("name", ["word/document2.xml", "word\\document.xml"])
def test_the_main_part_may_be_called_otherwise(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(made.word_document(paragraph(run("text"))))) as archive:
        xml = archive.read("word/document.xml")
    (tmp_path / "file.docx").write_bytes(made.word_archive(xml, name))
    docx.check(tmp_path / "file.docx")
    assert Block("text") in list(docx.read(tmp_path / "file.docx"))


@pytest.mark.parametrize("name", ["Titolo1", "Título 1", "Rubrik1", "Nagwek1", "见出し1", "标题 1"])
def test_headings_are_known_in_other_languages(tmp_path: Path, name: str) -> None:
    body = paragraph(run("Part"), style=name) + paragraph(run("text"))
    expected = () if name == "见出し1" else ("Part",)
    assert read(tmp_path, body)[-1] == Block("text", expected)


def test_a_row_that_says_so_names_two_columns(tmp_path: Path) -> None:
    body = table(row("Name", "Room", properties="<w:tblHeader/>"), row("Ann", "12"))
    assert texts(tmp_path, body) == ["Name: Ann; Room: 12"]


def test_a_cell_may_hold_paragraphs_tables_and_what_stands_above(tmp_path: Path) -> None:
    merged = f"<w:tcPr><w:vMerge/></w:tcPr>{paragraph()}"
    body = table(
        row("Kind", "Item", "Price"),
        row("Nuts", paragraph(run("A-nut,")) + paragraph(run("small")), "3"),
        row(merged, table(row("B-nut", "large")), "4"),
    )
    assert texts(tmp_path, body) == [
        "Kind: Nuts; Item: A-nut, small; Price: 3",
        "Kind: Nuts; Item: B-nut; large; Price: 4",
    ]


def test_a_frame_of_one_cell_keeps_its_paragraphs(tmp_path: Path) -> None:
    body = table(row(paragraph(run("One.")) + paragraph(run("Two."))))
    assert texts(tmp_path, body) == ["One.", "Two."]


def test_notes_stand_below_the_paragraph_that_leads_to_them(tmp_path: Path) -> None:
    body = (
        paragraph(run("A"), '<w:r><w:footnoteReference w:id="2"/></w:r>', style="Heading1")
        + paragraph(run("One."), '<w:r><w:endnoteReference w:id="2"/></w:r>')
        + table(row(paragraph(run("cell"), '<w:r><w:footnoteReference w:id="3"/></w:r>'), "next"))
        + paragraph(run("Two."))
    )
    footnotes = (
        '<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        + note("footnote", 2, paragraph(run("First")), paragraph(run("note.")))
        + note("footnote", 3, paragraph(run("noted")))
        + note("footnote", 4, paragraph(run("Nothing leads here.")))
    )
    endnotes = note("endnote", 2, paragraph(run("At the end.")))
    assert read(tmp_path, body, footnotes=footnotes, endnotes=endnotes) == [
        *(Block(text, ("A",)) for text in ("First", "note.", "One.", "At the end.")),
        *(Block(text, ("A",)) for text in ("cell noted; next", "Two.")),
        Block("Nothing leads here."),
    ]


def test_a_title_stands_above_all_headings(tmp_path: Path) -> None:
    body = (
        paragraph(run("Lease"), style="Title")
        + paragraph(run("Flat"), style="Subtitle")
        + paragraph(run("Notice"), style="Heading1")
        + paragraph(run("Three months."))
    )
    assert read(tmp_path, body) == [
        Block("Flat", ("Lease",)),
        Block("Three months.", ("Lease", "Notice")),
    ]


def test_headings_that_no_text_follows_are_text(tmp_path: Path) -> None:
    body = "".join(
        paragraph(run(text), style=name)
        for text, name in [("Lease", "Title"), ("A", "Heading1"), ("B", "Heading1"), ("one", "")]
    )
    assert read(tmp_path, body) == [Block("A", ("Lease",)), Block("one", ("Lease", "B"))]
    assert texts(tmp_path, paragraph(run("Alone"), style="Title")) == ["Alone"]


def test_styles_are_known_by_what_they_are_based_on_and_not_by_their_identifiers(
    tmp_path: Path,
) -> None:
    styles = (
        style("a3", "Title")
        + style("1", "heading 1")
        + style("Chapter", "My chapter", base="1")
        + style("Outlined", "My part", properties='<w:pPr><w:outlineLvl w:val="1"/></w:pPr>')
        + style("Circle", "My circle", base="Circle")
    )
    names = ["a3", "Chapter", "Outlined", "Circle"]
    body = "".join(paragraph(run(name), style=name) for name in names)
    assert read(tmp_path, body, styles=styles) == [Block("Circle", ("a3", "Chapter", "Outlined"))]


@pytest.mark.parametrize(
    ("properties", "is_shown"),
    [
        ("<w:vanish/>", False),
        ('<w:vanish w:val="true"/>', False),
        ('<w:vanish w:val="0"/>', True),
        ('<w:rStyle w:val="Secret"/>', False),
        ('<w:rStyle w:val="Secret"/><w:vanish w:val="false"/>', True),
        ("<w:webHidden/>", True),
        ("<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>", True),
    ],
)
def test_hidden_text_is_left_out(tmp_path: Path, properties: str, is_shown: bool) -> None:
    styles = style("Secret", "Secret", properties="<w:rPr><w:vanish/></w:rPr>")
    body = paragraph(run("shown"), run(" hidden", properties))
    assert texts(tmp_path, body, styles=styles) == ["shown hidden" if is_shown else "shown"]


def test_a_paragraph_may_be_hidden_by_its_style_and_not_by_its_mark(tmp_path: Path) -> None:
    styles = style("Secret", "Secret", properties="<w:rPr><w:vanish/></w:rPr>")
    noted = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    body = paragraph(
        run("hidden"), box(paragraph(run("boxed"))), noted, style="Secret"
    ) + paragraph(run("shown"), properties="<w:rPr><w:vanish/></w:rPr>")
    footnotes = note("footnote", 1, paragraph(run("of what is hidden")))
    assert texts(tmp_path, body, styles=styles, footnotes=footnotes) == ["shown"]


def test_what_was_moved_or_formatted_otherwise_before_is_left_out(tmp_path: Path) -> None:
    change = '<w:pPrChange><w:pPr><w:pStyle w:val="Heading1"/></w:pPr></w:pPrChange>'
    tabs = '<w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs>'
    body = paragraph(
        f"<w:moveFrom>{run('moved')}</w:moveFrom>", run("here"), properties=tabs + change
    )
    assert read(tmp_path, body) == [Block("here")]


def test_notes_and_styles_count_towards_what_may_be_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docx, "MAX_XML", 10_000)
    with pytest.raises(OversizedContent):
        read(tmp_path, paragraph(run("a")), footnotes=" " * 6000, endnotes=" " * 6000)


@pytest.mark.parametrize("part", ["styles", "footnotes"])
def test_a_damaged_part_is_said_before_the_document_is_taken(tmp_path: Path, part: str) -> None:
    with pytest.raises(MalformedFile):
        read(tmp_path, paragraph(run("a")), **{part: "<w:broken>"})


# A document of any nesting: each piece is a kind and what is within it.
pieces = st.recursive(
    st.sampled_from(["shown", "hidden"]),
    lambda inner: st.tuples(
        st.sampled_from(["box", "table", "moved"]), st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(pieces, max_size=6))
def test_all_that_is_shown_is_read_once_and_nothing_else(tree: list[object]) -> None:
    counter = itertools.count()
    shown: list[str] = []

    def written(piece: object, *, is_shown: bool) -> str:
        if isinstance(piece, str):
            word = f"x{next(counter)}x"
            if is_shown and piece == "shown":
                shown.append(word)
            return paragraph(run(word, "<w:vanish/>" if piece == "hidden" else ""))
        assert isinstance(piece, tuple)
        kind, children = piece
        content = [written(child, is_shown=is_shown and kind != "moved") for child in children]
        if kind == "table":
            return table(row(*content))
        if kind == "moved":
            return f"<w:moveFrom>{''.join(content)}</w:moveFrom>"
        return paragraph(box("".join(content)))

    body = "".join(written(piece, is_shown=True) for piece in tree)
    with TemporaryDirectory() as folder:
        text = " ".join(texts(Path(folder), body))
    assert {word: text.count(word) for word in shown} == dict.fromkeys(shown, 1)
    assert text.count("x") == 2 * len(shown)
