"""The Librarian gives an age, a price or an address only where a document says whose it is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from tests.assistants.conftest import HANDBOOK, ask
from tests.documents.conftest import USER, Library

LETTER = """Landratsamt Oberwald
Bahnhofstraße 12, 84321 Oberwald

Herrn
Thomas Brandl
Lindenweg 4
84329 Neukirchen

Unser Zeichen: BA-0417
Sachbearbeiterin: Frau Seidel, Zimmer 214
Telefon: 08761 / 55-3120

Sehr geehrter Herr Brandl,

Ihr Antrag ist am 2. September 2026 bei uns eingegangen. Für die Bearbeitung wird eine Gebühr von
185,00 Euro erhoben. Was nach Ablauf der Frist kommt, wird zurückgewiesen.

Frau Moosbauer, geboren am 3. Mai 1961, ist Ihre Nachbarin.

Erreichen können Sie den Kundendienst werktags von 9 bis 18 Uhr.
"""
RENTAL = """# Bike rental

Customer: Julia Novak, 7 Mill Street, Lewes. She is 34 years old.

## Price

The rental costs £28 per day.

## Late return

For every hour that the bike comes back late we charge £6.

## Riders

Only persons aged 16 or over may ride it. Graham Finch delivers it.

## Storage

The shed at the north gate is broken. The box measures 60 cm.

The bell is green. The lock weighs 2 kg. The pump has a hose of 1.1 m length.

Salaried staff get 27 days of leave plus bank holidays.
"""


SUMMONS = """Amtsgericht Kiel

Sehr geehrte Frau Möller,

Sie werden als Zeugin geladen. Bitte bringen Sie Ihren Ausweis mit. Der frühere Richter Hans Bauer
wird als Sachverständiger gehört. Frau Lindner hat den Richter abgelehnt.

Die Protokolle führt Justizangestellte Rehm. Klägerin: Petra Lindner
Richterstraße: Nordpark Kiel
"""
JUDGEMENT = """Im Rechtsstreit der Frau Petra Lindner, Klägerin, gegen die Nordbau GmbH hat
das Landgericht durch die Richterin am Landgericht Dr. Sommer für Recht erkannt:
Die Beklagte zahlt 4.200 Euro.
"""


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    await library.read("Schreiben.txt", LETTER)
    await library.read("Bike rental.md", RENTAL)
    async with Librarian(HANDBOOK, library.store.chat_search, library.search) as librarian:
        yield librarian


async def test_an_answer_of_another_kind_is_none(librarian: Librarian) -> None:
    asked = (
        "Wie alt ist Frau Seidel?",
        "Wo wohnt Frau Seidel?",
        "Wie alt ist Herr Brandl?",
        "Wann hat Frau Seidel Geburtstag?",
        "Was verdient Frau Seidel?",
        "How old is Graham Finch?",
        "When was Graham Finch born?",
        "What is Julia Novak's phone number?",
        "What is the email address of Graham Finch?",
        "Where does Graham Finch live?",
        "How much does the shed cost?",
        "How fast is the bike?",
        "How wide is the pump?",
        "How warm is the shed?",
        "What colour is the pump?",
        # SECRET_KEY of the handbook is no other spelling of it.
        "Who is the secretary?",
    )
    given = {question: (await ask(librarian, question, user_id=USER)).sources for question in asked}
    assert {question: sources for question, sources in given.items() if sources} == {}


async def test_the_kind_of_answer_that_is_there_is_given(librarian: Librarian) -> None:
    expected = {
        "Wie alt ist Frau Moosbauer?": "3. Mai 1961",
        "Wo wohnt Herr Brandl?": "Lindenweg 4",
        "Welche Telefonnummer hat Frau Seidel?": "08761 / 55-3120",
        "Was kostet die Bearbeitung?": "185,00 Euro",
        "Was passiert nach Ablauf der Frist?": "zurückgewiesen",
        "Wann ist der Kundendienst erreichbar?": "9 bis 18 Uhr",
        "How old is Julia Novak?": "34 years old",
        "Where does Julia Novak live?": "7 Mill Street",
        "How old must riders be?": "aged 16",
        "How much does the rental cost?": "£28",
        "How wide is the box?": "60 cm",
        "What colour is the bell?": "green",
        "how many holliday days are there": "27 days",
    }
    given = {
        question: (await ask(librarian, question, user_id=USER)).sources for question in expected
    }
    wrong = {
        question: given[question]
        for question, quote in expected.items()
        if not given[question] or quote not in given[question][0].quote
    }
    assert wrong == {}


@pytest.mark.parametrize("question", ["Wer ist der Richter?", "Who is the judge?"])
async def test_who_has_a_role_is_answered_by_a_name_beside_it(
    library: Library, question: str
) -> None:
    await library.read("Ladung.txt", SUMMONS)
    chats = library.store.chat_search
    async with Librarian(HANDBOOK, chats, library.search) as librarian:
        assert (await ask(librarian, question, user_id=USER)).sources == ()
        await library.read("Urteil.txt", JUDGEMENT)
        sources = (await ask(librarian, question, user_id=USER)).sources
        assert [source.title for source in sources] == ["Urteil.txt"]


@pytest.mark.parametrize("question", ["Who is the Librarian?", "Wer ist der Librarian?"])
async def test_the_handbook_says_who_the_librarian_is(librarian: Librarian, question: str) -> None:
    sources = (await ask(librarian, question, user_id=USER)).sources
    assert sources
    assert "Librarian" in sources[0].quote
