"""Short questions in other words than the document, as people ask them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from tests.assistants.conftest import HANDBOOK, ask
from tests.documents.conftest import USER, Library

BIKE = """# Norden 7

A light bike for the city.

| Property | Value |
|---|---|
| Weight | 11.9 kg |
| Gears | 18 |

The pump is green.
"""
LETTER = """Amtsgericht Seeburg
Geschäftsnummer / Aktenzeichen: 3 C 412/24
Seeburg, den 12. März 2024

Hiermit wird Termin zur mündlichen Verhandlung bestimmt auf
Dienstag, 14. Mai 2024, 9:30 Uhr, Saal 204.
Gegen diesen Bescheid kann innerhalb eines Monats Widerspruch eingelegt werden.
"""
STUDIO = """# Vertrag

## Laufzeit

Die Frist der Kündigung beträgt vier Wochen zum Monatsende.

## Öffnungszeiten

Montag bis Freitag 6 bis 23 Uhr, Samstag und Sonntag 9 bis 20 Uhr.
"""


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    for name, text in (
        ("Norden 7.md", BIKE),
        ("Gericht.txt", LETTER),
        ("Fitnessstudio Vertrag.md", STUDIO),
    ):
        await library.read(name, text)
    async with Librarian(HANDBOOK, library.store.chat_search, library.search) as librarian:
        yield librarian


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("How heavy is the bike?", "11.9 kg"),
        ("How much does the bike weigh?", "11.9 kg"),
        ("Wie lautet das Aktenzeichen?", "3 C 412/24"),
        ("Wo findet die Verhandlung statt?", "Saal 204"),
        ("Wie lange kann ich Widerspruch einlegen?", "eines Monats"),
        ("Kuendigungsfrist?", "vier Wochen"),
        ("Wann hat das Studio am Sonntag offen?", "9 bis 20 Uhr"),
    ],
)
async def test_a_short_question_is_answered(
    librarian: Librarian, question: str, quote: str
) -> None:
    sources = (await ask(librarian, question, user_id=USER)).sources
    assert sources
    assert quote in sources[0].quote
    assert not sources[0].url.startswith("/handbook")


async def test_the_date_beside_the_subject_is_shown(librarian: Librarian) -> None:
    """Not that of the letter, which stands in the same passage."""
    answer = await ask(librarian, "Wann ist der Termin?", user_id=USER)
    assert "Mai 2024" in answer.text
    assert "März 2024" not in answer.text


@pytest.mark.parametrize(
    "question",
    ["How heavy is the car?", "How heavy is the pump?", "Wie hoch ist die Kaution?"],
)
async def test_what_no_document_says_is_not_answered(librarian: Librarian, question: str) -> None:
    assert (await ask(librarian, question, user_id=USER)).sources == ()
