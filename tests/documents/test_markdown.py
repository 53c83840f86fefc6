"""Markdown: what no reader sees is left out, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from quart_chat.documents.models import Kind
from tests.documents.reading import read


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("One.\n\n<!-- TODO\n\nask -->\n\nTwo.", "One.\n\nTwo."),
        ("One <!-- or two --> is.", "One  is."),
        ("Type `<!-- a -->` here.", "Type `<!-- a -->` here."),
        ("```html\n<!-- a -->\n```", "```html\n<!-- a -->\n```"),
        ("A ` alone <!-- gone -->", "A ` alone"),
        ("Not closed <!-- at all", "Not closed <!-- at all"),
    ],
)
def test_comments_are_left_out_except_in_code(tmp_path: Path, source: str, shown: str) -> None:
    text = read(tmp_path, Kind.MARKDOWN, source).text
    assert [line for line in text.splitlines() if line] == [
        line for line in shown.splitlines() if line
    ]


def test_comments_without_end_take_no_time(tmp_path: Path) -> None:
    found = read(tmp_path, Kind.MARKDOWN, "`` ` <!-- " * 20_000)
    assert found.failure is None


def test_a_footnote_of_one_word_is_kept(tmp_path: Path) -> None:
    found = read(tmp_path, Kind.MARKDOWN, "The propeller[^1] turns.\n\n[^1]: Three-bladed.\n")
    assert "[^1]: Three-bladed." in found.text


def test_a_callout_is_kept_with_its_title(tmp_path: Path) -> None:
    source = "> [!note] Winter storage\n> Drain the water. Then\n> close the valve."
    assert read(tmp_path, Kind.MARKDOWN, source).text == source
