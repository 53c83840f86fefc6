"""Every text is in every catalogue, translated, with the same values in it."""

from __future__ import annotations

import re
import string
import subprocess
from pathlib import Path

import pytest

from quart_chat.texts import SOURCE, catalogue_path, languages, read_catalogue
from tests.texts.extraction import ROOT, extract, sources, texts_of

TRANSLATIONS = [language for language in languages() if language != SOURCE]


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_is_german() -> None:
    assert "de" in TRANSLATIONS


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_the_catalogue_has_all_texts_and_no_others(language: str) -> None:
    used = {message.id for message in extract()}
    known = {message.id for message in read_catalogue(language)}
    assert (used - known, known - used) == (set(), set()), "run `make texts`, and translate"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_what_scripts_show_is_marked(language: str) -> None:
    catalogue = read_catalogue(language)
    for message in extract():
        if message.id:
            known = catalogue.get(message.id)
            assert known is not None
            assert known.auto_comments == message.auto_comments, "run `make texts`"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_text_is_translated(language: str) -> None:
    messages = [message for message in read_catalogue(language) if message.id]
    assert [message.id for message in messages if not all(texts_of(message))] == []
    assert [message.id for message in messages if message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_translation_has_the_values_of_its_text(language: str) -> None:
    for message in read_catalogue(language):
        ids = (message.id,) if isinstance(message.id, str) else message.id
        # A form for one may leave out the number.
        wanted = placeholders(ids[-1])
        assert {frozenset(placeholders(text)) for text in texts_of(message)[-1:]} == {
            frozenset(wanted)
        }, message.id
        for text in texts_of(message):
            assert placeholders(text) <= wanted, message.id


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_merge_has_left_its_marks(language: str) -> None:
    text = catalogue_path(language).read_text("utf-8")
    assert "<<<<<<<" not in text
    lines = [line for line in text.splitlines() if line.startswith("msgid ")]
    assert sorted(lines) == sorted(set(lines)), "a text is there twice: run `make texts`"


@pytest.mark.parametrize("path", sources("static/js", ".js"), ids=lambda path: path.name)
def test_every_text_of_a_script_is_found(path: Path) -> None:
    found = {message.id if isinstance(message.id, str) else message.id[0] for message in extract()}
    written = re.findall(r'\b(?:t|plural)\(\s*"((?:[^"\\]|\\.)*)"', path.read_text("utf-8"))
    assert [text for text in written if text not in found] == []


def test_merges_keep_the_texts_of_both_sides() -> None:
    path = catalogue_path("de").relative_to(ROOT).as_posix()
    command = ("git", "check-attr", "merge", path)
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found.strip().endswith("merge: union")
