"""A text is found in another letter by letter, however it is written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.search.sought import Sought


def marked(sought: str, text: str) -> str:
    """A text with brackets around what is found."""
    read = Sought.read(sought)
    assert read is not None
    return "".join(f"[{part}]" if hit else part for part, hit in read.mark(text))


@pytest.mark.parametrize(
    ("sought", "text", "found"),
    [
        ("notice", "The NOTICE. A notice period.", "The [NOTICE]. A [notice] period."),
        ("end", "Wochenende", "Wochen[end]e"),
        ("strasse", "Hauptstraße 5", "Haupt[straße] 5"),
        ("straße", "STRASSE", "[STRASSE]"),
        ("s", "ß", "[ß]"),
        ("cafe", "Cafe\u0301 und Café", "[Cafe\u0301] und [Café]"),
        ("kundigung", "Die Kündi\u00adgung", "Die [Kündi\u00adgung]"),
        ("three months", "three\n   months", "[three\n   months]"),
        ("a.c", "abc a.c", "abc [a.c]"),
        ("ﬁn", "find", "[fin]d"),
        ("aa", "aaaaa", "[aa][aa]a"),
        ("が", "かが", "か[が]"),
        ("price (net)", "Price (net): 5", "[Price (net)]: 5"),
        ("½", "1½", "1[½]"),
        ("don't", "I don’t", "I [don’t]"),
        ("O’Brien", "O'Brien", "[O'Brien]"),
        ('"net"', "the “net” price", "the [“net”] price"),
        ("e-mail", "e\u2011mail", "[e\u2011mail]"),
        ("5-7", "5–7 days", "[5–7] days"),
    ],
)
def test_a_text_is_found_however_it_is_written(sought: str, text: str, found: str) -> None:
    assert marked(sought, text) == found


@pytest.mark.parametrize("text", ["", " \n", "\u00ad", "\u0301"])
def test_nothing_to_be_seen_is_not_sought(text: str) -> None:
    assert Sought.read(text) is None


@given(st.text(), st.text(min_size=1, max_size=5))
def test_marks_lose_nothing_of_a_text(text: str, sought: str) -> None:
    read = Sought.read(sought)
    if read is not None:
        assert "".join(part for part, _ in read.mark(text)) == text


@given(st.text(), st.text(alphabet="abcäöüß éÉıſ\u0301", min_size=1, max_size=5), st.text())
def test_a_word_in_composed_letters_is_found_in_any_text(
    before: str, word: str, after: str
) -> None:
    word = unicodedata.normalize("NFC", word).strip()
    read = Sought.read(word)
    if read is not None:
        assert read.places(f"{before} {word} {after}")
