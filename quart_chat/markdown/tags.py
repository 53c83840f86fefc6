"""Harmless HTML within Markdown: the tags of an allow-list, without their attributes.

A tag within a line is shown as text unless it is closed in the same paragraph, cell or heading, and
at the same place of the markup around it: ``<b>*a</b>*`` has no bold. ``<details>`` at the start of
a line begins a block that holds any Markdown up to ``</details>``. Everything else that looks like
HTML is text. ``static/js/markdown/tags.js`` has the same rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

# Tags within each other in a line, and blocks of details.
MAX_DEPTH = 10
MAX_DETAILS = 5
ALONE = frozenset({"br", "wbr"})
PAIRED = frozenset(
    """abbr b bdi cite code del dfn em i ins kbd mark q rp rt ruby s samp small strong sub sup u
    var""".split()  # noqa: SIM905 - a paragraph of names reads best
)

_TAG = re.compile(r"<(/?)([A-Za-z]{1,10})(?:[ \t\n][^<>]*|/)?>")
_DETAILS = re.compile(r"<details(?:[ \t][^<>]*)?>[ \t]*", re.IGNORECASE)
_BEGINS = re.compile(rf"[ \t>*+.\-0-9]*{_DETAILS.pattern}", re.IGNORECASE)
_END = re.compile(r"</details[ \t]*>[ \t]*\Z", re.IGNORECASE)
_SUMMARY = re.compile(
    r"[ \t\n]*<summary(?:[ \t][^<>]*)?>([^\0]{0,500}?)</summary[ \t]*>[ \t]*", re.IGNORECASE
)
_FENCE = re.compile(r"`{3,}[^`]*\Z|~{3,}")


def add_tags(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.before("autolink", "tag", _tag)
    markdown.core.ruler.after("inline", "tags", _match_tags)
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("fence", "details", _details, interrupts)
    markdown.add_render_rule("tag", lambda _, tokens, index, *__: f"<{tokens[index].tag}>")
    markdown.add_render_rule("details_open", lambda *_: "<details>\n")
    markdown.add_render_rule("summary_open", lambda *_: "<summary>")
    markdown.add_render_rule("summary_close", lambda *_: "</summary>\n")


def _tag(state: StateInline, silent: bool) -> bool:
    match = _TAG.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "<" else None
    name = match[2].lower() if match else ""
    if match is None or (name not in PAIRED and (match[1] or name not in ALONE)):
        return False
    if not silent:
        token = state.push("tag", f"{match[1]}{name}", 0)
        token.content = match[0]
    state.pos = match.end()
    return True


def _match_tags(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            _match(token.children)


def _match(tokens: Sequence[Token]) -> None:
    """Make text of the tags that have no partner at the same place of the markup."""
    open_: list[Token] = []
    depth = 0
    for token in tokens:
        if token.type == "tag" and token.tag in PAIRED and depth < MAX_DEPTH:
            depth += 1
        elif token.type == "tag" and token.tag not in ALONE:
            depth -= _close(open_, token)
            continue
        elif token.nesting < 0:
            depth -= _leave(open_)
            continue
        elif token.nesting == 0:
            continue
        open_.append(token)
    for token in open_:
        _make_text(token)


def _close(open_: list[Token], token: Token) -> int:
    """Match a tag that closes; the number of open tags that are none any more."""
    place = len(open_)
    while place and open_[place - 1].type == "tag":
        place -= 1
        if open_[place].tag == token.tag[1:]:
            closed = len(open_) - place
            for other in open_[place + 1 :]:
                _make_text(other)
            del open_[place:]
            return closed
    _make_text(token)
    return 0


def _leave(open_: list[Token]) -> int:
    """Other markup ends, and with it the tags in it; their number."""
    count = 0
    while open_ and open_[-1].type == "tag":
        _make_text(open_.pop())
        count += 1
    if open_:
        open_.pop()
    return count


def _make_text(token: Token) -> None:
    if token.type == "tag":
        token.type = "text"


def _details(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    depth = state.env.get("details", 0)
    if state.is_code_block(start) or depth >= MAX_DETAILS:
        return False
    if not _DETAILS.match(_line(state, start)) or silent:
        return _DETAILS.match(_line(state, start)) is not None
    last, closed = _last_line(state, start, end)
    token = state.push("details_open", "details", 1)
    token.block = True
    token.map = [start, last + closed]
    content = state.getLines(start, last + closed, state.blkIndent, False)
    content = _DETAILS.sub("", content.lstrip(" \t"), count=1)
    content = _push_summary(state, _END.sub("", content) if closed else content)
    state.env["details"] = depth + 1
    _parse(state, content)
    state.env["details"] = depth
    state.push("details_close", "details", -1)
    state.line = last + closed
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _last_line(state: StateBlock, start: int, end: int) -> tuple[int, bool]:
    """The line that ends with ``</details>``, or the first after the block; and whether it does."""
    depth = 0
    fence = ""
    for line in range(start, end):
        if not state.isEmpty(line) and state.sCount[line] < state.blkIndent:
            return line, False
        text = _line(state, line)
        marks = _FENCE.match(text)
        if marks and fence in {"", marks[0][0]}:
            fence = "" if fence else marks[0][0]
        elif not fence:
            depth += _BEGINS.match(text) is not None
            depth -= _END.search(text) is not None
            if depth < 1:
                return line, True
    return end, False


def _push_summary(state: StateBlock, content: str) -> str:
    """Add the summary if there is one; returns the rest of the content."""
    match = _SUMMARY.match(content)
    if match is None:
        return content
    state.push("summary_open", "summary", 1)
    token = state.push("inline", "", 0)
    token.content = match[1].strip(" \t\n")
    token.children = []
    state.push("summary_close", "summary", -1)
    return content[match.end() :]


def _parse(state: StateBlock, content: str) -> None:
    tokens: list[Token] = []
    state.md.block.parse(content, state.md, state.env, tokens)
    for token in tokens:
        token.level += state.level
    state.tokens += tokens
