r"""Formulas: ``$a$`` and ``\(a\)`` within a line, ``$$a$$`` and ``\[a\]`` on lines of their own.

A dollar sign is most often money. It begins a formula only where no letter or digit stands before
it and no blank after it, and the next one ends it only where it is the other way round: "$5 and $6"
is text. ``static/js/markdown/formulas.js`` finds the same formulas, and leaves them as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from markdown_it.common.utils import escapeHtml

from quart_chat.markdown.mathml import to_mathml

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

# Characters of a formula, and of all that are shown as such in one text: converting one takes
# about 30 us a character.
MAX_LENGTH = 2000
MAX_TOGETHER = 10_000
MAX_LINES = 40

_PAIRS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_BLOCK_PAIRS = (("$$", "$$"), ("\\[", "\\]"))
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_BLANKS = " \t\n"


class Formula(NamedTuple):
    opener: str
    tex: str
    closer: str
    end: int

    @property
    def raw(self) -> str:
        return f"{self.opener}{self.tex}{self.closer}"


def add_formulas(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.before("escape", "formula", _formula)
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("fence", "formula_block", _formula_block, interrupts)
    markdown.add_render_rule("formula", _render_formula)
    markdown.add_render_rule("formula_block", _render_block)


def find_formula(text: str, start: int, end: int) -> Formula | None:
    """The formula that begins at a place in a text, if one does."""
    for opener, closer in _PAIRS:
        if not text.startswith(opener, start, end):
            continue
        begin = start + len(opener)
        stop = text.find(closer, begin, min(end, begin + MAX_LENGTH))
        tex = text[begin:stop] if stop >= 0 else ""
        if not tex.strip(_BLANKS) or "`" in tex:
            return None
        after = stop + len(closer)
        if opener == "$" and not _is_math_delimiter(text, start, tex, after):
            return None
        if opener == "\\[" and text.startswith("(", after):
            return None
        return Formula(opener, tex, closer, after)
    return None


def _is_math_delimiter(text: str, start: int, tex: str, after: int) -> bool:
    before = text[start - 1 : start] if start else ""
    following = text[after : after + 1]
    return not (
        tex[0] in _BLANKS
        or tex[-1] in _BLANKS + "\\"
        or before in _WORD
        or following in _WORD
        or following == "$"
    )


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
    for opener, closer in _BLOCK_PAIRS:
        if first.startswith(opener):
            line = _last_line(state, start, end, opener, closer)
            break
    else:
        return False
    if line is None:
        return False
    raw = state.getLines(start, line + 1, state.sCount[start], False).strip(_BLANKS)
    tex = raw[len(opener) : -len(closer)]
    if not tex.strip(_BLANKS) or closer in tex or "`" in tex or len(tex) > MAX_LENGTH:
        return False
    if not silent:
        token = state.push("formula_block", "", 0)
        token.block = True
        token.map = [start, line + 1]
        token.meta = {"formula": Formula(opener, tex, closer, 0)}
        state.line = line + 1
    return True


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


def _render_formula(
    _: object,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    return f'<span class="math">{_show(tokens[index], env)}</span>'


def _render_block(
    _: object,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    return f'<div class="math" tabindex="0">{_show(tokens[index], env)}</div>\n'


def _show(token: Token, env: MutableMapping[str, Any]) -> str:
    formula: Formula = token.meta["formula"]
    together = env.get("formulas", 0) + len(formula.tex)
    if together > MAX_TOGETHER:
        return escapeHtml(formula.raw)
    env["formulas"] = together
    display = formula.opener in {"$$", "\\["}
    return to_mathml(formula.tex, display=display) or escapeHtml(formula.raw)
