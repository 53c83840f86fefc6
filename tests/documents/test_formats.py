"""What each format gives: blocks of text under their headings, and a refusal of what is broken."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from quart_chat.documents.formats.markdown import reader as markdown
from quart_chat.documents.formats.office.docx import reader as docx
from quart_chat.documents.formats.pdf import reader as pdf
from quart_chat.documents.messages import Advanced, Failed, Finished, Message, Piece, Vocabulary
from quart_chat.documents.models import Kind
from quart_chat.documents.reading import worker as reader
from tests.documents import made

LONG = "A sentence that is neither short nor long, number {}. "


def read(tmp_path: Path, kind: Kind, content: bytes | str) -> list[Piece]:
    """The passages of a file."""
    sent = run(tmp_path, kind, content)
    assert not isinstance(sent[-1], Failed), sent[-1]
    return [piece for message in sent if isinstance(message, Advanced) for piece in message.pieces]


def run(tmp_path: Path, kind: Kind, content: bytes | str, task: str = "read") -> list[Message]:
    path = tmp_path / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    sent: list[Message] = []
    reader.run(task, kind, path, sent.append)
    return sent


def failure(tmp_path: Path, kind: Kind, content: bytes | str, task: str = "read") -> str:
    last = run(tmp_path, kind, content, task)[-1]
    assert isinstance(last, Failed)
    return last.code


def test_paragraphs_of_a_text_are_joined_to_passages(tmp_path: Path) -> None:
    pieces = read(tmp_path, Kind.TEXT, "One\nline.\n\n\nTwo.\n\n" + LONG.format(1) * 30)
    assert pieces[0].text == "One\nline.\n\nTwo."
    assert {piece.form for piece in pieces} == {"plain"}
    assert all(len(piece.text) <= 1200 for piece in pieces)
    assert "".join(piece.text for piece in pieces[1:]) == (LONG.format(1) * 30)


@pytest.mark.parametrize(
    "content",
    [
        "Größe",
        codecs.BOM_UTF8 + "Größe".encode(),
        "Größe".encode("cp1252"),
        "Größe".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Größe".encode("utf-16-be"),
    ],
    ids=["utf-8", "with a mark", "cp1252", "utf-16", "big endian"],
)
def test_a_text_may_have_any_usual_encoding(tmp_path: Path, content: bytes | str) -> None:
    assert [piece.text for piece in read(tmp_path, Kind.TEXT, content)] == ["Größe"]


def test_a_text_without_a_line_end_is_cut_after_sentences(tmp_path: Path) -> None:
    pieces = read(tmp_path, Kind.TEXT, "".join(LONG.format(n) for n in range(1000)))
    assert all(piece.text.endswith(". ") for piece in pieces)


def test_code_keeps_its_indentation(tmp_path: Path) -> None:
    code = "def kiwi():\n    return 1\n\n\n    # more\n"
    (piece,) = read(tmp_path, Kind.CODE, code)
    assert piece.text == "def kiwi():\n    return 1\n\n    # more"


@pytest.mark.parametrize(
    "content",
    [
        "---\ntitle: Notes\nauthor: Ada\n---\n# A\n\nText.",
        "---\r\ntitle: Notes\r\nauthor: Ada\r\n...\r\n# A\r\n\r\nText.",
        '+++\ntitle = "Notes"\nauthor = "Ada"\n+++\n\n# A\n\nText.',
        "---\ntitle: Notes\nauthor: Ada\n\n# B\n\nb: |\n  C\n\n  D\n\n'e': f\n\n---\n# A\n\nText.",
    ],
    ids=["yaml", "dots", "toml", "blank lines"],
)
def test_what_stands_before_the_text_of_markdown_is_no_heading(
    tmp_path: Path, content: str
) -> None:
    front, text = read(tmp_path, Kind.MARKDOWN, content)
    assert (front.headings, front.form, text.headings, text.text) == ((), "plain", ("A",), "Text.")
    assert front.text.splitlines()[0].startswith("title")
    assert "Ada" in front.text.splitlines()[1]


@pytest.mark.parametrize(
    "content",
    [
        "---\n# Made by hand\ntitle: A\n---\nText.",
        '---\n"the title": A\n---\nText.',
        "---\n# One\r\n# Two\r\n'title' : A\n---\nText.",
        '+++\n# Made by hand\n"the title" = "A"\n+++\nText.',
    ],
)
def test_it_may_begin_with_a_comment_or_a_key_in_quotes(tmp_path: Path, content: str) -> None:
    front, text = read(tmp_path, Kind.MARKDOWN, content)
    assert (front.form, text.form, text.text) == ("plain", "markdown", "Text.")


@pytest.mark.parametrize(
    "content",
    [
        "---\n\nOne.\n\n---\n\nTwo.",
        "---\nNote: this is prose.\n\nOne.\n\n---\n",
        "---\r\nNote: this is prose.\r\n \r\n\r\nOne.\r\n\r\n---\r\n",
    ],
)
def test_a_rule_at_the_beginning_of_markdown_is_a_rule(tmp_path: Path, content: str) -> None:
    pieces = read(tmp_path, Kind.MARKDOWN, content)
    assert {piece.form for piece in pieces} == {"markdown"}
    assert "One." in pieces[0].text


def test_a_heading_below_a_rule_is_a_heading(tmp_path: Path) -> None:
    rule, text = read(tmp_path, Kind.MARKDOWN, "---\n# One: a heading\n\nTwo: 2.\n\n---\n")
    assert (rule.form, rule.text) == ("markdown", "---")
    assert (text.form, text.headings) == ("markdown", ("One: a heading",))


def test_colours_of_a_terminal_are_left_out(tmp_path: Path) -> None:
    log = "\x1b[1;31mError\x1b[0m: disk \x1b[Kfull\x1b]0;title\x07\n"
    assert [piece.text for piece in read(tmp_path, Kind.TEXT, log)] == ["Error: disk full"]


def test_markdown_is_cut_below_its_headings(tmp_path: Path) -> None:
    pieces = read(
        tmp_path, Kind.MARKDOWN, "Before.\n\n# A\n\nOne.\n\n## B\n\nTwo.\n\n# C\n\nThree."
    )
    assert [(piece.headings, piece.text) for piece in pieces] == [
        ((), "Before."),
        (("A",), "One."),
        (("A", "B"), "Two."),
        (("C",), "Three."),
    ]


def test_a_long_markdown_file_is_read_in_parts_that_keep_their_headings(tmp_path: Path) -> None:
    section = "## Section {}\n\n" + LONG.format("one") * 60 + "\n\n"
    text = "# Book\n\n" + "".join(section.format(n) for n in range(40))
    pieces = read(tmp_path, Kind.MARKDOWN, text)
    assert len(text) > 2 * markdown.PART
    assert {piece.headings for piece in pieces} == {("Book", f"Section {n}") for n in range(40)}


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_listing_is_not_torn_by_what_looks_like_a_heading(tmp_path: Path, fence: str) -> None:
    text = (
        "# A\n\n" + "word\n\n" * 10_000 + f"{fence}\n# no heading\n\n```\n\n{fence}\n\n# B\n\nEnd."
    )
    if fence == "```":
        text = text.replace("\n\n```\n\n```", "\n\n```")
    pieces = read(tmp_path, Kind.MARKDOWN, text)
    assert {piece.headings for piece in pieces} == {("A",), ("B",)}


def test_markdown_without_headings_is_cut_at_blank_lines(tmp_path: Path) -> None:
    pieces = read(tmp_path, Kind.MARKDOWN, ("word " * 50 + "\n\n") * 1500)
    assert sum(piece.text.count("word") for piece in pieces) == 75_000


def test_html_gives_its_blocks_below_its_headings(tmp_path: Path) -> None:
    page = """<!doctype html><html><head><title>No</title><style>p{}</style></head>
    <body><h1>Fruit &amp; more</h1><p>Kiwis are   <b>green</b>.<script>var no;</script></p>
    <h2></h2><h2>Plums</h2><ul><li>Blue<li>Red</ul><table><tr><td>a<td>b</tr></table>
    <svg><text>hidden</text></svg></style>End"""
    pieces = read(tmp_path, Kind.HTML, page)
    assert [(piece.headings, piece.text) for piece in pieces] == [
        (("Fruit & more",), "Kiwis are green."),
        (("Fruit & more", "Plums"), "Blue\n\nRed\n\na; b\n\nEnd"),
    ]


def test_a_word_document_gives_its_paragraphs_below_its_headings(tmp_path: Path) -> None:
    pieces = read(
        tmp_path,
        Kind.DOCX,
        made.docx([("Title", "Lease"), ("Heading2", "Notice"), ("", "Three  months."), ("", " ")]),
    )
    assert pieces == [Piece(("Lease", "Notice"), None, "plain", "Three  months.")]


def test_tabs_breaks_and_cells_of_a_word_document_separate_words(tmp_path: Path) -> None:
    xml = (
        '<w:document xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main" xmlns:o="urn:o">'
        '<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>Head</w:t></w:r></w:p>'
        '<w:p><w:pPr><w:outlineLvl w:val="9"/></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/>'
        "<w:t>c</w:t><w:instrText>no</w:instrText><o:t>no</o:t></w:r></w:p>"
        "<w:tc><w:p><w:r><w:t>d</w:t></w:r></w:p></w:tc></w:document>"
    )
    pieces = read(tmp_path, Kind.DOCX, made.word_archive(xml))
    assert [(piece.headings, piece.text) for piece in pieces] == [(("Head",), "a\tb\nc\n\nd")]


def test_a_pdf_gives_its_pages_with_their_numbers(tmp_path: Path) -> None:
    content = made.pdf(["The kiwi is green.\nThe cancel-\nlation is due.", "", "The plum is blue."])
    sent = run(tmp_path, Kind.PDF, content)
    pieces = [piece for m in sent if isinstance(m, Advanced) for piece in m.pieces]
    assert [(piece.page, piece.text) for piece in pieces] == [
        (1, "The kiwi is green.\nThe cancellation is due."),
        (3, "The plum is blue."),
    ]
    assert sent[-1] == Finished(3)


def test_the_words_of_a_document_are_sent_once_each_and_folded(tmp_path: Path) -> None:
    sent = run(tmp_path, Kind.TEXT, "Die Größe, die GRÖSSE und die Größe 12345.")
    (vocabulary,) = (message for message in sent if isinstance(message, Vocabulary))
    assert vocabulary.words == [("grösse", "groesse"), ("größe", "groesse")]


def test_what_no_database_takes_is_replaced(tmp_path: Path) -> None:
    (piece,) = read(tmp_path, Kind.MARKDOWN, "# A\0\n\nKi\0wi")
    assert "\0" not in piece.text + piece.headings[0]


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        (Kind.TEXT, " \n\n\t\n", "empty_file"),
        (Kind.HTML, "<script>var a</script>", "empty_file"),
        (Kind.PDF, made.pdf([""]), "empty_file"),
        (Kind.PDF, made.pdf([]), "malformed_file"),
        (Kind.PDF, b"%PDF-1.7\nnothing of the kind", "malformed_file"),
        (Kind.PDF, made.encrypted_pdf("secret"), "encrypted_file"),
        (Kind.PDF, partial(made.pdf_bomb, 200_000_000), "oversized_content"),
        (Kind.DOCX, made.docx([("", "Whole.")])[:-30], "malformed_file"),
        (Kind.DOCX, made.word_archive("<w:document"), "malformed_file"),
        (Kind.DOCX, made.word_archive("text", "xl/workbook.xml"), "unsupported_file"),
        (Kind.DOCX, made.billion_laughs(), "malformed_file"),
        (Kind.DOCX, partial(made.zip_bomb, 150_000_000), "oversized_content"),
        (Kind.DOCX, partial(made.lying_zip_bomb, 150_000_000), "malformed_file"),
        (Kind.DOCX, made.encrypted_docx(), "encrypted_file"),
    ],
    ids=[
        "blank text",
        "html without text",
        "pdf without text",
        "pdf without pages",
        "malformed pdf",
        "encrypted pdf",
        "pdf bomb",
        "torn docx",
        "malformed docx",
        "another archive",
        "billion laughs",
        "zip bomb",
        "zip bomb that lies",
        "encrypted docx",
    ],
)
def test_what_can_not_be_read_has_a_code(
    tmp_path: Path, kind: Kind, content: bytes | str | Callable[[], bytes], code: str
) -> None:
    # What takes long to make is made only where it is read.
    assert failure(tmp_path, kind, content() if callable(content) else content) == code


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.PDF, made.pdf(["Fine."])),
        (Kind.DOCX, made.docx([("", "Fine.")])),
        (Kind.TEXT, "Fine."),
    ],
)
def test_what_can_be_read_passes_the_check(tmp_path: Path, kind: Kind, content: bytes) -> None:
    assert run(tmp_path, kind, content, "check") == [Finished()]


def test_a_word_document_of_too_many_parts_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docx, "MAX_ENTRIES", 1)
    assert failure(tmp_path, Kind.DOCX, made.docx([("", "a")])) == "oversized_content"


def test_too_much_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_TEXT", 100)
    assert failure(tmp_path, Kind.TEXT, "a b c " * 20) == "oversized_content"


def test_only_so_many_words_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_WORDS", 2)
    sent = run(tmp_path, Kind.CSV, "apple\nmelon\nlemon\n" + "peach\n" * 200)
    (vocabulary,) = (message for message in sent if isinstance(message, Vocabulary))
    assert len(vocabulary.words) == 2


def test_reading_goes_on_in_batches(tmp_path: Path) -> None:
    text = "\n\n".join(LONG.format(n) * 10 for n in range(500))
    sent = [m for m in run(tmp_path, Kind.TEXT, text) if isinstance(m, Advanced)]
    assert len(sent) >= 5
    assert all(len(message.pieces) <= reader.BATCH for message in sent)
    fractions = [message.fraction for message in sent]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.parametrize(
    ("error", "code"),
    [(MemoryError(), "oversized_content"), (KeyError("/Page"), "malformed_file")],
)
def test_whatever_a_library_raises_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(pdf, "read", fail)
    last = run(tmp_path, Kind.PDF, made.pdf(["a"]))[-1]
    assert isinstance(last, Failed)
    assert (last.code, "Page" in last.message) == (code, False)
