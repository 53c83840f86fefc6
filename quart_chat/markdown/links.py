"""Links: all are marked as leading elsewhere, addresses in the text become some, and so do images.

``static/js/markdown/links.js`` makes the same of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

_REL = "noopener noreferrer nofollow"

# An address as people write it, or one that begins with "www." and has two more labels: what may
# stand in one (RFC 3986), and letters beyond ASCII, but none of the scripts that are written
# without spaces, where it is over when they go on.
_LETTERS = "A-Za-z0-9\u00c0-\u1fff"
_ADDRESS = re.compile(
    rf"(?<![{_LETTERS}])(?:[Hh][Tt][Tt][Pp][Ss]?://[{_LETTERS}]"
    rf"|(?<![./:@\-_])(?:www|WWW|Www)\.[{_LETTERS}][{_LETTERS}\-]*\.(?=[{_LETTERS}]))"
    rf"[{_LETTERS}!#$%&'()*+,\-./:;=?@_~]*"
)
# At its end these belong to the sentence.
_PUNCTUATION = "!'*,.:;?_~"


def add_links(markdown: MarkdownIt) -> None:
    def make_links(state: StateCore) -> None:
        for token in state.tokens:
            if token.children:
                token.children = list(_make_links(token.children, markdown))

    markdown.core.ruler.push("links", make_links)


def _make_links(tokens: Sequence[Token], markdown: MarkdownIt) -> Iterator[Token]:
    in_link = False
    for token in tokens:
        if token.type == "link_open":
            token.attrs["rel"] = _REL
            in_link = True
        elif token.type == "link_close":
            in_link = False
        if token.type == "image":
            yield from _image_as_link(token, in_link=in_link)
        elif token.type == "text" and not in_link:
            yield from _addresses_as_links(token.content, markdown)
        else:
            yield token


def _addresses_as_links(text: str, markdown: MarkdownIt) -> Iterator[Token]:
    done = 0
    for match in _ADDRESS.finditer(text):
        address = _without_what_follows(match[0])
        yield _text(text[done : match.start()])
        url = address if "://" in address[:8] else f"http://{address}"
        yield from _link({"href": markdown.normalizeLink(url)}, address)
        done = match.start() + len(address)
    yield _text(text[done:])


def _without_what_follows(address: str) -> str:
    """Leave the end of a sentence, and a bracket around the address, to the text."""
    while True:
        shorter = address.rstrip(_PUNCTUATION)
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter


def _image_as_link(image: Token, *, in_link: bool) -> Iterator[Token]:
    src = str(image.attrs["src"])
    text = _plain(image.children or []) or src
    if in_link:
        yield _text(text)
        return
    attrs: dict[str, str | int | float] = {"href": src}
    if "title" in image.attrs:
        attrs["title"] = image.attrs["title"]
    yield from _link(attrs, text)


def _link(attrs: dict[str, str | int | float], text: str) -> Iterator[Token]:
    yield Token("link_open", "a", 1, attrs={**attrs, "rel": _REL})
    yield _text(text)
    yield Token("link_close", "a", -1)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _plain(tokens: Sequence[Token]) -> str:
    """The text of an image's description, whose own markup can't be shown."""
    parts = []
    for token in tokens:
        if token.type == "image":
            parts.append(_plain(token.children or []))
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)
