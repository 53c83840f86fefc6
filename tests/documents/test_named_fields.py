"""A field or a row that is named for what was asked answers, also by an abbreviation."""

from __future__ import annotations

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from tests.assistants.conftest import HANDBOOK, ask
from tests.documents.conftest import USER, Library

SHEET = """# Shelf: data sheet

| Property | Value |
|---|---|
| Max. load | 120 kg |
| Min. order | 4 pieces |
| Approx. weight | 14 kg |
"""
SUPPLIER = """Miller Tools Ltd
Addr.: 14 Dock Road, Leeds LS1 4AB
Tel.: 0113 496 0123
Order No.: 4711-22
"""
LIFT = """Hebebühne der Werkstatt Brandt

Max. Traglast: 2.500 kg
Mindestbestellmenge: 3 Stück
Kunden-Nr.: 88123

Am Tor gilt das Passwort Brandt-7.
"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the max load?", "120 kg"),
        ("What is the maximum load?", "120 kg"),
        ("What's the minimum order?", "4 pieces"),
        ("What is the approximate weight?", "14 kg"),
        ("What is the order no.?", "4711-22"),
        ("What is the order number?", "4711-22"),
        ("What is the tel no?", "0113 496 0123"),
        ("What's the address of Miller Tools?", "14 Dock Road"),
        ("Wie hoch ist die maximale Traglast?", "2.500 kg"),
        ("Wie lautet die Kundennummer?", "88123"),
        ("Wie lautet das Tor-Passwort?", "Brandt-7"),
    ],
)
async def test_an_abbreviation_is_read_as_its_word(
    library: Library, question: str, answer: str
) -> None:
    for name, text in {"Shelf.md": SHEET, "Supplier.txt": SUPPLIER, "Hebebühne.txt": LIFT}.items():
        await library.read(name, text)
    async with Librarian(HANDBOOK, library.store.chat_search, library.search) as librarian:
        sources = (await ask(librarian, question, user_id=USER)).sources
    assert sources
    assert answer in sources[0].quote
