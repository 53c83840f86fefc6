"""A word may be another mistyped, inflected or joined; most words are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.search.spelling import edit_distance, suggest, trigrams_of
from quart_chat.search.words import Language

KNOWN = [
    "kündigungsfrist",
    "kiwi",
    "chronometer",
    "kuchen",
    "spielen",
    "frist",
    "harbour",
    "bericht",
]
WORDS = st.text(alphabet="abcd", max_size=8)


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("Kündigunsfrist", ["kündigungsfrist"]),
        ("chronometr", ["chronometer"]),
        ("harbuor", ["harbour"]),
        ("Harbours", ["harbour"]),
        ("suchen", []),
        ("kiwa", []),
        ("Kafka", []),
        ("chrysanthemum", []),
    ],
)
def test_a_slip_is_seen_where_a_word_is_long_enough(word: str, words: list[str]) -> None:
    assert suggest(word, KNOWN, Language.ENGLISH, allow_typos=True) == words


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("Fristen", ["kündigungsfrist", "frist"]),
        ("Kündigung", ["kündigungsfrist"]),
        ("gespielt", ["spielen"]),
        ("Uhr", []),
    ],
)
def test_a_german_word_is_found_in_others(word: str, words: list[str]) -> None:
    assert suggest(word, KNOWN, Language.GERMAN, allow_typos=False) == words


def test_a_word_that_is_known_is_not_mistyped() -> None:
    assert suggest("chronometr", KNOWN, Language.ENGLISH, allow_typos=False) == []


@pytest.mark.parametrize("word", ["12345", "a-b", "uhr", "emit_event"])
def test_what_has_no_letters_to_go_by_is_not_looked_for(word: str) -> None:
    assert trigrams_of(word) == ()


def test_a_word_is_looked_for_by_its_trigrams() -> None:
    assert trigrams_of("Größe") == ("gro", "roe", "oes", "ess", "sse")


@pytest.mark.parametrize(
    ("word", "other", "count"),
    [("kiwi", "kiwi", 0), ("kiwi", "kwii", 1), ("kiwi", "kwi", 1), ("", "ab", 2), ("abc", "", 3)],
)
def test_slips_are_counted(word: str, other: str, count: int) -> None:
    assert edit_distance(word, other) == count


@given(WORDS, WORDS)
def test_slips_are_the_same_from_both_sides_and_never_more_than_letters(a: str, b: str) -> None:
    count = edit_distance(a, b)
    assert count == edit_distance(b, a)
    assert abs(len(a) - len(b)) <= count <= max(len(a), len(b))
    assert (count == 0) == (a == b)


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("Fahrrad", "fahrräder"),
        ("holt", "abgeholt"),
        ("schriftlich", "schriftform"),
        ("kündigen", "kündigung"),
    ],
)
def test_a_german_word_is_found_in_another_form(word: str, form: str) -> None:
    assert suggest(word, [form], Language.GERMAN, allow_typos=False) == [form]


def test_an_irregular_english_verb_is_found_in_another_form() -> None:
    assert suggest("keep", ["kept", "keel"], Language.ENGLISH, allow_typos=False) == ["kept"]
    assert "ept" in trigrams_of("keep")
