"""Documents are found by words of their names, without case and accents."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from quart_chat.documents.finding import by_name
from quart_chat.documents.models import Document

NAMES = ["Mietvertrag Wohnung 12.pdf", "Über Äpfel.md", "lease-flat-12.txt", "Résumé.docx"]
DOCUMENTS = [cast("Document", SimpleNamespace(name=name)) for name in NAMES]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", NAMES),
        ("mietvertrag", NAMES[:1]),
        ("12 wohnung", NAMES[:1]),
        ("12", [NAMES[0], NAMES[2]]),
        ("apfel UBER", NAMES[1:2]),
        ("resume", NAMES[3:]),
        ("flat wohnung", []),
    ],
)
def test_each_word_has_to_be_in_the_name(query: str, found: list[str]) -> None:
    assert [document.name for document in by_name(DOCUMENTS, query)] == found
