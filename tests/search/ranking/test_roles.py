"""Who has a role: a name beside the word for it, and no other name."""

from __future__ import annotations

import pytest

from quart_chat.search.questions.expected import read_expected
from quart_chat.search.ranking.roles import defines, names_holder

FORMS = {"richter", "richterin", "judge", "landlord", "vermieterin", "klaegerin", "chair"}


@pytest.mark.parametrize(
    "text",
    [
        "entschieden durch die Richterin am Landgericht Dr. Sommer auf die Verhandlung",
        "Richter: Klein",
        "| Judge | Dr. Klein |",
        "Mit freundlichen Grüßen\nDr. Klein\nRichter am Amtsgericht",
        "Dr. Anna Klein, Richterin",
        "Im Rechtsstreit der Frau Petra Lindner, Klägerin, gegen",
        "The landlord is Northgate Properties Ltd.",
        "between Northgate Properties Ltd (the landlord) and",
        "die Vermieterin, Südhang GmbH",
        "Vermieterin:\nSüdhang Immobilien GmbH",
        "Judge Miller decided.",
        "Anna Lind was elected chair.",
        "Zur Richterin wurde Frau Klein bestellt.",
        "Vorsitzender Richter Klein",
        "Der Richter heißt Klein.",
    ],
)
def test_a_name_beside_the_word_tells_who_it_is(text: str) -> None:
    assert names_holder(text, FORMS, "Wer ist der Richter?")


@pytest.mark.parametrize(
    "text",
    [
        "The judge decides on Friday.",
        "Die Richter bewerten Gehorsam. Anmeldungen nimmt Frau Jansen entgegen.",
        "Der frühere Richter Hans Bauer wird als Sachverständiger gehört.",
        "The former judge, Hans Bauer, is an expert.",
        "Frau Lindner hat den Richter abgelehnt.",
        "Frau Richter bearbeitet den Fall.",
        "Der Richter hat Frau Lindner geladen.",
        "Anna Lind thanked the judge.",
        "Die Richter am Landgericht Hamburg bewerten.",
    ],
)
def test_a_name_elsewhere_does_not(text: str) -> None:
    assert not names_holder(text, FORMS, "Wer ist der Richter?")


def test_one_who_had_the_role_is_named_where_that_is_asked() -> None:
    text = "Der frühere Richter Hans Bauer wird gehört."
    assert names_holder(text, FORMS, "Wer ist der frühere Richter?")


def test_a_definition_says_what_something_is() -> None:
    assert defines("The judge is a program.", FORMS)
    assert not defines("Give the judge a name.", FORMS)


@pytest.mark.parametrize(
    ("question", "role"),
    [
        ("Wer ist der Richter?", "richter"),
        ("Who's the judge in this case?", "judge"),
        ("who is our contact person", "contact"),
        ("Wer ist die vorsitzende Richterin am Amtsgericht?", "richterin"),
        ("Wie heißt die Lehrerin der Klasse?", "lehrerin"),
        ("Wie heißt der Verein?", ""),
        ("Who pays the rent?", ""),
        ("Who was absent from the meeting?", ""),
        ("Wer kann meine Chats lesen?", ""),
        ("Who is Anna Klein?", ""),
    ],
)
def test_a_question_for_the_holder_of_a_role_is_known(question: str, role: str) -> None:
    expected = read_expected(question)
    assert (expected.role if expected else "") == role
