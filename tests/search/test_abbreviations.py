"""Words and their abbreviations stand for each other."""

from __future__ import annotations

import pytest

from quart_chat.search.abbreviations import other_forms, spell_out


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("max", "maximum"),
        ("maximum", "max"),
        ("avg", "average"),
        ("tel", "telefon"),
        ("adresse", "adr"),
        ("kundennummer", "kundennr"),
        ("rechnungsnr", "rechnungsnummer"),
        ("projektleiterin", "projektleitung"),
    ],
)
def test_an_abbreviation_stands_for_its_word(word: str, other: str) -> None:
    assert other in other_forms(word)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("Order No.: 4711", "Order number  4711"),
        ("Room no. 5", "Room number 5"),
        ("What is the order no?", "What is the order number ?"),
        ("bake for 20 min.", "bake for 20 minutes"),
        ("There is no key.", "There is no key."),
        ("No. I don't.", "No. I don't."),
    ],
)
def test_what_reads_as_another_word_is_spelled_out(text: str, spelled: str) -> None:
    assert spell_out(text) == spelled
