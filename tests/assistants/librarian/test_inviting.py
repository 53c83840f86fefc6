"""Who wants to invite others, or was invited, is told what to do, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.assistants.conftest import ask

if TYPE_CHECKING:
    from quart_chat.assistants.librarian.assistant import Librarian


@pytest.mark.parametrize(
    ("question", "place", "answer"),
    [
        ("How do I invite a colleague?", "questions-and-answers", "create a link"),
        ("How do I add a user?", "questions-and-answers", "create a link"),
        ("How long does an invitation last?", "questions-and-answers", "a week"),
        ("Wie lade ich eine Kollegin ein?", "de/", "„Link erstellen“"),
        ("Wie füge ich einen Benutzer hinzu?", "de/", "erstellen Sie einen Link"),
        ("Wie bekomme ich ein Konto?", "de/", "schickt Ihnen einen Link"),
        ("Wie lange gilt die Einladung?", "de/", "eine Woche"),
        ("Der Einladungslink funktioniert nicht mehr", "de/", "einen neuen"),
        ("Wie richte ich einen Passkey ein?", "de/", "„Passkey hinzufügen“"),
        ("Wie lösche ich mein Konto?", "de/", "bitten Sie die Verwaltung"),
        ("Wie teile ich einen Chat mit meiner Kollegin?", "de/teilen", "Schicken Sie ihr den Link"),
    ],
)
async def test_the_sentence_that_answers_is_quoted(
    librarian: Librarian, question: str, place: str, answer: str
) -> None:
    given = await ask(librarian, question)
    assert given.sources[0].url.startswith(f"/handbook/{place}")
    first, _, _ = given.text.partition("\n[1] ")
    assert answer in first
