"""Footnotes: ``[^1]`` in the text leads to what stands at ``[^1]: ...``, shown after the text.

A definition stands outside of lists and quotes; what follows it indented by four belongs to it. One
that nothing leads to is shown as well, after the others. While a text is being written the browser
shows both as they were written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from markdown_it.token import Token

from quart_chat.markdown.rules import add_render_rule

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline

    from quart_chat.markdown.rules import Env

MAX_NOTES = 200

_REFERENCE = re.compile(r"\[\^([^\s\[\]^]{1,40})\]")
_DEFINITION = re.compile(r"\[\^([^\s\[\]^]{1,40})\]:[ \t]*")
_INDENT = 4


@dataclass(slots=True)
class Notes:
    """The footnotes of a text.

    Attributes:
        defined: The blocks of each, by label.
        order: Labels in the order in which the text leads to them.
        key: Tells the anchors of this text from those of others on the page.
    """

    defined: dict[str, list[Token]] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    key: str = ""
    nested: bool = False

    def number(self, label: str) -> int:
        return self.order.setdefault(label, len(self.order) + 1)


def add_footnotes(markdown: MarkdownIt) -> None:
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference"]}
    markdown.block.ruler.before("reference", "footnote", _definition, interrupts)
    markdown.inline.ruler.before("link", "footnote", _reference)
    markdown.core.ruler.after("inline", "footnotes", _append_notes)
    add_render_rule(markdown, "footnote", _render_reference)
    markdown.add_render_rule("footnotes_open", lambda *_: '<section class="footnotes">\n<ol>\n')
    markdown.add_render_rule("footnotes_close", lambda *_: "</ol>\n</section>\n")
    add_render_rule(markdown, "footnote_back", _render_back)


def _notes(env: Env) -> Notes:
    notes: Notes = env.setdefault("notes", Notes())
    return notes


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("[^", begin) or state.level or state.is_code_block(start):
        return False
    match = _DEFINITION.match(state.src, begin, state.eMarks[start])
    notes = _notes(state.env)
    if match is None or notes.nested or len(notes.defined) >= MAX_NOTES:
        return False
    if silent:
        return True
    last = _last_line(state, start, end)
    lines = [state.src[match.end() : state.eMarks[start]]]
    lines += state.getLines(start + 1, last, _INDENT, False).split("\n") if last > start + 1 else []
    tokens: list[Token] = []
    notes.nested = True
    state.md.block.parse("\n".join(lines), state.md, state.env, tokens)
    notes.nested = False
    notes.defined.setdefault(match[1], tokens)
    state.line = last
    return True


def _last_line(state: StateBlock, start: int, end: int) -> int:
    """The line after a definition: its paragraph, and what follows indented."""
    rules = state.md.block.ruler.getRules("paragraph")
    last = line = start + 1
    while line < end:
        if state.isEmpty(line):
            line += 1
            continue
        if state.sCount[line] < _INDENT and (
            line > last or any(rule(state, line, end, True) for rule in rules)
        ):
            break
        line += 1
        last = line
    return last


def _reference(state: StateInline, silent: bool) -> bool:
    match = _REFERENCE.match(state.src, state.pos, state.posMax)
    if match is None or match[1] not in _notes(state.env).defined:
        return False
    if not silent:
        notes = _notes(state.env)
        first = match[1] not in notes.order
        state.push("footnote", "", 0).meta = {"number": notes.number(match[1]), "first": first}
    state.pos = match.end()
    return True


def _append_notes(state: StateCore) -> None:
    notes = _notes(state.env)
    if not notes.defined:
        return
    notes.key = blake2b(state.src.encode(errors="replace"), digest_size=4).hexdigest()
    referred = _parse_referred(state, notes)
    for label in notes.defined:
        notes.number(label)
    _parse_referred(state, notes)
    state.tokens.append(Token("footnotes_open", "", 1))
    for label, number in notes.order.items():
        state.tokens += _item(notes, label, number, linked=number <= referred)
    state.tokens.append(Token("footnotes_close", "", -1))


def _parse_referred(state: StateCore, notes: Notes) -> int:
    """Parse the text of the notes that are led to, which may lead to more; how many they are."""
    done = 0
    while done < len(notes.order):
        label = list(notes.order)[done]
        for token in notes.defined[label]:
            if token.type == "inline" and not token.children:
                token.children = []
                state.md.inline.parse(token.content, state.md, state.env, token.children)
        done += 1
    return done


def _item(notes: Notes, label: str, number: int, *, linked: bool) -> list[Token]:
    attrs: dict[str, str | int | float] = {"id": f"note-{notes.key}-{number}"}
    tokens = [Token("list_item_open", "li", 1, attrs=attrs, block=True), *notes.defined[label]]
    if linked:
        back = Token("footnote_back", "", 0, meta={"number": number})
        # Within the last paragraph, where there is one, or after what else there is.
        at = -1 if tokens[-1].type == "paragraph_close" else len(tokens)
        if at == -1:
            tokens[-2].children = [*(tokens[-2].children or []), back]
        else:
            tokens.append(back)
    return [*tokens, Token("list_item_close", "li", -1, block=True)]


def _render_reference(token: Token, env: Env) -> str:
    number, first = token.meta["number"], token.meta["first"]
    key = _notes(env).key
    anchor = f' id="noted-{key}-{number}"' if first else ""
    link = f'<a href="#note-{key}-{number}"{anchor} role="doc-noteref">{number}</a>'
    return f'<sup class="note">{link}</sup>'


def _render_back(token: Token, env: Env) -> str:
    anchor = f"noted-{_notes(env).key}-{token.meta['number']}"
    return f' <a href="#{anchor}" role="doc-backlink">↩</a>'
