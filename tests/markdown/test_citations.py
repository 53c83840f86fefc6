"""``[n]`` in an answer leads to its source, or is marked; and never in code."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.protocol import Source
from quart_chat.markdown import render_markdown

LEASE = Source(1, 'The "lease"', "Notice", "/documents/0?passage=4#p4", "Three months.")
GUIDE = Source(2, "Guide", "", "/handbook/guide#top", "Read it.")
LINK = (
    '<a class="citation" href="/documents/0?passage=4#p4"'
    ' title="The &quot;lease&quot; · Notice">[1]</a>'
)
NONE = '<mark class="no-source">[7] <small>no such source</small></mark>'


def render(text: str) -> str:
    return render_markdown(text, (LEASE, GUIDE))


def test_a_number_leads_to_its_source() -> None:
    assert render("Three months [1].") == f"<p>Three months {LINK}.</p>\n"


def test_a_number_without_a_source_is_marked_in_words() -> None:
    assert render("Four months [7].") == f"<p>Four months {NONE}.</p>\n"


def test_the_mark_speaks_the_language_of_the_answer() -> None:
    assert "keine solche Quelle" in render("Das ist nicht der Fall [7].")


@pytest.mark.parametrize("together", ["[1, 7]", "[1,7]", "[1; 7]", "[ 1 , 7 ]", "[1][7]"])
def test_numbers_that_stand_together_are_checked_one_by_one(together: str) -> None:
    assert render(together) == f"<p>{LINK}{NONE}</p>\n"


@pytest.mark.parametrize(
    "code", ["`a[1]`", "```\na[7]\n```", "    a[1]", "``[7]``", "```python\nx = a[1]\n```"]
)
def test_code_holds_no_citations(code: str) -> None:
    html = render(code)
    assert "citation" not in html
    assert "no-source" not in html


def test_where_nothing_is_checked_brackets_are_text() -> None:
    assert render_markdown("See [1].") == "<p>See [1].</p>\n"


def test_an_answer_that_was_given_nothing_can_cite_nothing() -> None:
    assert render_markdown("See [7].", ()) == f"<p>See {NONE}.</p>\n"


# An address in the text leads there, and says so.
ADDRESS = (
    '<a href="https://elsewhere.example" rel="noopener noreferrer nofollow">'
    "https://elsewhere.example</a>"
)


@pytest.mark.parametrize(
    "text", ["[1](https://elsewhere.example)", "[1]\n\n[1]: https://elsewhere.example"]
)
def test_a_number_can_not_be_made_to_lead_elsewhere(text: str) -> None:
    html = render(text)
    assert html.count("[1]</a>") == html.count(LINK)
    assert 'href="https' not in html.replace(ADDRESS, "")


@pytest.mark.parametrize("text", ["\\[1\\]", "[2024]", "[one]", "[]", "[1", "1]", "[x [a](b) 1]"])
def test_other_brackets_are_left_alone(text: str) -> None:
    assert render(text) == render_markdown(text)


def test_citations_work_in_tables_quotes_lists_and_bold() -> None:
    html = render("| a |\n|-|\n| [1] |\n\n> [1]\n\n- **x [1]**\n")
    assert html.count(LINK) == 3


@given(
    st.lists(
        st.one_of(st.integers(0, 999).map("[{}]".format), st.text(alphabet="ab *_\n>-`[]()!0123")),
        max_size=12,
    )
)
def test_whatever_is_written_only_given_sources_are_linked(parts: list[str]) -> None:
    html = render("".join(parts))
    links = re.findall(r'<a class="citation" href="([^"]*)" title="[^"]*">\[(\d+)\]</a>', html)
    assert set(links) <= {(LEASE.url, "1"), (GUIDE.url, "2")}
    assert html.count('class="citation"') == len(links)
    assert not re.search(r'<mark class="no-source">\[[12]\] ', html)
