"""Harmless HTML in Markdown: what is kept, and that nothing else is."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.markdown import render_markdown
from quart_chat.markdown.tags import ALONE, MAX_DEPTH, MAX_DETAILS, PAIRED


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_a_harmless_tag_is_kept_without_its_attributes(name: str) -> None:
    html = render_markdown(f'x <{name} class="composer" onclick="alert(1)">*a*</{name.upper()}>')
    assert html == f"<p>x <{name}><em>a</em></{name}></p>\n"


@pytest.mark.parametrize("tag", ["<br>", "<br/>", "<br />", "<BR>", '<br clear="all">'])
def test_a_line_of_a_cell_ends_at_a_break(tag: str) -> None:
    assert "<td>a<br>b</td>" in render_markdown(f"|x|\n|-|\n|a{tag}b|")


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<a href=/>x</a>",
        "<img src=x>",
        "<iframe></iframe>",
        "<div>x</div>",
        "<input>",
        "<form>",
        "<svg/onload=x>",
        "<bx>a</bx>",
        "< b>a</b>",
        "<br",
        "</br>",
        "<!-- x -->",
        "<summary>x</summary>",
        "&lt;b>x</b>",
        "\\<b>x</b>",
        "`<b>x</b>`",
    ],
)
def test_everything_else_is_text(text: str) -> None:
    html = render_markdown(f"a {text}")
    assert set(html.replace("<code>", "").replace("</code>", "")[3:-5]).isdisjoint("<>")


@pytest.mark.parametrize(
    "text", ["<b>a", "a</b>", "<b>a\n\nb</b>", "*<b>a*</b>", "<b>*a</b>*", "[<b>a](/b)</b>"]
)
def test_a_tag_without_its_partner_is_text(text: str) -> None:
    html = render_markdown(text)
    assert "<b>" not in html
    assert "</b>" not in html


def test_of_tags_that_cross_the_outer_is_kept() -> None:
    assert render_markdown("<b><i>a</b></i>") == "<p><b>&lt;i&gt;a</b>&lt;/i&gt;</p>\n"


def test_tags_nest_up_to_a_depth() -> None:
    html = render_markdown("<b>" * 5000 + "a" + "</b>" * 5000)
    assert html.count("<b>") == html.count("</b>") == MAX_DEPTH


DETAILS = "<details>\n<summary>"


@pytest.mark.parametrize(
    "text",
    [
        "<details>\n<summary>T *x*</summary>\n\n- a\n\n</details>\n\nafter",
        "<details open><summary>T *x*</summary>\n- a\n</details>\nafter",
        "<DETAILS class=a>\n<Summary>\nT *x*\n</Summary>\n- a</DETAILS>\nafter",
    ],
)
def test_details_hold_markdown_and_a_summary(text: str) -> None:
    assert render_markdown(text) == (
        f"{DETAILS}T <em>x</em></summary>\n<ul>\n<li>a</li>\n</ul>\n</details>\n<p>after</p>\n"
    )


def test_details_that_are_not_closed_end_with_what_holds_them() -> None:
    html = render_markdown("- <details>\n  a\n- b\n\nc")
    assert html == (
        "<ul>\n<li>\n<details>\n<p>a</p>\n</details>\n</li>\n<li>b</li>\n</ul>\n<p>c</p>\n"
    )


def test_details_in_code_are_code() -> None:
    html = render_markdown("<details>\n\n```\n</details>\n```\n\n</details>\nafter")
    assert "<code>&lt;/details&gt;\n</code>" in html
    assert html.endswith("</details>\n<p>after</p>\n")


def test_details_in_a_quote_and_in_details() -> None:
    html = render_markdown("> <details>\n> <details>\n> a\n> </details>\n> b\n> </details>\n> c")
    assert html.count("<details>") == html.count("</details>") == 2
    assert html.index("<p>c</p>") > html.rindex("</details>")


def test_details_nest_up_to_a_depth() -> None:
    assert render_markdown("<details>\n" * 100 + "a").count("<details>") == MAX_DETAILS


@pytest.mark.parametrize(
    "piece",
    [
        "<b>",
        "<b ",
        "</b>",
        "<details>\n",
        "</details>\n",
        "<details>\n</details>\n",
        "<summary>",
        "<b><i>",
        "*<b>",
        "<details><summary>\n",
    ],
)
def test_a_text_made_of_tags_is_rendered(piece: str) -> None:
    assert "end" in render_markdown(piece * 5000 + "\n\nend")


class Balance(HTMLParser):
    """Checks that each tag is closed where it belongs."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"input", "hr", *ALONE}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PIECES = [
    "<b>", "</b>", "<i x>", "</i>", "*", "**", "`", "~~", "[", "](/a)", "\n\n", "\n", "- ", "> ",
    "|", "a", " ", "<details>", "\n<details>\n", "</details>\n", "<summary>", "</summary>", "<br>",
    "$a$", "\n|-|-|\n", "```\n", "[^1]", "\n[^1]: ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_whatever_is_written_every_tag_is_closed_where_it_belongs(text: str) -> None:
    balance = Balance()
    balance.feed(render_markdown(text))
    balance.close()
    assert balance.open == []
