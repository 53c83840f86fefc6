"""The Librarian refuses what a document has only the words for, and finds what has other words."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from tests.assistants.conftest import HANDBOOK, ask
from tests.documents.conftest import USER, Library

_MARK = re.compile(r"\\(?=\W)|^> ?", re.MULTILINE)
BIKE = """# Cargo bike

The bike carries a load of up to 80 kg. Its frame is made of steel.

| Part | Value |
|---|---|
| Load | 80 kg |
"""
WORK = """# Employment contract

## Pay

The salary is paid on the 25th of each month. The employee works 38 hours a week.

## Van

It may only be driven by persons aged 25 or over. Call RoadHelp after a breakdown.

Your contact is

Robert Dean
Customer Services Manager

The fitters are Dave and Luis. The old cooker goes to Jenny.
"""
NOTICE = """Landratsamt Oberwald

Unser Zeichen: BA-0417
Sachbearbeiterin: Frau Seidel, Zimmer 214

Die Gebühr von 185,00 Euro ist bis zum 30. September 2026 zu zahlen.
Überweisen Sie bitte auf das Konto DE12 3456 bei der Sparkasse Oberwald.
"""
INVOICE = """Rechnung Nr. 2026-77

Gesamtbetrag 499,80 EUR

Die Zahlung ist innerhalb von 14 Tagen nach Erhalt der Rechnung fällig.
"""
MINUTES = """Protokoll Projekt Nordstern

Projektleitung: Jana Winter

Zum Vorsitzenden wird Peter Lang gewählt. Der Beitrag steigt ab 2027 auf 72 Euro. Das Sommerfest
findet am 11. Juli statt. Das Projekt liegt zwei Wochen hinter dem Plan.
Administrator der Server ist Paul Otto.

Firma Rohrbach repariert die Leitung. Die Pumpe hat 400 W und ist für Teilchen bis 25 mm geeignet.
Im Haus wird nicht geraucht.
"""
PRICES = "Article;Price;Stock\nWheelbarrow;89;0\nRake;18.75;23\n"


WRONG = (
    "How heavy is the bike?",
    "How much does the bike weigh?",
    "How much is the salary?",
    "What is the salary?",
    "What is the colour of the frame?",
    "Who signed the contract?",
    "Who is the doctor?",
    "Wer ist der Kapitän?",
    "Wie breit ist die Pumpe?",
)
RIGHT = {
    "When is the salary paid?": "25th",
    "How old must the driver be?": "aged 25",
    "Who is the customer services manager?": "Robert Dean",
    "Who are the fitters?": "Dave and Luis",
    "Who gets the old cooker?": "Jenny",
    "How much is the wheelbarrow?": "Price: 89",
    "Wer ist der Vorsitzende?": "Peter Lang",
    "Wann ist das Sommerfest?": "11. Juli",
    "Wer repariert die Leitung?": "Rohrbach",
    "Wie viel Watt hat die Pumpe?": "400 W",
    "Darf man rauchen?": "nicht geraucht",
    # The same words stand in the handbook, about something else.
    "When is payment of the invoice due?": "14 Tagen",
    "What is the file number?": "BA-0417",
    "What is the account number?": "DE12 3456",
    "What is the total?": "499,80",
    "Wie ist das Aktenzeichen?": "BA-0417",
    "Wer leitet das Projekt?": "Jana Winter",
    "Wer ist der Administrator?": "Paul Otto",
}


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    for name, text in {
        "Bike.md": BIKE,
        "Contract.md": WORK,
        "Bescheid.txt": NOTICE,
        "Rechnung.txt": INVOICE,
        "Protokoll.txt": MINUTES,
        "Prices.csv": PRICES,
    }.items():
        await library.read(name, text)
    async with Librarian(HANDBOOK, library.store.chat_search, library.search) as librarian:
        yield librarian


async def test_a_sentence_about_something_else_is_no_answer(librarian: Librarian) -> None:
    given = {question: (await ask(librarian, question, user_id=USER)).sources for question in WRONG}
    assert {question: sources for question, sources in given.items() if sources} == {}


async def test_what_a_document_says_is_shown_first(librarian: Librarian) -> None:
    shown = {}
    for question in RIGHT:
        text = (await ask(librarian, question, user_id=USER)).text
        shown[question] = _MARK.sub("", text.partition("\n\n[1]")[0])
    wrong = {
        question: shown[question] for question, said in RIGHT.items() if said not in shown[question]
    }
    assert wrong == {}


async def test_a_name_in_a_document_leaves_out_the_handbook(librarian: Librarian) -> None:
    sources = (await ask(librarian, "Wer ist der Administrator?", user_id=USER)).sources
    assert [source.title for source in sources] == ["Protokoll.txt"]


async def test_an_index_that_has_only_the_word_does_not_tell_who_it_is(library: Library) -> None:
    async with Librarian(HANDBOOK, library.store.chat_search, library.search) as librarian:
        sources = (await ask(librarian, "Wer ist der Administrator?", user_id=USER)).sources
    assert sources == ()
