from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.markdown import MAX_NESTING, render_markdown
from quart_chat.markdown.blocks.code import MAX_HIGHLIGHTED
from quart_chat.markdown.math.mathml import ELEMENTS, VALUES
from quart_chat.markdown.tags import ALONE, PAIRED

TAGS = frozenset(
    """a blockquote br code del details div em h1 h2 h3 h4 h5 h6 hr input label li ol p pre s
    section span strong summary sup table tbody td th thead tr ul""".split()  # noqa: SIM905 - names read best
) | {"math", "semantics", "annotation", *ELEMENTS, *ALONE, *PAIRED}
ATTRIBUTES = frozenset(
    """checked class disabled display encoding href id rel role start tabindex title type""".split()  # noqa: SIM905
) | {*VALUES}


class Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def collect(html: str) -> Collector:
    collector = Collector()
    collector.feed(html)
    collector.close()
    return collector


def test_html_is_shown_as_text() -> None:
    html = render_markdown("<script>alert(1)</script> <a onclick='x'>bold</a>")
    assert "<script" not in html
    assert "<a " not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize(
    "url", ["https://example.com/a", "http://example.com", "mailto:a@b.c", "/chat/1", "#top"]
)
def test_a_link_leads_there_and_gives_nothing_away(url: str) -> None:
    assert render_markdown(f"[a]({url})") == (
        f'<p><a href="{url}" rel="noopener noreferrer nofollow">a</a></p>\n'
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "&#106;avascript:alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "data:image/png;base64,x",
        "file:///etc/passwd",
        "custom+scheme.1-2:x",
    ],
)
def test_a_link_of_another_scheme_is_none(url: str) -> None:
    assert "href" not in render_markdown(f"[a]({url}) ![b]({url}) <{url}>")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.com/a.", "https://example.com/a"),
        ("(http://localhost:8000/?a=b&c=d)", "http://localhost:8000/?a=b&amp;c=d"),
        ("https://example.com/a_(b)_c, and", "https://example.com/a_(b)_c"),
        ("**https://example.com!**", "https://example.com"),
        ("请看https://example.com/a。", "https://example.com/a"),
    ],
)
def test_an_address_in_the_text_is_a_link(text: str, address: str) -> None:
    link = f'<a href="{address}" rel="noopener noreferrer nofollow">{address}</a>'
    html = render_markdown(text)
    assert link in html
    assert html.count("<a ") == 1
    assert html.index(link) == html.index("http") - len('<a href="')


def test_an_address_beyond_ascii_is_encoded_and_shown_as_it_was_written() -> None:
    assert '<a href="http://xn--d-bga.example/%C3%BC" ' in render_markdown("http://dé.example/ü")
    assert ">http://dé.example/ü</a>" in render_markdown("http://dé.example/ü")


@pytest.mark.parametrize(
    "text",
    [
        "xhttps://a.b",
        "https://",
        "`https://a.b`",
        "    https://a.b",
        "ftp://a.b",
        "www.a",
        "x.www.a.b",
        "a@www.b.c",
        "`www.a.b`",
        "www..a.b",
    ],
)
def test_what_is_no_address_of_a_page_is_text(text: str) -> None:
    assert "<a " not in render_markdown(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See www.example.com.", "www.example.com"),
        ("(www.example.com/a_(b)?c=d)", "www.example.com/a_(b)?c=d"),
        ("请看www.example.com。", "www.example.com"),
        ("**WWW.example.com**", "WWW.example.com"),
    ],
)
def test_an_address_without_a_scheme_is_a_link(text: str, address: str) -> None:
    link = f'<a href="http://{address}" rel="noopener noreferrer nofollow">{address}</a>'
    assert link in render_markdown(text)


def test_a_link_holds_no_other() -> None:
    assert render_markdown("[see https://a.b](https://c.d)").count("<a ") == 1


def test_an_image_is_a_link_to_it() -> None:
    assert render_markdown('![a *cat*](https://example.com/cat.png "Tom")') == (
        '<p><a href="https://example.com/cat.png" title="Tom"'
        ' rel="noopener noreferrer nofollow">a cat</a></p>\n'
    )


def test_an_image_without_a_description_is_called_by_its_address() -> None:
    assert ">/cat.png</a>" in render_markdown("![](/cat.png)")


def test_an_image_within_a_link_is_its_description() -> None:
    assert render_markdown("[![cat](/cat.png)](/tom)") == (
        '<p><a href="/tom" rel="noopener noreferrer nofollow">cat</a></p>\n'
    )


def test_descriptions_nested_in_descriptions_are_text() -> None:
    assert ">a b\nc d</a>" in render_markdown("![a ![b](/b)\nc [d](/d)](/e)")


def test_the_cells_of_a_table_are_aligned_by_class() -> None:
    html = render_markdown("|a|b|c|d|\n|:-|:-:|-:|-|\n|1|2|3|4|")
    assert '<div class="table" tabindex="0"><table>' in html
    for cell in (
        '<th class="align-left">',
        '<td class="align-center">',
        '<td class="align-right">',
    ):
        assert cell in html
    assert "style" not in html


def test_code_of_a_known_language_is_highlighted() -> None:
    html = render_markdown("```python\ndef f(): pass\n```")
    assert '<pre tabindex="0"><code class="language-python"><span class="k">def</span>' in html


@pytest.mark.parametrize("language", ["", "nolang", "brainfuck", "PYTHON3x"])
def test_code_of_any_other_language_is_plain(language: str) -> None:
    assert "<span" not in render_markdown(f"```{language}\ndef f(): pass\n```")


def test_a_name_that_is_no_language_is_no_class() -> None:
    assert render_markdown('```"><b>\nx\n```') == '<pre tabindex="0"><code>x\n</code></pre>\n'


def test_overlong_code_is_plain() -> None:
    code = "def f(): pass\n" * MAX_HIGHLIGHTED
    assert "<span" not in render_markdown(f"```python\n{code}```")


@given(code=st.text(st.sampled_from("ab =\"'#<>&\t\n(){}:;0"), max_size=80))
def test_highlighting_changes_no_character(code: str) -> None:
    html = render_markdown(f"~~~~~~python\n{code}\n~~~~~~")
    assert unescape(re.sub(r"</?(?:span|code|pre)[^>]*>", "", html)) == f"{code}\n\n"


def test_what_is_nested_deeper_than_anybody_writes_is_cut() -> None:
    assert render_markdown("> " * 1000 + "a").count("<blockquote>") == MAX_NESTING


@pytest.mark.parametrize(
    "piece", ["> ", "[", "![", "*a ", "`" * 3 + "\n", "a|b\n-|-\n", "[a]: b\n"]
)
def test_a_text_made_to_be_slow_is_rendered(piece: str) -> None:
    html = render_markdown(piece * 5000 + "\n\nend")
    assert html.removesuffix("</div>\n").endswith("<p>end</p>\n")


def test_a_list_may_start_anywhere() -> None:
    assert '<ol start="7">' in render_markdown("7. seven")


PIECES = [
    "$", "$$", "\\(", "\\)", "\\text{", "{", "}", "<img src=x onerror=y>", "&lt;b&gt;", "\\href{",
    "<b", "<b onclick=a>", "</b>", "<KBD>", "</kbd>", "<br/>", "<br onload=x>", "*", "> [!NOTE]\n",
    "<details ontoggle=x open>", "\n<details>", "</details>\n", "<summary>", "</summary>",
    "<style>", "<a href=x>", "<iframe>", "<svg/onload=x>", "<b <b>", "<math>", "```math\n",
    "```md\n", "www.a.b", "_", "^", "javascript:a", "\\style{", "\\class{", "\\frac", "[^", "]",
    "]:", '"', "a", "1", "\n\n", " ", "- [ ] ",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(st.one_of(st.text(), HOSTILE))
def test_whatever_is_written_only_harmless_html_comes_out(text: str) -> None:
    found = collect(render_markdown(text))
    assert TAGS.issuperset(found.tags)
    assert ATTRIBUTES.issuperset(name for name, _ in found.attributes)


@given(st.text())
def test_a_text_is_always_rendered_the_same(text: str) -> None:
    assert render_markdown(text) == render_markdown(text)


def test_a_backslash_does_not_take_the_line_break_behind_it() -> None:
    assert render_markdown("a\\  \nb") == "<p>a\\<br>\nb</p>\n"
    assert render_markdown("[a\\ b](/c)").endswith(">a\\ b</a></p>\n")
