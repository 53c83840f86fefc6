"""A question expects a kind of answer, and may be read with the one before it."""

from __future__ import annotations

import pytest

from quart_chat.search.questions.expected import read_expected
from quart_chat.search.questions.reading import CONTEXT, read_question
from quart_chat.search.words import Language


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("How long is the warranty?", "It lasts two years.", "It covers faults."),
        ("How heavy may it be?", "up to 23 kg", "up to 23 cm"),
        ("How loud is it?", "42 dB", "42 cm"),
        ("How wide is it?", "60 cm", "60 kg"),
        ("How hot must it be?", "180 degrees", "180 metres"),
        ("What does it cost?", "It is 95 dollars.", "It is 95 metres."),
        ("When does it start?", "on 1 March 2025", "in the evening"),
        ("Who is in charge?", "Mr Doyle is.", "the caretaker is."),
        ("Wie groß ist sie?", "78 Quadratmeter", "78 Euro"),
        ("Wie lange dauert es?", "2 Std. 50 Min.", "2 Euro"),
        ("Wie viel kostet es?", "145 Euro", "viel Geld"),
        ("Wann ist er?", "am 3. Februar um 19 Uhr", "am Abend"),
        ("Wie schwer ist er?", "zwei Kilo", "zwei Tage"),
    ],
)
def test_the_kind_of_answer_is_told_by_how_it_is_asked(question: str, yes: str, no: str) -> None:
    expected = read_expected(question)
    assert expected is not None
    assert expected.is_in(yes)
    assert not expected.is_in(no)


def test_most_questions_expect_no_certain_kind() -> None:
    assert read_expected("Why does nginx buffer my stream?") is None


@pytest.mark.parametrize(
    "prompt", ["And in winter?", "How long does that take?", "Until when?", "Und der Basar?"]
)
def test_a_question_that_points_back_is_read_with_the_one_before(prompt: str) -> None:
    read = read_question(prompt, 32, ["What is a kettle?"], "/documents/1")
    assert ("kettle", CONTEXT) in [(word.folded, word.weight) for word in read.words]
    assert read.last_place == "/documents/1"
    assert read.in_context == f"What is a kettle? {prompt}"


@pytest.mark.parametrize(
    "prompt",
    ["How do I upload a document to the server?", "Where do the boats of the harbour anchor?"],
)
def test_a_question_of_its_own_is_read_alone(prompt: str) -> None:
    read = read_question(prompt, 32, ["What is a kettle?"], "/documents/1")
    assert "kettle" not in [word.folded for word in read.words]
    assert (read.before, read.last_place) == ("", "")


def test_a_question_may_ask_for_another_language() -> None:
    assert read_question("and in German?", 9).answered_in is Language.GERMAN
    assert read_question("and in winter?", 9).answered_in is Language.ENGLISH


def test_small_words_alone_say_nothing() -> None:
    assert read_question("What can you do?", 9).says_nothing
    assert not read_question("What is a kettle?", 9).says_nothing
