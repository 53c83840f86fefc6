"""Emphasis beside Chinese, Japanese and Korean, which put no spaces between words.

By CommonMark no emphasis ends between punctuation and a letter: two asterisks after a full-width
colon would stay as they were written. Here the flanking rules of the CommonMark CJK-friendly
Amendments hold (specification of markdown-cjk-friendly, § 6.2): CJK punctuation counts as a letter,
and beside a CJK character any other punctuation may begin or end emphasis. ``_`` follows where
there is such punctuation; between letters it remains a part of the word. The script
``static/js/markdown/dialect.js`` has the same rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markdown_it.utils import EnvType

# East Asian Width W, F or H, or Hangul, but no emoji.
_CJK = re.compile(
    "[\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf"
    "\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uffee"
    "\U00016fe0-\U00018dff\U0001aff0-\U0001b2ff\U0001d300-\U0001d376"
    "\U0001f200\U0001f202-\U0001f219\U0001f21b-\U0001f22e\U0001f230\U0001f231\U0001f237"
    "\U0001f23b-\U0001f248\U0001f260-\U0001f265\U00020000-\U0003fffd]"
)
# A variation selector belongs to the character before it. One makes ideographs, and one makes
# quotation marks as wide as CJK punctuation.
_SELECTOR = re.compile("[\ufe00-\ufe0e]")
_IDEOGRAPHIC = re.compile("[\U000e0100-\U000e01ef]")
_WIDE_QUOTE = re.compile("[\u2018\u2019\u201c\u201d]\ufe01")


class Side(NamedTuple):
    """What is beside a run of delimiters."""

    cjk: bool
    punctuation: bool
    space: bool

    @property
    def keeps_apart(self) -> bool:
        """Whether it is punctuation that is not CJK."""
        return self.punctuation and not self.cjk

    def lets(self, other: Side) -> bool:
        """Whether emphasis may begin between this and what is inside of it."""
        return not other.space and (
            not other.keeps_apart or self.space or self.punctuation or self.cjk
        )


class CjkInline(ParserInline):
    """The inline parser, whose runs of delimiters follow these rules."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = _before(self.src, start)
        after = _side(self.src[end : min(end + 1, self.posMax)])
        opens, closes = before.lets(after), after.lets(before)
        if not canSplitWord and opens and closes:
            beside_cjk = before.cjk or after.cjk
            opens = before.punctuation or (after.punctuation and beside_cjk)
            closes = after.punctuation or (before.punctuation and beside_cjk)
        return Scanned(opens, closes, end - start)


def _before(text: str, end: int) -> Side:
    last = text[end - 1 : end] if end else ""
    if not _SELECTOR.match(last):
        return _side(last)
    side = _side(text[end - 2 : end - 1] if end > 1 else last)
    wide = _WIDE_QUOTE.match(text, end - 2) if end > 1 else None
    return Side(True, True, False) if wide else side


def _side(char: str) -> Side:
    if not char:
        return Side(False, False, True)
    punctuation = isMdAsciiPunct(ord(char)) or isPunctChar(char)
    cjk = _CJK.match(char) or _IDEOGRAPHIC.match(char)
    return Side(cjk is not None, punctuation, isWhiteSpace(ord(char)))
