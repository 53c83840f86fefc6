"""Markdown cut into passages: a few hundred characters each, verbatim, under their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.token import Token

from quart_chat.search.chunking import BLOCK_SIZE, PASSAGE_SIZE, cut_block
from quart_chat.search.words import compose


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A definition of a link; a footnote of one word, as in "[^1]: Yes", is text."""
    first = state.bMarks[start] + state.tShift[start]
    return not state.src.startswith("[^", first) and reference(state, start, end, silent)


# Blocks are all that cutting needs, and spans what takes the time. A table is a paragraph here.
_BLOCKS = MarkdownIt("commonmark", {"html": False}).disable("inline")
_BLOCKS.block.ruler.at("reference", _reference)
_SPANS = MarkdownIt("commonmark", {"html": False})
_LINE_END = re.compile(r"\r\n?|\n")
_LIST_ITEM = re.compile(r"[-*+]\s")
_LINK_ITEM = re.compile(r"[-*+]\s+\[[^\]]+\]\([^)]*\)")


HANDBOOK = "/handbook/"
"""What the links to the pages of the handbook begin with."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a text; ``headings`` leads to it from the top, below the text's title.

    Attributes:
        form: "markdown", "plain" or "code": how the text is to be understood.
    """

    title: str
    headings: tuple[str, ...]
    url: str
    text: str
    form: str = "markdown"


def place_of(url: str) -> str:
    """The page or document that a link leads into."""
    return url.partition("#")[0].partition("?")[0]


def read_handbook(folder: Path) -> list[Passage]:
    """Every passage of the pages below a folder; a page is served at ``/handbook/<its path>``."""
    passages: list[Passage] = []
    for path in sorted(folder.rglob("*.md")):
        place = path.relative_to(folder).with_suffix("").as_posix()
        url = HANDBOOK if place == "index" else f"{HANDBOOK}{place}"
        passages += cut_page(path.read_text("utf-8"), url)
    return passages


def page_language(place: str) -> str:
    """The language of a page of the handbook: that of its folder, or English."""
    return "de" if place.startswith("de/") else "en"


def cut_page(source: str, url: str) -> list[Passage]:
    """The passages of a page, whose first heading of level 1 is its title.

    A list that holds nothing but links says where to read, and nothing itself: it is left out.
    """
    sections = list(_sections(source, navigation=False))
    title = next((section.headings[1] for section in sections if 1 in section.headings), url)
    return [
        Passage(title, section.path, f"{url}{section.fragment}", text)
        for section in sections
        for text in section.passages(source)
    ]


def cut_text(source: str) -> list[str]:
    """The passages of a text that is no page, such as a message."""
    return [
        text for section in _sections(source, navigation=True) for text in section.passages(source)
    ]


def cut_sections(
    source: str, above: Mapping[int, str]
) -> tuple[list[tuple[tuple[str, ...], str]], dict[int, str]]:
    """The passages of a part of a text, each below its headings, and the headings at its end.

    Args:
        source: The part.
        above: The headings that it begins below, by level.
    """
    sections = list(_sections(source, navigation=True, above=above))
    passages = [
        (tuple(heading for _, heading in sorted(section.headings.items())), text)
        for section in sections
        for text in section.passages(source)
    ]
    return passages, sections[-1].headings


def slug(heading: str) -> str:
    """The anchor of a heading: lower case, hyphens for spaces, no punctuation."""
    text = compose(heading).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\- ]", "", text)) or "section"


def anchors(source: str) -> list[str]:
    """The anchors of all headings of a page, in order."""
    return [section.anchor for section in _sections(source, navigation=False) if section.anchor]


Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading and its blocks, as spans of the source; a run is unbroken text."""

    headings: dict[int, str]
    anchor: str = ""
    runs: list[list[Span]] = field(default_factory=lambda: [[]])

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for level, text in sorted(self.headings.items()) if level > 1)

    @property
    def fragment(self) -> str:
        # The title's link is the page itself.
        return f"#{self.anchor}" if self.path else ""

    def passages(self, source: str) -> Iterator[str]:
        for run in self.runs:
            for start, end in _joined(source, run):
                for piece in cut_block(source[start:end]):
                    if piece.strip():
                        yield piece.strip("\r\n")


def _sections(
    source: str, *, navigation: bool, above: Mapping[int, str] | None = None
) -> Iterator[_Section]:
    starts = [0, *(match.end() for match in _LINE_END.finditer(source)), len(source)]
    section = _Section(dict(above or {}))
    taken: dict[str, int] = {}
    references: dict[str, Any] = {}
    tokens = _BLOCKS.parse(source, references)
    for position, token in enumerate(tokens):
        if token.level > 0 or token.map is None:
            continue
        if token.type == "heading_open":
            yield section
            heading = _plain(tokens[position + 1].content, references)
            section = _below(section, token, heading, taken)
            continue
        span = _trimmed(source, starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)])
        if navigation or not _leads_away(token, source[slice(*span)]):
            section.runs[-1].append(span)
        else:
            section.runs.append([])
    yield section


def _below(section: _Section, token: Token, text: str, taken: dict[str, int]) -> _Section:
    level = int(token.tag[1:])
    above = {at: heading for at, heading in section.headings.items() if at < level}
    anchor = slug(text)
    count = taken[anchor] = taken.get(anchor, -1) + 1
    return _Section({**above, level: text}, f"{anchor}-{count}" if count else anchor)


def _plain(heading: str, references: dict[str, Any]) -> str:
    """A heading's words without its markup."""
    children = _SPANS.parseInline(heading, references)[0].children or []
    return "".join(child.content for child in children if child.type in {"text", "code_inline"})


def _trimmed(source: str, start: int, end: int) -> Span:
    return start, start + len(source[start:end].rstrip())


def _leads_away(token: Token, text: str) -> bool:
    items = [line for line in text.splitlines() if _LIST_ITEM.match(line)]
    return token.type == "bullet_list_open" and all(_LINK_ITEM.match(item) for item in items)


def _joined(source: str, run: list[Span]) -> Iterator[Span]:
    """Blocks joined into passages; what ends with a colon keeps what it announces."""
    start, end = -1, -1
    for first, last in run:
        if start < 0:
            start, end = first, last
            continue
        announced = source[end - 1] == ":" and last - start <= BLOCK_SIZE
        if announced or last - start <= PASSAGE_SIZE:
            end = last
        else:
            yield start, end
            start, end = first, last
    if start >= 0:
        yield start, end
