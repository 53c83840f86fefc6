"""Plain lines, which are rendered without the renderer, to the same HTML."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quart_chat.markdown.lines import is_plain, render_line
from quart_chat.markdown.renderer import render_markdown

LINES = st.from_regex(r"[^\W\d_][^\n]{0,30}", fullmatch=True).filter(is_plain)
WORDS = (
    st.lists(
        st.sampled_from(
            [
                "how",
                "www",
                "example",
                "(c)",
                "1",
                "a)",
                "---",
                "it's",
                "end.",
                "tbd",
                "-",
                "--",
                "  ",
            ]
        ),
        min_size=1,
    )
    .map(" ".join)
    .filter(is_plain)
)


@given(text=LINES | WORDS)
@example(text="How do I invite a colleague, and what (if anything) does it cost?")
@example(text="Mr. Smith asks why...")
def test_a_plain_line_is_what_the_renderer_makes_of_it(text: str) -> None:
    # What follows is no plain line.
    assert render_markdown(f"{text}\n\n&") == f"{render_line(text)}<p>&amp;</p>\n"
    assert render_markdown(text, []) == render_markdown(text) == render_line(text)


@pytest.mark.parametrize("text", ["Was kostet das?", "conversation-12", "Ende.", "你好"])
def test_words_are_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "text", ["", "a_b_", "1. a", "a ", "a\nb", "a:b", "see example.com now", "a" * 600]
)
def test_what_markdown_may_read_is_not_plain(text: str) -> None:
    assert not is_plain(text)
