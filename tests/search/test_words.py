"""Questions become terms that no text can turn into syntax."""

from __future__ import annotations

import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.search.folding import TOKENIZER, index_form
from quart_chat.search.fts5 import match
from quart_chat.search.words import (
    MAX_WORD,
    Language,
    compose,
    fold,
    language,
    terms,
)


def texts(question: str) -> list[str]:
    return [term.text for term in terms(question)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do I resume a stream?", ["resume", "stream"]),
        ("what's a terminal event", ["terminal", "event"]),
        ("Why isn't `Last-Event-ID` sent?", ["Last-Event-ID", "sent"]),
        ("emit_event or emit_threadsafe?", ["emit_event", "emit_threadsafe"]),
        ("Stream, STREAM and stream", ["Stream"]),
        ("Wie stoppe ich den Lauf?", ["stoppe", "Lauf"]),
        ("Für wen ist das größte Übel?", ["größte", "Übel"]),
        ("error 409", ["error", "409"]),
        ("a/b and/or c", ["b", "c"]),
        ("hi", []),
        ("???", []),
        ("What can you do?", []),
        ("Was kannst du?", []),
        ('🙂 \0 \ud800 "*', []),
    ],
)
def test_terms_are_the_words_that_say_what_a_question_is_about(
    question: str, expected: list[str]
) -> None:
    assert texts(question) == expected


@pytest.mark.parametrize(
    ("word", "folded"),
    [("Größe", "groesse"), ("GRÖSSE", "groesse"), ("naïve", "naive"), ("u\u0308ber", "ueber")],
)
def test_folding_spells_umlauts_out_and_takes_accents_off(word: str, folded: str) -> None:
    assert fold(word) == folded


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do I resume a stream?", Language.ENGLISH),
        ("Wie setze ich einen Stream fort?", Language.GERMAN),
        ("Größe Stream", Language.GERMAN),
        ("nginx", Language.ENGLISH),
        ("", Language.ENGLISH),
    ],
)
def test_a_language_is_known_by_its_small_words(question: str, expected: Language) -> None:
    assert language(question) is expected


@pytest.mark.parametrize("typed", ["Größe", "Grösse", "Groesse", "GRÖSSE"])
@pytest.mark.parametrize("written", ["Größe", "Grösse", "Groesse"])
def test_german_spellings_of_a_word_find_each_other(typed: str, written: str) -> None:
    (term,) = terms(f"Was ist die {typed}?")
    assert matches(written, match(term))


def test_two_vowels_are_no_umlaut_in_an_english_question() -> None:
    (term,) = terms("Who is the poet?")
    assert not matches("pot", match(term))


def test_a_joined_word_is_found_in_one() -> None:
    (term,) = terms("What is a keep-alive?")
    assert matches("keepalive", match(term))
    assert matches("keep-alive", match(term))
    assert not matches("alive, keep", match(term))


def matches(text: str, query: str) -> bool:
    with sqlite3.connect(":memory:") as database:
        database.execute(f'CREATE VIRTUAL TABLE t USING fts5(x, tokenize = "porter {TOKENIZER}")')
        database.execute("INSERT INTO t VALUES (?)", (index_form(text),))
        found = database.execute("SELECT * FROM t WHERE t MATCH ?", (query,)).fetchall()
    database.close()
    return bool(found)


AWKWARD = (
    """ " * ( ) ^ : { } + - . , ; ' ` AND OR NOT NEAR( path: -- a-b a. 1e9 größe ² ﬁ 中文 🙂 """
)
ANYTHING = st.text() | st.lists(
    st.sampled_from([*AWKWARD.split(), " ", "\0", "\ud800", "\u0301", "\\", "x"])
).map("".join)


@given(ANYTHING)
def test_whatever_is_typed_is_a_valid_query(text: str) -> None:
    wanted = terms(text)
    if wanted:
        matches("some text", " OR ".join(f"x : {match(term)}" for term in wanted))


def test_a_word_is_looked_for_up_to_a_length() -> None:
    """A search for thousands of parts in a row takes minutes."""
    assert texts("a." * 16_000) == [("a." * 16_000)[:MAX_WORD]]


@pytest.mark.parametrize("text", ["Gro\u0308\u00dfe", "e\u0301 e\u0301\n", "\u1112\u1161\u11ab"])
def test_accents_are_joined_with_their_letters(text: str) -> None:
    assert compose(text) == unicodedata.normalize("NFC", text)


def test_a_run_of_accents_is_taken_in_pieces() -> None:
    """Put in order as a whole, it would keep everybody else waiting for seconds."""
    accents = "\u0315" * MAX_WORD + "\u0300" * MAX_WORD
    assert compose(accents) == accents


def test_what_a_word_means_and_what_somebody_is_called_are_two_questions() -> None:
    assert [term.text for term in terms("Was heißt unknown_host?")] == ["unknown_host"]
    assert [term.text for term in terms("Wie heißt der Verein?")] == ["heißt", "Verein"]
