"""Names are made safe, whether they come with a file or from a person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.documents.models import Kind
from quart_chat.documents.names import MAX_NAME, check_name, clean_name, file_name
from quart_chat.errors import InvalidInput
from tests.documents.waiting import new_document


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\notes.txt", "notes.txt"),
        ("..hidden", "hidden"),
        ("two\nlines\t.md", "two lines .md"),
        ("gpj\u202efdp.exe", "gpjfdp.exe"),
        ("nul\0.txt", "nul.txt"),
        ("Gro\u0308ße.txt", "Größe.txt"),
        ("", "document"),
        ("/", "document"),
        ("\u200d", "document"),
    ],
)
def test_a_name_is_its_last_part_without_what_can_not_be_seen(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@given(st.text())
def test_any_name_becomes_a_short_line_that_leads_nowhere(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= MAX_NAME
    assert all(
        unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
        for char in re.sub("[\u200c\u200d]", "", cleaned)
    )
    assert "/" not in cleaned
    assert clean_name(cleaned) == cleaned


def test_a_long_name_keeps_its_ending() -> None:
    for times in (100, 1000):
        assert clean_name("long " * times + ".pdf").endswith("….pdf")


def test_accents_are_put_in_order_in_a_short_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes time by the square of their number."""
    normalize, lengths = unicodedata.normalize, []

    def recording(form: Literal["NFC"], text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", recording)
    assert clean_name("a" + "\u0315" * 2000 + "\u0300" * 2000 + ".txt").endswith("….txt")
    assert max(lengths) <= 1000


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Lease 2024/25", "Lease 2024/25"),
        ("  two\nlines ", "two lines"),
        ("Gro\u0308ße", "Größe"),
        ("gpj\u202efdp.exe", "gpjfdp.exe"),
        (".env", ".env"),
        ("契約書 📄", "契約書 📄"),
        ("می\u200cخواهم 👩\u200d🔬", "می\u200cخواهم 👩\u200d🔬"),
        # Of a later Unicode than Python's.
        ("\U0007278c", "\U0007278c"),
        ("x" * MAX_NAME, "x" * MAX_NAME),
    ],
)
def test_a_person_names_a_document_as_they_like(name: str, kept: str) -> None:
    assert check_name(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \n",
        "\u200b",
        "\u200d",
        "\u3164",
        "\0",
        "x" * (MAX_NAME + 1),
        "a" * 5000,
        None,
        5,
        ["a"],
    ],
)
def test_what_can_not_be_a_name_is_refused(name: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^name: "):
        check_name(name)


@pytest.mark.parametrize(
    ("name", "kind", "file"),
    [
        ("lease.pdf", Kind.PDF, "lease.pdf"),
        ("Lease of the flat", Kind.PDF, "Lease of the flat.pdf"),
        ("Version 2.0", Kind.DOCX, "Version 2.0.docx"),
        ("page", Kind.HTML, "page.html"),
        ("Makefile", Kind.TEXT, "Makefile"),
        ("Lease 2024/25", Kind.ODT, "Lease 2024_25.odt"),
        ("..", Kind.EML, "document.eml"),
        ("C:\\x", Kind.CSV, "C__x.csv"),
    ],
)
def test_the_file_of_a_document_is_called_like_it_with_the_suffix_of_its_kind(
    name: str, kind: Kind, file: str
) -> None:
    assert file_name(replace(new_document("ada", name), kind=kind)) == file
