"""A passage is cut into what can answer by itself, and nothing of it is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.search.ranking.units import cut_units

TEXTS = st.text(alphabet="aB1 \n\r.!?:|-#`~*_()\"'\u3002", max_size=200)


def cut(text: str, form: str = "markdown") -> list[tuple[str, str]]:
    return [(unit.kind, text[unit.start : unit.end]) for unit in cut_units(text, form)]


@given(TEXTS, st.sampled_from(["markdown", "plain", "code"]))
def test_units_follow_each_other_and_hold_all_words(text: str, form: str) -> None:
    units = cut_units(text, form)
    heads = "".join({text[slice(*unit.head)] for unit in units if unit.kind == "row"})
    told = "".join(text[unit.start : unit.end] for unit in units) + heads
    assert all(a.end <= b.start for a, b in pairwise(units))
    letters = [char for char in text if char.isalnum()]
    # The head of a table without rows is the only thing that no unit has.
    if "|" not in text:
        assert sorted(char for char in told if char.isalnum()) == sorted(letters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One is. Two is!", ["One is.", "Two is!"]),
        ("Mr. Doyle has it. Call him.", ["Mr. Doyle has it.", "Call him."]),
        ("Am 3. Mai um 5 Uhr. Danach nicht.", ["Am 3. Mai um 5 Uhr.", "Danach nicht."]),
        ("It began in 2025. It ends.", ["It began in 2025.", "It ends."]),
        ("Dauer: 5 Std. bei Eco. Ende.", ["Dauer: 5 Std. bei Eco.", "Ende."]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("一句。二句。", ["一句。", "二句。"]),
        ("It goes on\nin the next line. End.", ["It goes on\nin the next line.", "End."]),
        ("Name: Ada\nBorn: 1815", ["Name: Ada", "Born: 1815"]),
    ],
)
def test_a_paragraph_is_cut_into_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == [("sentence", sentence) for sentence in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Die Nachbarn treffen sich im Garten hinter dem\nHaus am ersten Mai um zehn. Ende.",
            [
                "Die Nachbarn treffen sich im Garten hinter dem\nHaus am ersten Mai um zehn.",
                "Ende.",
            ],
        ),
        (
            "Der Schlüssel liegt beim Nachbarn im ersten Stock\nHaustür\nEine lange Zeile, die"
            " bis weit über den Rand der anderen reicht",
            [
                "Der Schlüssel liegt beim Nachbarn im ersten Stock",
                "Haustür",
                "Eine lange Zeile, die bis weit über den Rand der anderen reicht",
            ],
        ),
    ],
)
def test_a_full_line_of_a_text_goes_on_in_the_next(text: str, expected: list[str]) -> None:
    assert cut(text, "plain") == [("sentence", sentence) for sentence in expected]


def test_a_row_goes_with_the_head_of_its_table() -> None:
    text = "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |"
    first, second = cut_units(text, "markdown")
    assert (first.kind, text[first.start : first.end]) == ("row", "| 1 | 2 |")
    assert text[slice(*second.head)] == "| a | b |\n| --- | --- |"


def test_what_announces_a_list_or_a_listing_goes_with_it() -> None:
    text = "Do this:\n\n- one\n- two\n\nRun:\n\n```sh\nls\n```"
    units = cut_units(text, "markdown")
    assert [unit.kind for unit in units] == ["sentence", "item", "item", "sentence", "code"]
    assert text[slice(*units[2].head)] == "Do this:"
    assert text[slice(*units[4].head)] == "Run:"
