"""Whatever is quoted stays inside its quote, and its link stays a link."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from string import ascii_letters, digits, punctuation
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from quart_chat.assistants.librarian.answer import Quote, write_found, write_not_found
from quart_chat.assistants.librarian.phrases import SENTENCES
from quart_chat.assistants.librarian.retrieval import FoundPassage, Retrieved
from quart_chat.markdown import render_markdown
from quart_chat.search.passages import Passage, cut_text
from quart_chat.search.words import Language

SAY = SENTENCES[Language.ENGLISH]
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
PRINTED = st.text(ascii_letters + digits + punctuation + " \n", min_size=1)
AWKWARD = st.text(alphabet="ab \n\r`~*_[]()<>!&#|\\-=+1.:;\"'\t\u2028", min_size=1)


def make_quote(text: str = "Text.", title: str = "Title") -> Quote:
    return Quote(1, Passage(title, ("You",), "/chat/0#1", text))


class Shown(HTMLParser):
    """The words of a page, those of each blockquote and those of each link, white space folded."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.quotes: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._within: list[list[str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in {"blockquote", "a"}:
            self._within.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag in {"blockquote", "a"}:
            shown = " ".join("".join(self._within.pop()).split())
            (self.quotes if tag == "blockquote" else self.links).append(shown)

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for texts in self._within:
            texts.append(data)


def folded(text: str) -> str:
    return " ".join(text.split())


@given(text=PRINTED)
@example("300 dollars (net, without tax), see [7] and f(x)")
@example("[a]\n\\(b\\) \\[c\\]")
@example("$x$ and $$y$$\n$$\nz\n$$")
def test_the_page_shows_a_text_to_the_letter(text: str) -> None:
    assume(text.split())
    quote = Quote(1, Passage("Title", (), "/documents/0#p1", text, "plain"))
    assert Shown(render_markdown(quote.markdown)).quotes == [folded(text)]


@given(text=PRINTED)
@example("\\(a\\) $b$ [c]")
def test_the_page_shows_code_to_the_letter(text: str) -> None:
    assume(text.split())
    quote = Quote(1, Passage("Title", (), "/documents/0#p1", text, "code"))
    assert Shown(render_markdown(quote.markdown)).quotes == [folded(text)]


@given(title=PRINTED)
@example("report [v2].md")
@example("\\(a\\) costs $5$ or $$6$$")
def test_the_page_shows_a_title_to_the_letter(title: str) -> None:
    assume(title.split())
    passage = Passage(title, ("Budget [draft]",), "/documents/0#p1", "Text.")
    shown = Shown(render_markdown(Quote(1, passage).markdown))
    assert shown.links == [f"{folded(title)} · Budget [draft]"]
    suggested = Shown(render_markdown(write_not_found(retrieved((passage,)), SAY)))
    assert suggested.links == [folded(title)]


def test_the_page_shows_unknown_words_to_the_letter() -> None:
    word = "frob[x](y)\\(z\\)$a$"
    nothing = replace(retrieved(), unknown=(word,))
    shown = Shown(render_markdown(write_not_found(nothing, SAY)))
    assert f"“{word}”" in "".join(shown.words)


@given(title=AWKWARD)
@example("](javascript:x) <script>")
@example("&lt; `code` **bold** ![image](x)")
def test_any_title_is_shown_as_it_is_on_one_line(title: str) -> None:
    *_, inline, _ = MARKDOWN.parse(make_quote(title=title).markdown)
    number, opened, *shown, closed = inline.children or []
    assert (number.content, opened.attrs, closed.type) == (
        "[1] ",
        {"href": "/chat/0#1"},
        "link_close",
    )
    assert "".join(token.content for token in shown) == f"{' '.join(title.split())} · You".lstrip()


@given(text=AWKWARD)
@example("```\nno end")
@example("> > deep\n\n1. list\n\n    code")
@example("| a |\n| - |\n| b |")
def test_any_passage_stays_in_its_blockquote(text: str) -> None:
    assume("]:" not in text)
    for passage in cut_text(text):
        tokens = MARKDOWN.parse(make_quote(passage).markdown)
        top = [token.type for token in tokens if token.level == 0]
        assert top == [
            "blockquote_open",
            "blockquote_close",
            "paragraph_open",
            "paragraph_close",
        ]


def test_line_ends_of_every_kind_begin_a_quoted_line() -> None:
    assert make_quote("a\r\nb\rc\n\nd").markdown.startswith("> a\n> b\n> c\n>\n> d\n\n")


def retrieved(near: tuple[Passage, ...] = (), *unknown: str, **fields: Any) -> Retrieved:
    corpora = ("handbook", "documents", "chats")
    return Retrieved((), near, unknown, corpora, **fields)


def test_an_answer_without_near_pages_suggests_none() -> None:
    assert write_not_found(retrieved((), "kiwi"), SAY) == (
        "I couldn't find an answer in the handbook, your documents or your chats.\n\n"
        "Not mentioned anywhere: “kiwi”.\n"
    )


def test_what_comes_closest_is_offered_in_the_place_of_an_answer() -> None:
    passage = Passage("Fruit", (), "/handbook/fruit#kiwi", "")
    assert write_not_found(retrieved((passage,)), SAY) == (
        "I couldn't find an answer in the handbook, your documents or your chats."
        " These come closest:\n\n- [Fruit](/handbook/fruit)\n"
    )
    assert write_not_found(retrieved((passage,)), SENTENCES[Language.GERMAN]).startswith(
        "Im Handbuch, in Ihren Dokumenten oder in Ihren Chats habe ich keine Antwort gefunden."
        " Am nächsten kommen:\n\n"
    )


def test_at_most_five_pages_are_suggested_each_once() -> None:
    near = [Passage(f"Page {n // 2}", (), f"/handbook/{n // 2}?after=2#{n}", "") for n in range(16)]
    text = write_not_found(retrieved(tuple(near)), SAY)
    links = "".join(f"- [Page {n}](/handbook/{n})\n" for n in range(5))
    assert text.endswith(f"{SAY.closest}\n\n{links}")


def test_the_lead_says_where_the_quotes_are_from() -> None:
    quote = make_quote()
    of_chats = replace(retrieved(), found=(FoundPassage("chats", quote.passage),))
    assert next(write_found(of_chats, [quote], SAY)) == "In your chats:\n"
    german = next(write_found(of_chats, [quote], SENTENCES[Language.GERMAN]))
    assert german == "In Ihren Chats:\n"


def test_the_lead_says_that_a_word_was_read_as_another() -> None:
    quote = make_quote()
    of_handbook = replace(
        retrieved((), "kiwy", read_again=True), found=(FoundPassage("handbook", quote.passage),)
    )
    lead = next(write_found(of_handbook, [quote], SAY))
    assert lead == "In the handbook (reading “kiwy” as a word like it):\n"


@given(text=AWKWARD)
@example("# a\n* b\n1. c\n    d")
def test_what_is_not_markdown_is_quoted_as_it_is(text: str) -> None:
    assume(text.split())
    quote = Quote(1, Passage("Title", (), "/documents/0#p1", text, "plain"))
    *spans, _ = (token for token in MARKDOWN.parse(quote.markdown) if token.type == "inline")
    shown = " ".join(
        "".join(child.content or "\n" for child in span.children or []) for span in spans
    )
    assert shown.split() == text.split()


@given(text=AWKWARD)
@example("a ``` b")
def test_code_is_quoted_as_a_listing(text: str) -> None:
    quote = Quote(1, Passage("Title", (), "/documents/0#p1", text, "code"))
    (listing,) = (token for token in MARKDOWN.parse(quote.markdown) if token.type == "fence")
    assert listing.content.split() == text.split()
