"""Questions on a page: code in them is code, long ones are folded, and nothing is lost."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.web.pages.chat.questions import is_long, question

PIECES = ["```", "~~~", "```js\n", "\n", "`", "a", " ", "<b>", "&", "\n```\n", "\n~~~\n", "😀"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_the_text_of_the_element_is_the_question(text: str) -> None:
    html = str(question(text))
    assert unescape(re.sub("<[^<>]+>", "", html)) == text
    assert set(re.findall("<[^<>]+>", html)) <= {
        *("<code>", '<code class="block">', "</code>", "<span hidden>", "</span>")
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("See\n```js\nx < 1\n```\nWhy?", "x &lt; 1\n"),
        ("~~~\na\n\nb\n~~~", "a\n\nb\n"),
        ("````md\n```\na\n```\n````", "```\na\n```\n"),
        ("What is `x = 1`?", "x = 1"),
    ],
)
def test_code_in_a_question_is_code(text: str, code: str) -> None:
    assert f"</span>{code}<span hidden>" in question(text)


@pytest.mark.parametrize("text", ["```js\nx", "a ` b", "``", "a```b"])
def test_what_is_not_closed_is_text(text: str) -> None:
    assert question(text) == text


@pytest.mark.parametrize("piece", ["```a\n", "`", "~~~~b\n```\n", "x\n"])
def test_a_question_made_of_marks_is_shown(piece: str) -> None:
    assert "end" in question(piece * 8000 + "end")


@pytest.mark.parametrize("text", ["a" * 2001, "a\n" * 31, "word " * 6000])
def test_a_long_question_is_folded(text: str) -> None:
    assert is_long(text)
    assert not is_long(text[:40])
