"""Texts are cut into passages that are slices of them, character for character."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.search.chunking import BLOCK_SIZE, PASSAGE_SIZE
from quart_chat.search.passages import (
    anchors,
    cut_page,
    cut_text,
    read_handbook,
    slug,
)

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """\
# Bread

Bread needs time.

## The dough

Mix these:

- flour
- water

```sh
bake --slow
```

### Sourdough & `yeast`

Wait.

## The dough

Again.
"""


def test_a_passage_knows_its_title_headings_and_link() -> None:
    passages = cut_page(PAGE, "/handbook/bread")
    assert [(p.title, p.headings, p.url) for p in passages] == [
        ("Bread", (), "/handbook/bread"),
        ("Bread", ("The dough",), "/handbook/bread#the-dough"),
        ("Bread", ("The dough", "Sourdough & yeast"), "/handbook/bread#sourdough--yeast"),
        ("Bread", ("The dough",), "/handbook/bread#the-dough-1"),
    ]


def test_short_blocks_of_a_section_are_one_passage() -> None:
    passages = cut_page(PAGE, "/handbook/bread")
    assert passages[1].text == "Mix these:\n\n- flour\n- water\n\n```sh\nbake --slow\n```"


def test_a_sentence_with_a_colon_keeps_what_it_announces() -> None:
    lead, code = "word " * 60 + "as here:", "    " + "code\n    " * 70
    assert len(lead + code) > PASSAGE_SIZE
    assert cut_text(f"{lead}\n\n{code}") == [f"{lead}\n\n{code}".rstrip()]


def test_long_sections_are_cut_between_blocks() -> None:
    blocks = [f"{n} " + "word " * 60 + "end." for n in range(4)]
    assert cut_text("\n\n".join(blocks)) == ["\n\n".join(blocks[:1]), *blocks[1:]]


def test_an_overlong_block_is_cut_where_a_sentence_ends() -> None:
    sentence = "This sentence is here again and again. "
    pieces = cut_text(sentence * 60)
    assert all(piece.endswith("again. ") for piece in pieces[:-1])
    assert all(len(piece) <= PASSAGE_SIZE + 1 for piece in pieces)


def test_a_word_without_end_is_cut_too() -> None:
    text = "x" * (BLOCK_SIZE + 1)
    assert "".join(cut_text(text)) == text


def test_lists_of_links_are_left_out_of_pages_and_kept_in_messages() -> None:
    source = "Before.\n\n- [One](one.md)\n- [Two](two.md): more\n\nAfter.\n"
    assert [p.text for p in cut_page(source, "/x")] == ["Before.", "After."]
    assert cut_text(source) == [source.rstrip()]


def test_a_page_without_a_title_is_called_by_its_link() -> None:
    (passage,) = cut_page("Text.", "/handbook/x")
    assert passage.title == "/handbook/x"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Resume a stream", "resume-a-stream"),
        ("GET /api/<id>", "get-apiid"),
        ("Was heißt „Größe“?", "was-heißt-größe"),
        ("emit_event", "emit_event"),
        ("???", "section"),
    ],
)
def test_anchors_are_words_with_hyphens(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_a_page_has_an_anchor_for_every_heading() -> None:
    assert anchors(PAGE) == ["bread", "the-dough", "sourdough--yeast", "the-dough-1"]


def test_pages_are_read_from_all_folders(tmp_path: Path) -> None:
    (tmp_path / "how-to").mkdir()
    (tmp_path / "index.md").write_text("# Book\n\nIntro.\n")
    (tmp_path / "how-to" / "bake.md").write_text("# Bake\n\nSlowly.\n")
    assert [(p.title, p.url) for p in read_handbook(tmp_path)] == [
        ("Bake", "/handbook/how-to/bake"),
        ("Book", "/handbook/"),
    ]


def test_an_anchor_holds_no_markup() -> None:
    assert anchors("# A *new* [page][1]\n\n[1]: /there\n") == ["a-new-page"]


@given(st.text(alphabet=st.characters(codec="utf-8")) | st.text(alphabet="#-*`>|:. \n\r\t[]()1ax"))
def test_every_passage_is_a_slice_of_its_source(source: str) -> None:
    texts = [*cut_text(source), *(passage.text for passage in cut_page(source, "/x"))]
    assert all(text and text in source for text in texts)
