"""Very long texts in chunks."""

from __future__ import annotations

import re
from functools import cache

import pytest

from quart_chat.markdown import render_markdown
from quart_chat.markdown.renderer import render_mail
from tests.answer import LONG_ANSWERS, long_list, long_table

CHUNK = '<div class="chunk">\n'
TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)


@cache
def chunks_of(name: str) -> list[str]:
    """The HTML of a long answer, chunk by chunk; a quarter of it has as many as are needed."""
    return render_markdown(LONG_ANSWERS[name]()[:50_000]).split(CHUNK)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()


def test_a_text_of_usual_length_has_no_chunks() -> None:
    assert CHUNK not in render_markdown("- *a*\n" * 100)


@pytest.mark.parametrize("name", sorted(LONG_ANSWERS.keys() - {"code"}))
def test_no_chunk_has_more_elements_than_a_browser_shows_at_once(name: str) -> None:
    chunks = chunks_of(name)
    assert len(chunks) > 3
    assert max(chunk.count("</") for chunk in chunks) < 1000


@pytest.mark.parametrize("name", LONG_ANSWERS)
def test_every_chunk_is_closed_where_it_ends(name: str) -> None:
    for chunk in chunks_of(name)[1:]:
        for tag in ("blockquote", "li", "ol", "p", "table", "tbody", "ul"):
            assert len(re.findall(rf"<{tag}[ >]", chunk)) == chunk.count(f"</{tag}>")
        assert len(re.findall("<div[ >]", chunk)) + 1 == chunk.count("</div>")


def test_nothing_of_a_list_is_lost() -> None:
    html = render_markdown(long_list())
    assert re.findall(r"<strong>(Item \d+)</strong>", html) == [f"Item {n}" for n in range(5000)]
    assert html.count('<ul class="part">') == html.count(CHUNK)


def test_the_numbers_of_a_list_go_on() -> None:
    html = render_markdown("".join(f"{n}. *a* *b*\n" for n in range(7, 500)))
    first, *others = html.split(CHUNK)
    number = 7 + first.count("<li")
    assert others
    for chunk in others:
        assert chunk.startswith(f'<ol start="{number}" class="part">\n')
        number += chunk.count("<li")
    assert number == 500


def test_an_item_that_goes_on_has_no_number_of_its_own() -> None:
    paragraphs = "\n\n".join(f"   *a* *b* {n}" for n in range(900))
    html = render_markdown(f"1. first\n2. second\n\n{paragraphs}\n3. third\n")
    assert CHUNK + '<ol start="2" class="part">\n<li class="part">\n' in html
    assert html.count("<li>") == 3


def test_a_long_table_has_its_head_in_each_chunk() -> None:
    html = render_markdown(long_table())
    tables = TABLE.findall(html)
    assert len(tables) == html.count(CHUNK) + 1
    assert {text_of(table.split("</thead>")[0]) for table in tables} == {"n name share"}
    assert [int(n) for n in re.findall(r"<code>item-(\d+)</code>", html)] == list(range(6500))
    assert html.startswith('<div class="table long"><table>')
    assert html.count('<div class="table long part">') == html.count(CHUNK)


def test_details_are_not_divided() -> None:
    html = render_markdown("<details>\n\n" + "- *a*\n" * 2000 + "\n</details>\n\nend")
    assert html.split(CHUNK)[0].count("<details>") == html.split(CHUNK)[0].count("</details>") == 1


def test_footnotes_are_behind_the_last_chunk() -> None:
    html = render_markdown("A note[^1].\n\n" + "- *a*\n" * 2000 + "\n[^1]: Here.\n")
    before, notes = html.rsplit("</div>\n", 1)
    assert CHUNK in before
    assert "Here." in notes


def test_a_mail_has_no_chunks() -> None:
    html = render_mail(long_table())
    assert html.count("<table") == 1
    assert CHUNK not in html
