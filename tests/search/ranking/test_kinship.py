"""How far a word stands for another: the closer, the more."""

from __future__ import annotations

import pytest

from quart_chat.search.ranking.kinship import (
    DERIVED,
    INFLECTED,
    JOINED,
    MISTYPED,
    SAME,
    SYNONYM,
    Vocabulary,
)
from quart_chat.search.words import Language, fold


def likeness(word: str, other: str, spoken: Language = Language.ENGLISH) -> float:
    return Vocabulary([fold(other)]).kin(fold(word), spoken).get(fold(other), 0.0)


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("applicant", "applicant", SAME),
        ("applicant", "applicants", INFLECTED),
        ("applicant", "application", DERIVED),
        ("installation", "installed", DERIVED),
        ("cancellation", "cancelled", DERIVED),
        ("program", "programme", INFLECTED),
        ("programs", "programmes", INFLECTED),
        ("colour", "colors", INFLECTED),
        ("organise", "organizing", INFLECTED),
        ("centre", "center", INFLECTED),
        ("travelling", "traveled", INFLECTED),
        ("cheque", "checks", INFLECTED),
        ("kept", "keep", INFLECTED),
        ("began", "beginning", INFLECTED),
        ("vacation", "holidays", SYNONYM),
        ("boss", "manager", SYNONYM),
        ("company", "compare", 0.0),
        ("plane", "planned", 0.0),
        ("plan", "planes", 0.0),
        ("hoping", "hope", INFLECTED),
        ("try", "tried", INFLECTED),
        ("box", "boxes", INFLECTED),
        ("ties", "tie", INFLECTED),
        ("lies", "lie", INFLECTED),
        ("quizzes", "quiz", INFLECTED),
        ("part", "party", 0.0),
        ("cat", "catalogue", 0.0),
    ],
)
def test_english_words(word: str, other: str, expected: float) -> None:
    assert likeness(word, other) == expected


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("Frist", "Kündigungsfrist", JOINED),
        ("Miete", "Kaltmiete", JOINED),
        ("Fahrrad", "Fahrräder", INFLECTED),
        ("Dokumente", "Dokument", INFLECTED),
        ("Gerät", "Geräte", INFLECTED),
        ("Preise", "Preis", INFLECTED),
        ("Tag", "Tage", INFLECTED),
        ("Tage", "Tag", INFLECTED),
        ("Orte", "Ort", INFLECTED),
        ("Programme", "Programm", INFLECTED),
        ("Größe", "Groesse", SAME),
        ("Farbe", "Farbton", DERIVED),
        ("bezahlt", "bezahlen", INFLECTED),
        ("Urlaub", "Ferien", SYNONYM),
        ("Urlaub", "vacation", SYNONYM),
        ("Bahn", "Kabine", 0.0),
        ("Chef", "Vorgesetzte", SYNONYM),
    ],
)
def test_german_words(word: str, other: str, expected: float) -> None:
    assert likeness(word, other, Language.GERMAN) >= expected
    assert bool(likeness(word, other, Language.GERMAN)) == bool(expected)


def test_a_compound_is_taken_apart_where_words_have_both_parts() -> None:
    vocabulary = Vocabulary(["rechnung", "gesamtbetrag"])
    assert vocabulary.components("rechnungsbetrag") == ("rechnung", "betrag")
    assert vocabulary.components("kuehlschrank") == ()


def test_a_start_is_found_without_umlauts() -> None:
    vocabulary = Vocabulary(["zuruecksetzen", "abbrechen", "hochladen"])
    for start in ("zuruck", "abbrechen", "h", ""):
        assert vocabulary.has_start(start)
    for start in ("zurueck", "abbrechens", "ab.", "hochz", "zz", "a-"):
        assert not vocabulary.has_start(start)
    assert not Vocabulary([]).has_start("a")


def test_a_mistyped_word_is_the_nearest_that_begins_alike() -> None:
    vocabulary = Vocabulary(["chronometer", "kilometer", "meter"])
    assert vocabulary.mistyped("chronometr") == {"chronometer": MISTYPED}
    assert vocabulary.mistyped("metr") == {}


def test_a_word_without_spaces_around_it_is_found_within_a_row() -> None:
    assert likeness("用户", "修复后用户身份正确") == SAME
