"""Fenced code, and fences within it: a block of Markdown holds blocks of code of its own.

Models write documents as code of the language "markdown", with the same fence around the document
and around the code in it. By CommonMark the first fence inside would end the block. Here a fence
with a language inside of such a block always opens another block. One without may open or close:
it opens where text follows at once, and the next fence closes again. A formula may be code of the
language "math". ``static/js/markdown/dialect.js`` has the same rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from quart_chat.markdown.math.formulas import push_block

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock

# Blocks within each other, and lines in which a block of code within Markdown ends.
MAX_DEPTH = 5
MAX_LINES = 200

_FENCE = re.compile(r"(`{3,}(?=[^`]*\Z)|~{3,})(.*)", re.DOTALL)
_MARKDOWN = re.compile(
    r"[ \t]*(?:markdown|md|mdx|mdown|qmd|rmd)(?![\w+#.-])", re.IGNORECASE | re.ASCII
)
_MATH = re.compile(r"[ \t]*math[ \t]*", re.IGNORECASE)
_BLANKS = " \t"


class Fence(NamedTuple):
    marks: str
    info: str

    def is_met_by(self, other: Fence | None) -> bool:
        """Whether another fence has the same mark, as often or more often."""
        return other is not None and other.marks.startswith(self.marks)

    @property
    def bare(self) -> bool:
        return not self.info.strip(_BLANKS)


def add_fences(markdown: MarkdownIt) -> None:
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.at("fence", _fence, interrupts)


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    fence = _fence_at(state, start)
    if fence is None or silent:
        return fence is not None
    last, closed = _closing(state, start + 1, end, fence)
    state.line = last + closed
    content = state.getLines(start + 1, last, state.sCount[start], True)
    if closed and _MATH.fullmatch(fence.info) and push_block(state, start, content, content):
        return True
    token = state.push("fence", "code", 0)
    token.info = fence.info
    token.content = content
    token.markup = fence.marks
    token.map = [start, state.line]
    return True


def _fence_at(state: StateBlock, line: int) -> Fence | None:
    if state.is_code_block(line):
        return None
    match = _FENCE.match(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])
    return Fence(match[1], match[2]) if match else None


def _closing(
    state: StateBlock, line: int, end: int, fence: Fence, depth: int = 1
) -> tuple[int, bool]:
    """The line that closes a block, or the first after it; and whether it is closed."""
    nests = depth < MAX_DEPTH and _MARKDOWN.match(fence.info)
    while line < end and not _is_outside(state, line):
        other = _fence_at(state, line)
        if other is not None and fence.is_met_by(other):
            if nests and (not other.bare or _opens(state, line, end, fence)):
                line, closed = _closing(state, line + 1, end, other, depth + 1)
                if not closed:
                    return line, False
            elif other.bare:
                return line, True
        line += 1
    return line, False


def _opens(state: StateBlock, line: int, end: int, fence: Fence) -> bool:
    """Whether a fence without a language opens a block within Markdown."""
    if not _has_text(state, line + 1, end):
        return False
    last = min(end, line + MAX_LINES)
    for following in range(line + 1, last):
        if _is_outside(state, following):
            return False
        other = _fence_at(state, following)
        if other is not None and fence.is_met_by(other):
            opens = state.isEmpty(following - 1) and _has_text(state, following + 1, end)
            return other.bare and following > line + 1 and not opens
    return False


def _has_text(state: StateBlock, line: int, end: int) -> bool:
    return line < end and not state.isEmpty(line) and not _is_outside(state, line)


def _is_outside(state: StateBlock, line: int) -> bool:
    """Whether the list or quote of a block has ended."""
    return not state.isEmpty(line) and state.sCount[line] < state.blkIndent
