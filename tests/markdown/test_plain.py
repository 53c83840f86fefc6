"""Markdown as plain text that fits into a mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from quart_chat.assistants.protocol import Source
from quart_chat.markdown import render_mail, render_markdown, render_plain
from tests.answer import long_answer


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# A *b* `c`\n\nd **e**", "A b c\n\nd e"),
        ("one\ntwo  \nthree", "one two\nthree"),
        ("- a\n- b\n  - c\n    d\n\n* e", "- a\n- b\n  - c d\n\n- e"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("1. a\n\n   b\n2. c", "1. a\n\n   b\n\n2. c"),
        ("9. a\n10. b\n    - c", "9. a\n10. b\n    - c"),
        ("- [x] done\n- [ ] open", "- [x] done\n- [ ] open"),
        ("[a](https://b.de/c) d", "a (https://b.de/c) d"),
        ("<https://b.de> https://c.de www.d.de", "https://b.de https://c.de www.d.de"),
        ("[here](/handbook/) [there](#x)", "here (http://host/handbook/) there"),
        ("[a@b.de](mailto:a@b.de)", "a@b.de"),
        ("![a cat](https://b.de/cat.png)", "a cat (https://b.de/cat.png)"),
        ("```py\nif a:\n    b\n```", "if a:\n    b"),
        ("So $a_1 + b$:\n\n$$\nx^2\n$$", "So a_1 + b:\n\nx^2"),
        ("> quoted\n> more\n\nnot", "  quoted more\n\nnot"),
        ("> [!WARNING]\n> Hot.", "  Warning\n\n  Hot."),
        ("a[^1]\n\n[^1]: note", "a[1]\n\n[1] note"),
        ("x<sup>2</sup> H<sub>2</sub>O <b>b</b><br>c", "x^2 H_2O b\nc"),
        ("a\n\n---\n\nb", "a\n\n——————————\n\nb"),
        ("~~gone~~ 2 * 3 * 4 \\*x\\* &amp; &lt;b&gt;", "gone 2 * 3 * 4 *x* & <b>"),
        ("<details><summary>More</summary>\n\nin it\n\n</details>", "More\n\nin it"),
        ("", ""),
    ],
)
def test_no_mark_is_left_and_nothing_is_lost(markdown: str, text: str) -> None:
    assert render_plain(markdown, base="http://host/") == text


def test_a_table_becomes_columns() -> None:
    table = (
        "| n | name | of |\n|--:|---|:-:|\n| 1 | **a** | x |\n| 1000 | 契約 [b](http://cc) | y |\n"
    )
    assert render_plain(table) == (
        "   n  name                of\n"
        "----  ------------------  --\n"
        "   1  a                   x\n"
        "1000  契約 b (http://cc)  y"
    )


def test_citations_stay_as_they_are() -> None:
    sources = [Source(1, "Lease", "", "/documents/1", "")]
    text = "Three months [1], [2](https://x.de)."
    assert render_plain(text, sources) == "Three months [1], [2](https://x.de)."


def test_a_long_paragraph_stays_one() -> None:
    text = "One sentence after the other. " * 700
    assert render_plain(text) == text.strip()


def test_an_answer_with_all_there_is_reads_well() -> None:
    text = render_plain(long_answer())
    for mark in ("**", "```", "](", "|", "$$"):
        assert mark not in text
    assert "\n- Point 3 with a link (/to/3) and code\n" in text
    assert "\n  7  item-7 " in text
    assert "\n1. [x] task 1\n2. [ ] task 2\n" in text


@given(st.text(alphabet="ab 1.-*_#>|`~[]()$\\\n<>!^:x", max_size=200))
def test_any_text_becomes_plain(markdown: str) -> None:
    render_mail(markdown, base="http://host/")
    text = render_plain(markdown, base="http://host/")
    # Every letter of the text that people see is there.
    seen = LexborHTMLParser(render_markdown(markdown)).text()
    assert sum(map(text.count, "ab")) >= sum(map(seen.count, "ab"))


def test_html_for_a_mail_knows_no_page() -> None:
    html = render_mail(
        "$a_1$ [x](/y)\n\n- [x] done\n\n| a |\n|---|\n| b |\n\n<script>", base="http://host/"
    )
    assert "$a_1$" in html
    assert "<math" not in html
    assert 'href="http://host/y"' in html
    assert "☑ done" in html
    assert '<table border="1"' in html
    assert "<script" not in html
