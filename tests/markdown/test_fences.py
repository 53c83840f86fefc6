"""Fences within fences, callouts, and what code is called."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.markdown import render_markdown
from quart_chat.web.pages.chat import headings

EXAMPLE = "```markdown\n## T\n```\nX\n```\n## U\n```json\n{}\n```\n```"


def blocks(text: str) -> list[str]:
    """The code of each block."""
    html = render_markdown(text)
    return [
        re.sub("<[^>]+>", "", unescape(re.sub("</?span[^>]*>", "", code)))
        for code in re.findall("<code[^>]*>(.*?)</code>", html, re.DOTALL)
    ]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (EXAMPLE, "## T\n```\nX\n```\n## U\n```json\n{}\n```\n"),
        (
            "```md\n```sh\nrun\n```\n\n```sh\nstop\n```\n```",
            "```sh\nrun\n```\n\n```sh\nstop\n```\n",
        ),
        ("~~~markdown\n~~~\nX\n~~~\n~~~", "~~~\nX\n~~~\n"),
        (
            "```markdown\n# A\n\n```\nsrc/\n  a.py\n```\n\nB\n```",
            "# A\n\n```\nsrc/\n  a.py\n```\n\nB\n",
        ),
        ("```MD\n1. a\n   ```js\n   b\n   ```\n2. c\n```", "1. a\n   ```js\n   b\n   ```\n2. c\n"),
        ("````markdown\n```\na\n```\n````", "```\na\n```\n"),
        ("```md\n```md\n```js\nx\n```\n```\n```", "```md\n```js\nx\n```\n```\n"),
        ("```md\n~~~\na\n~~~\n```", "~~~\na\n~~~\n"),
    ],
)
def test_a_block_of_markdown_holds_other_blocks(text: str, inside: str) -> None:
    assert blocks(f"{text}\n\nafter") == [inside]
    assert render_markdown(f"{text}\n\nafter").endswith("<p>after</p>\n")


@pytest.mark.parametrize("prefix", ["- ", "1. ", "> ", "- > "])
def test_it_does_so_within_a_list_and_a_quote(prefix: str) -> None:
    rest = prefix if prefix == "> " else "  > " if prefix == "- > " else " " * len(prefix)
    text = prefix + EXAMPLE.replace("\n", f"\n{rest}")
    assert len(blocks(text)) == 1
    assert blocks(text)[0].endswith("{}\n```\n")


@pytest.mark.parametrize("end", range(20, len(EXAMPLE)))
def test_while_it_is_written_it_is_one_block(end: int) -> None:
    written = EXAMPLE[:end]
    if written.count("\n```") >= 2 and not written.endswith("\n"):  # the block within is whole
        assert len(blocks(written)) == 1


@pytest.mark.parametrize(
    ("text", "count", "after"),
    [
        ("```md\na\n```\n\nb", 1, "<p>b</p>"),
        ("```md\na\n```\nb", 1, "<p>b</p>"),
        ("```md\na\n```\n\n```\nb\n```\nc", 2, "<p>c</p>"),
        ("```md\na\n```\nb\n\n```\nc\n```\n\nd", 2, "<p>d</p>"),
        ("```md\na\n```\nb\n```js\nc\n```\nd", 2, "<p>d</p>"),
        ("```\na\n```js\n```\nb", 1, "<p>b</p>"),
        ("```python\n```js\n```\nb", 1, "<p>b</p>"),
        ("```mdfoo\n```js\n```\nb", 1, "<p>b</p>"),
    ],
)
def test_other_blocks_end_as_they_did(text: str, count: int, after: str) -> None:
    assert len(blocks(text)) == count
    assert render_markdown(text).endswith(f"{after}\n")


LINES = st.lists(st.sampled_from(["text", "", "# H", "- a", "  x = 1"]), max_size=4)


@given(parts=st.lists(st.tuples(LINES, st.sampled_from(["js", "sh", "json"]), LINES), max_size=4))
def test_a_document_with_code_of_any_language_is_one_block(
    parts: list[tuple[list[str], str, list[str]]],
) -> None:
    lines = [
        line
        for text, language, code in parts
        for line in [*text, f"```{language}", *code, "```", ""]
    ]
    inside = "".join(f"{line}\n" for line in lines)
    assert blocks(f"```markdown\n{inside}```\n\nafter") == [inside]


@pytest.mark.parametrize(
    "piece", ["```md\n", "```md\na\n", "```\nx\n", "```md\n```\nx\n", "```md\nx\n```\nx\n```\n"]
)
def test_a_text_made_of_fences_is_rendered(piece: str) -> None:
    assert "end" in render_markdown(piece * 5000 + "\n\nend")


@pytest.mark.parametrize("kind", ["note", "tip", "important", "warning", "caution"])
def test_a_quote_that_begins_with_its_kind_is_a_callout(kind: str) -> None:
    html = render_markdown(f"> [!{kind.upper()}]\n> *a*\n>\n> b")
    assert html == (
        f'<blockquote class="callout callout-{kind}">\n'
        f'<p class="callout-title">{kind.capitalize()}</p>\n'
        "<p><em>a</em></p>\n<p>b</p>\n</blockquote>\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "> [!Note]  \n> a",
        "> [!note]\n>\n> a",
        "- > [!NOTE]\n  > a",
        "> > [!NOTE]\n> > a",
        "> [!NOTE]\n> - a",
    ],
)
def test_a_callout_is_found_wherever_it_is(text: str) -> None:
    assert 'class="callout-title">Note</p>' in render_markdown(text)
    assert "[!" not in render_markdown(text)
    assert "<p></p>" not in render_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "> [!NOTE]a",
        "> [!NOTE](/a)",
        "> [!OTHER]\n> a",
        "> a\n> [!NOTE]",
        "[!NOTE]\na",
        "> \\[!NOTE]\n> a",
    ],
)
def test_other_quotes_are_quotes(text: str) -> None:
    assert "callout" not in render_markdown(text)


@pytest.mark.parametrize("mark", ["[!NOTE]", "[!note]-", "[!Note]+ "])
def test_a_callout_may_have_its_own_title(mark: str) -> None:
    html = render_markdown(f"> {mark} Note the *end*\n> a")
    assert html == (
        '<blockquote class="callout callout-note">\n'
        '<p class="callout-title">Note the <em>end</em></p>\n<p>a</p>\n</blockquote>\n'
    )
    assert headings._CALLOUT.search(html) is None


def test_what_a_diff_adds_and_removes_is_marked() -> None:
    html = render_markdown("```diff\n@@ -1 +1 @@\n-a\n+b\n c\n```")
    assert '<span class="gd">-a</span>' in html
    assert '<span class="gi">+b</span>' in html


@pytest.mark.parametrize("language", ["mermaid", "Mermaid", "dot", "plantuml"])
def test_a_diagram_is_code_with_a_name(language: str) -> None:
    html = render_markdown(f"```{language}\ngraph TD; A-->B\n```")
    assert f'<code class="language-{language}">graph TD; A--&gt;B' in html
