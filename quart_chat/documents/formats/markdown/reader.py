"""Markdown, a part at a time: parsing a book as a whole would take memory by the gigabyte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from quart_chat.documents.formats import Mark
from quart_chat.documents.formats.encoding import read_text
from quart_chat.documents.formats.markdown.comments import without_comments
from quart_chat.documents.messages import Piece
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.search.chunking import cut_block
from quart_chat.search.passages import cut_sections
from quart_chat.texts import _

PART = 32 * 1024
"""Characters from which on a part ends at the next heading."""

LONGEST_PART = 4 * PART
"""Characters from which on a part ends at the next blank line outside of a listing."""

_HEADING = re.compile(r"#{1,6}\s")
# What programs that make pages of Markdown are told before the text, in YAML or TOML. In YAML, what
# follows a blank line has to be more of it: else it is prose between two rules.
_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*"""
_COMMENTS = r"(?:\#[^\n]*\n)*"
_YAML = re.compile(
    rf"""
    \A ---[ \t]*\r?\n (?= {_COMMENTS} {_KEY}: )
    ( (?: (?! \n[ \t]*\r?\n (?! \s | \# | {_KEY}: | --- | \.\.\. ) ) . ){{1,9000}}? )
    \r?\n (?: --- | \.\.\. ) [ \t]* (?: \r?\n | \Z )
    """,
    re.DOTALL | re.VERBOSE,
)
_TOML = re.compile(
    rf"""
    \A \+\+\+[ \t]*\r?\n (?= {_COMMENTS} {_KEY}= )
    ( .{{1,9000}}? )
    \r?\n \+\+\+ [ \t]* (?: \r?\n | \Z )
    """,
    re.DOTALL | re.VERBOSE,
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def read(path: Path) -> Iterator[Piece | Mark | ReadingWarning]:
    text, warnings = read_text(path)
    yield from warnings
    headings: dict[int, str] = {}
    done = 0
    if front := _YAML.match(text) or _TOML.match(text):
        # As Markdown, its last line would be a heading.
        for piece in cut_block(front[1]):
            yield Piece((), None, "plain", piece)
        done = front.end()
    for part in _parts(without_comments(text[done:])):
        passages, headings = cut_sections(part, headings)
        for above, passage in passages:
            yield Piece(above, None, "markdown", passage)
        done += len(part)
        yield Mark(done / len(text), _("Reading the text"))


def _parts(text: str) -> Iterator[str]:
    lines: list[str] = []
    size = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        if not fence and _ends_before(line, size):
            yield "".join(lines)
            lines, size = [], 0
        fence = _fence_after(line, fence)
        lines.append(line)
        size += len(line)
    if lines:
        yield "".join(lines)


def _ends_before(line: str, size: int) -> bool:
    if size >= PART and _HEADING.match(line):
        return True
    return size >= LONGEST_PART and not line.strip()


def _fence_after(line: str, fence: str) -> str:
    """The fence of the listing that the next line is in, if it is in one."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    if not fence:
        return match[1]
    closes = match[1].startswith(fence) and not line.strip().strip(fence[0])
    return "" if closes else fence
