"""No word of a question is dropped; some weigh little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.search.questions.wording import CODE, GRAMMAR, LIGHT, parts, read_words


@pytest.mark.parametrize(
    ("word", "weight"),
    [
        ("the", GRAMMAR),
        ("wie", GRAMMAR),
        ("long", LIGHT),
        ("groß", LIGHT),
        ("viel", LIGHT),
        ("large", LIGHT),
        ("warranty", 1.0),
        ("Wohnung", 1.0),
        ("E4", CODE),
        ("F05", CODE),
        ("2025", 1.0),
    ],
)
def test_a_word_weighs_by_what_it_says(word: str, weight: float) -> None:
    (read,) = read_words(word, 9)
    assert read.weight == weight


@given(st.text(max_size=80))
def test_every_word_is_read_once(text: str) -> None:
    words = read_words(text, 10_000)
    folded = [word.folded for word in words]
    assert len(set(folded)) == len(folded)
    assert all(word.weight > 0 for word in words)


def test_of_too_many_words_the_weightiest_are_read() -> None:
    words = read_words("what is the long and large warranty of a kettle", 2)
    assert [word.text for word in words] == ["warranty", "kettle"]


def test_a_joined_word_has_its_parts() -> None:
    assert parts("keep-alive") == ("keep-alive", "keep", "alive", "keepalive")
    assert parts("kettle") == ("kettle",)


def test_the_end_of_a_possessive_is_no_word() -> None:
    assert [word.text for word in read_words("the hotel's address, isn't it", 9)] == [
        *["the", "hotel", "address", "isn", "it"]
    ]
