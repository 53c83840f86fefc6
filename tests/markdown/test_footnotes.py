"""Footnotes and task lists in Markdown."""

from __future__ import annotations

import re

import pytest

from quart_chat.markdown import render_markdown
from quart_chat.markdown.blocks.footnotes import MAX_NOTES


def test_a_footnote_and_what_leads_to_it_lead_to_each_other() -> None:
    html = render_markdown("Text[^a].\n\n[^a]: The *note*.")
    there = re.search(r'<a href="#(note-[\w-]+)" id="(noted-[\w-]+)"', html)
    assert there
    assert f'<li id="{there[1]}">\n<p>The <em>note</em>. <a href="#{there[2]}"' in html


def test_footnotes_are_numbered_as_the_text_leads_to_them() -> None:
    html = render_markdown("A[^z] b[^a] c[^z]\n\n[^a]: second\n[^z]: first")
    assert re.findall(r'role="doc-noteref">(\d)<', html) == ["1", "2", "1"]
    assert html.index("first") < html.index("second")


def test_a_footnote_that_nothing_leads_to_is_shown() -> None:
    html = render_markdown("Text.\n\n[^1]: https://example.com")
    assert "https://example.com" in html
    assert "doc-backlink" not in html


def test_what_is_indented_belongs_to_the_footnote() -> None:
    html = render_markdown("a[^1]\n\n[^1]: one\n\n    - two\n\nafter")
    assert html.startswith("<p>a<sup")
    assert html.index("<p>after</p>") < html.index("<li>two</li>")


def test_a_footnote_may_lead_to_another() -> None:
    html = render_markdown("a[^1]\n\n[^1]: one[^2]\n[^2]: two[^1]")
    assert re.findall(r'role="doc-noteref">(\d)<', html) == ["1", "2", "1"]


@pytest.mark.parametrize("text", ["a[^1]", "[^]: a", "[^a b]: c", "- [^1]", "`[^1]: a`"])
def test_without_a_definition_it_is_text(text: str) -> None:
    assert "note" not in render_markdown(text)


def test_the_anchors_of_two_texts_differ() -> None:
    first, second = (render_markdown(f"{word}[^1]\n\n[^1]: x") for word in ("a", "b"))
    assert not {*re.findall(r'id="([^"]+)"', first)} & {*re.findall(r'id="([^"]+)"', second)}


@pytest.mark.parametrize("piece", ["[^", "[^1]: a\n", "[^1]: a\n\n", "[^1] ", "[^a]:[^b]:"])
def test_a_text_made_of_footnotes_is_rendered(piece: str) -> None:
    assert "end" in render_markdown(f"{piece * 5000}\n\nend\n\n[^1]: x")


def test_footnotes_without_bound_are_text() -> None:
    text = "".join(f"[^{number}]: x\n\n" for number in range(MAX_NOTES + 5))
    assert render_markdown(text).count('<li id="note-') == MAX_NOTES


def test_a_task_is_a_box_in_the_label_of_its_text() -> None:
    html = render_markdown("- [ ] open\n- [x] *done*\n- [X] done\n- plain")
    assert '<li class="task"><label><input type="checkbox" disabled> open</label></li>' in html
    assert '<input type="checkbox" disabled checked> <em>done</em></label>' in html
    assert html.count("checked") == 2
    assert "<li>plain</li>" in html


@pytest.mark.parametrize("text", ["[ ] a", "- [y] a", "- [x](/a)", "- a [ ] b", "- [ ]"])
def test_other_brackets_are_text(text: str) -> None:
    assert "input" not in render_markdown(text)
