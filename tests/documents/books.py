"""Books of the size of a novel, in which a few passages say what is asked about."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

from tests.documents import made

_BOOKS = tomllib.loads((Path(__file__).parent / "books.toml").read_text("utf-8"))
BOOKS: list[dict[str, Any]] = _BOOKS["book"]
NOWHERE: dict[str, list[str]] = _BOOKS["nowhere"]

FILLERS = 120
"""Paragraphs that say nothing, before each that says something."""

_GERMAN = """
    Abend Baum Blick Brücke Dorf Fenster Fluss Freund Gesicht Gedanke Geschichte Hand Haus Herz
    Himmel Kind Land Leben Licht Mann Morgen Mutter Nacht Regen Schatten Schritt Sonne Stadt Stille
    Stimme Strasse Tag Tisch Traum Vater Wald Wasser Weg Wind Wort ging kam sah stand sprach schwieg
    lachte dachte suchte fand langsam leise schnell weit nah alt jung hell dunkel warm kalt der die
    das und aber doch auf in mit von zu durch über unter
"""
_ENGLISH = """
    evening tree glance bridge village window river friend face thought story hand house heart sky
    child land life light man morning mother night rain shadow step sun town silence voice street
    day table dream father forest stream path wind word went came saw stood spoke laughed searched
    found slowly softly quickly far near old young bright dark warm cold the a and but yet upon in
    with of through over under
"""
_WORDS = {"de": _GERMAN.split(), "en": _ENGLISH.split()}


def write(book: dict[str, Any]) -> bytes:
    """The book as a file of the kind that its name says."""
    chance = random.Random(book["name"])
    blocks: list[tuple[str, str]] = []
    for fact in book["fact"]:
        if "heading" in fact:
            blocks.append(("Heading1", fact["heading"]))
            blocks.append(("", fact["text"]))
        blocks += [("", _paragraph(chance, book["language"])) for _ in range(FILLERS)]
        if "heading" not in fact:
            blocks.append(("", fact["text"]))
    if book["name"].endswith(".docx"):
        return made.docx(blocks)
    texts = [text for _, text in blocks]
    if book["name"].endswith(".pdf"):
        return made.pdf("\n \n".join(texts[n : n + 6]) for n in range(0, len(texts), 6))
    return "\n\n".join(texts).encode()


def _paragraph(chance: random.Random, language: str) -> str:
    words = _WORDS[language]
    sentences = (
        " ".join(chance.choice(words) for _ in range(chance.randint(6, 16)))
        for _ in range(chance.randint(2, 5))
    )
    return " ".join(f"{sentence.capitalize()}." for sentence in sentences)
