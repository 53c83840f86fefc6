"""What an answer quotes of other chats stays, and where it is from goes."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quart_chat.assistants.librarian.answer import Quote
from quart_chat.assistants.protocol import Source
from quart_chat.chat.streams.redaction import Redacted, Redaction
from quart_chat.markdown import render_markdown
from quart_chat.markdown.citations import Citations
from quart_chat.search.passages import Passage

OWN, OTHER = "0" * 32, "f" * 32
REDACTION = Redaction(OWN)
LINK = f"[a \\] b](/chat/{OTHER}?round=1#round-1)"
PIECES = [
    "/",
    "https://a.b/chat/",
    "[",
    "]",
    "(",
    ")",
    "\\",
    "\n",
    "a",
    " ",
    "[1]",
    "](/chat/",
    OTHER,
    OWN,
    "?round=1",
    LINK,
    "http",
    "s",
    ":",
    "%2f",
    "*",
    f"{'%66' * 32}",
]
WAYS_AROUND = [
    *PIECES,
    "/chat/",
    "\\/chat\\/",
    "/%63hat/",
    "//",
    OTHER[:9],
    OTHER[9:],
    OTHER.upper(),
    "&#102;" * 32,
    "&#47;",
    "chat",
    "`",
    "**",
    "_",
    "~~",
    "```python\n",
    "\n```\n",
    "    ",
    "$",
    "$$",
    "\\text{",
    "}",
    "![",
    "](https://a.b ",
    '"',
    "<",
    ">",
    "| a |\n|---|\n| ",
    "[^1]",
    "\n\n[^1]: ",
    "- ",
]

texts = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)
tricky_texts = st.lists(st.sampled_from(WAYS_AROUND), max_size=20).map("".join)
# The attributes of tags, and what is seen between them.
SEEN = re.compile(r"<[^>]*>")


def visible(html: str) -> str:
    """Both what people see of a page, and what its tags say, in plain characters."""
    tags, text = " ".join(SEEN.findall(html)), SEEN.sub("", html)
    return unquote(unescape(f"{tags} {text}")).lower()


def whole(text: str) -> str:
    return REDACTION.written(text, "complete")[0]


@pytest.mark.parametrize("title", ["Plan", "[draft] \\(x\\) *a* `b`", "\\", "](/handbook/)", "<b>"])
def test_neither_title_nor_address_of_another_chat_is_left(title: str) -> None:
    url = f"/chat/{OTHER}?round=2#round-2"
    answer = Quote(1, Passage(title, ("You",), url, "Kiwis are green.")).markdown
    html = REDACTION.html(render_markdown(answer))
    assert html.endswith("<p>[1] Another chat</p>\n")
    assert whole(answer) == "> Kiwis are green.\n\n[1] Another chat\n"


@pytest.mark.parametrize(
    "text",
    [
        f'[x](/chat/{OTHER} "t")',
        f"[x](</chat/{OTHER}>)",
        f"[x][1]\n\n[1]: /chat/{OTHER}",
        f"see /chat/{OTHER}#round-1.",
        f"<https://chat.example.org/chat/{OTHER}>",
        f"[x](http://localhost:8000/chat/{OTHER})",
        f"[x](http://localhost:8000/prefix/chat/{OTHER})",
        f"[x](//localhost/chat//{OTHER})",
        f"[x](https://elsewhere.example '/chat/{OTHER}')",
        f"see https://chat.example.org/chat/{OTHER}.",
        f"https\\:\\/\\/chat\\.example\\.org\\/chat\\/{OTHER}\\#round\\-1",
        f"`/chat/{OTHER}`and more",
        f"```python\n/chat/{OTHER}\n```",
        f"```python\nget('/chat/{'1a' * 16}')\n```",
        f"/chat/**{OTHER[:7]}**{OTHER[7:]}",
        f"[x](/chat/{'%66' * 32})",
        f"![x](/chat/{OTHER})",
        f"$/chat/{OTHER}$",
        f"$$\\text{{/chat/{OTHER}}}$$",
        f"/chat/{OTHER.upper()}",
    ],
)
def test_however_it_is_written_no_address_of_another_chat_is_left(text: str) -> None:
    for other in (OTHER, "1a" * 16):
        assert f"/chat/{other}" not in visible(whole(text))
        assert f"/chat/{other}" not in visible(REDACTION.html(render_markdown(text)))


@given(tricky_texts)
@example(f"[a]({LINK}{OTHER}")
def test_no_text_is_rendered_with_the_address_of_another_chat(text: str) -> None:
    redacted = REDACTION.html(render_markdown(text))
    assert not re.search(rf"/chat/{OTHER}", visible(redacted))
    tags = [tag.partition(" ")[0] for tag in SEEN.findall(redacted)]
    assert tags.count("<p>") == tags.count("</p>")


def test_what_is_quoted_names_no_other_chat_either() -> None:
    quote = f"As in https://a.b/chat/{OTHER}#round-1 it is green."
    source = Source(1, "Notes", "", "/documents/1", quote, quote)
    message = {"role": "assistant", "content": "", "status": "complete", "html": ""}
    (item,) = REDACTION.item({**message, "sources": [source.to_item()]})["sources"]
    assert item["quote"] == item["excerpt"] == "As in Another chat it is green."
    assert item["title"] == "Notes"


def test_other_links_stay() -> None:
    for url in (
        f"/chat/{OWN}",
        f"/chat/{OTHER[1:]}",
        "/chat",
        "/handbook/",
        "/documents/1?passage=2#p2",
    ):
        text = f"[1] [a]({url})"
        assert whole(text) == text
        assert REDACTION.html(render_markdown(text)) == render_markdown(text)


def test_cells_of_a_table_are_no_address_together() -> None:
    text = f"| a | b |\n| - | - |\n| /chat/ | {OTHER} |\n"
    assert whole(text) == text
    assert REDACTION.html(render_markdown(text)) == render_markdown(text)


def test_a_number_stays_and_leads_nowhere() -> None:
    source = Source(1, "Plan", "You", f"/chat/{OTHER}", "Kiwis are green.")
    html = f"<p>Green {Citations.of([source]).render(1)}.</p>"
    assert REDACTION.html(html) == "<p>Green [1].</p>"


@given(text=texts, cuts=st.lists(st.integers(0, 400), max_size=8), length=st.integers(0, 400))
@example(LINK, list(range(len(LINK))), 0)
@example(f"https://a.b/chat/{OTHER} c", list(range(40)), 0)
def test_a_text_in_flight_is_what_it_will_be(text: str, cuts: list[int], length: int) -> None:
    """However it is cut, and wherever one joins; what may still become a link waits."""
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    start = max(place for place in places if place <= length)
    shown, held = REDACTION.written(text[:start], "streaming")
    written = Redacted(REDACTION, text[:start])
    for begin, end in pairwise(place for place in places if place >= start):
        offset, more = written.add(begin, text[begin:end])
        assert offset == len(shown)
        shown += more
    final, held = REDACTION.written(text, "streaming")
    assert shown == final
    assert whole(text).startswith(shown)
    assert whole(shown + held) == whole(text)


def test_what_comes_twice_is_shown_once() -> None:
    written = Redacted(REDACTION, f"{LINK} abc")
    assert written.add(len(LINK) + 2, "bcde") == (len("Another chat abc"), "de")
