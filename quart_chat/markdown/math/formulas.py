r"""Formulas: ``$a$``, ``\(a\)`` and ``$`a`$`` within a line, ``$$a$$`` and ``\[a\]`` on their own.

An environment such as ``\begin{align}`` is a formula without any dollar sign, and so is code of the
language "math". A dollar sign is most often money. It begins a formula only where no letter or
digit stands before it and no blank after it, and the next one ends it only where it is the other
way round: "$5 and $6" is text. So is what no formula begins or ends with, as in "cost ($), price
($)", and what reads as an amount with words. ``static/js/markdown/formulas.js`` finds the same
formulas, and leaves them as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from markdown_it.common.utils import escapeHtml

from quart_chat.markdown.math.mathml import to_mathml
from quart_chat.markdown.rules import add_render_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

    from quart_chat.markdown.rules import Env

# Characters of a formula, and of all that are shown as such in one text: converting one takes
# about 30 us a character.
MAX_LENGTH = 2000
MAX_TOGETHER = 10_000
MAX_LINES = 40

_PAIRS = (("$$", "$$"), ("$`", "`$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_BLOCK_PAIRS = (("$$", "$$"), ("\\[", "\\]"))
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:align|alignat|aligned|array|cases|eqnarray|equation|gather|gathered|multline|split"
    r"|[bBpvV]?matrix|smallmatrix)\*?)\}"
)
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_BLANKS = " \t\n"
# What follows a sign of money, and what stands before one.
_TEXT_BEGINS = re.compile(
    r"[)},;:!?%\"'\u201d\u201c\u2019\uff09\u3011\u3002\uff0c\u3001]|\]\(|\*\*|-\Z"
)
_TEXT_ENDS = re.compile(r"(?<!\\left)[(\uff08\u201c]\Z")
_TEX = re.compile(r"[\\^_={}]")
_WORDS = re.compile(
    r"[ \t\n][A-Za-z\u00c0-\u1fff]{2,}[ \t\n]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_CURRENCY = re.compile(r"[ \t\n(](?:AU?|CA?|HK|MX|NT|NZ|R|SG?|US)\Z")
_LETTERS = re.compile(r"[A-Za-z\u00c0-\u1fff]{2}")


class Formula(NamedTuple):
    """A formula, as it was written and without what marks it."""

    raw: str
    tex: str
    display: bool
    end: int = 0


def add_formulas(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.before("escape", "formula", _formula)
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("fence", "formula_block", _formula_block, interrupts)
    add_render_rule(markdown, "formula", _render_formula)
    add_render_rule(markdown, "formula_block", _render_block)


def find_formula(text: str, start: int, end: int) -> Formula | None:
    """The formula that begins at a place in a text, if one does."""
    opener, closer = _marks(text, start, _PAIRS)
    begin = start + len(opener)
    stop = text.find(closer, begin, min(end, begin + MAX_LENGTH)) if opener else -1
    tex = text[begin:stop] if stop >= 0 else ""
    if not tex.strip(_BLANKS) or "`" in tex:
        return None
    after = stop + len(closer)
    if opener[0] == "$" and "`" not in opener and not _is_math(text, start, opener, tex, after):
        return None
    if opener == "\\[" and text.startswith("(", after):
        return None
    raw = text[start:after]
    return Formula(raw, raw if "{" in opener else tex, opener not in {"$", "$`", "\\("}, after)


def _marks(text: str, start: int, pairs: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """What begins a formula at a place in a text, and what ends it; nothing if none begins."""
    environment = _ENVIRONMENT.match(text, start)
    if environment:
        return environment[0], f"\\end{{{environment[1]}}}"
    return next((pair for pair in pairs if text.startswith(pair[0], start)), ("", ""))


def _is_math(text: str, start: int, opener: str, tex: str, after: int) -> bool:
    before = text[start - 1 : start] if start else ""
    following = text[after : after + 1]
    if following == "$" or _TEXT_BEGINS.match(tex) or _TEXT_ENDS.search(tex):
        return False
    return opener == "$$" or not (
        tex[0] in _BLANKS
        or tex[-1] in _BLANKS + "\\"
        or before in _WORD
        or following in _WORD
        or _is_amount(tex)
    )


def _is_amount(tex: str) -> bool:
    """Whether what is between two dollar signs reads as "5 or 10" or "5 (US"."""
    if _TEX.search(tex):
        return False
    apart = tex.count("(") != tex.count(")") and _LETTERS.search(tex)
    words = _WORDS.search(tex) or _CURRENCY.search(tex)
    return bool(apart or (tex[0] in "0123456789" and words))


def _formula(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    found = find_formula(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("formula", "", 0).meta = {"formula": found}
    state.pos = found.end
    return True


def _formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    opener, closer = _marks(first, 0, _BLOCK_PAIRS)
    line = _last_line(state, start, end, opener, closer) if opener else None
    if line is None:
        return False
    raw = state.getLines(start, line + 1, state.sCount[start], False).strip(_BLANKS)
    tex = raw[len(opener) : -len(closer)]
    if closer in tex or not _is_shown(tex):
        return False
    if not silent:
        state.line = line + 1
        push_block(state, start, raw if "{" in opener else tex, raw)
    return True


def push_block(state: StateBlock, start: int, tex: str, raw: str) -> bool:
    """Add a formula on lines of its own, up to the line of the state; False if it is none."""
    if not _is_shown(tex):
        return False
    token = state.push("formula_block", "", 0)
    token.block = True
    token.map = [start, state.line]
    token.content = raw
    token.meta = {"formula": Formula(raw, tex, display=True)}
    return True


def _is_shown(tex: str) -> bool:
    return bool(tex.strip(_BLANKS)) and "`" not in tex and len(tex) <= MAX_LENGTH


def _last_line(state: StateBlock, start: int, end: int, opener: str, closer: str) -> int | None:
    """The line that ends with ``closer``, before a blank one or the end of what holds it."""
    for line in range(start, min(end, start + MAX_LINES)):
        if state.isEmpty(line) or state.sCount[line] < state.blkIndent:
            return None
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
        text = text.rstrip(_BLANKS)
        if line == start:
            text = text[len(opener) :]
        if text.endswith(closer):
            return line
    return None


def _render_formula(token: Token, env: Env) -> str:
    return f'<span class="math">{_show(token, env)}</span>'


def _render_block(token: Token, env: Env) -> str:
    return f'<div class="math" tabindex="0">{_show(token, env)}</div>\n'


def _show(token: Token, env: Env) -> str:
    formula: Formula = token.meta["formula"]
    together = env.get("formulas", 0) + len(formula.tex)
    if together > MAX_TOGETHER:
        return escapeHtml(formula.raw)
    env["formulas"] = together
    return to_mathml(formula.tex, display=formula.display) or escapeHtml(formula.raw)
