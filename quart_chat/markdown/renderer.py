"""Markdown as safe HTML, by the same rules as ``static/js/markdown/markdown.js``.

CommonMark, tables, strikethrough, task lists, footnotes, callouts, formulas, and addresses as
links; of HTML in the text only harmless tags are kept. The output holds nothing that the page's
Content-Security-Policy would refuse: alignment and highlighting are classes, and an image is a link
to it. A test holds both renderers to the same output, but for what the browser leaves to the server
and shows as it was written until then: the colours of code, formulas and footnotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from markdown_it import MarkdownIt

from quart_chat.markdown.blocks.callouts import add_callouts
from quart_chat.markdown.blocks.code import add_code
from quart_chat.markdown.blocks.fences import add_fences
from quart_chat.markdown.blocks.footnotes import add_footnotes
from quart_chat.markdown.blocks.tasks import add_tasks, make_tasks
from quart_chat.markdown.chunks import WHOLE, add_chunks
from quart_chat.markdown.citations import ENV, Citable, Citations, add_citations
from quart_chat.markdown.flanking import CjkInline
from quart_chat.markdown.lines import is_plain, render_line
from quart_chat.markdown.links import add_links
from quart_chat.markdown.math.formulas import MAX_TOGETHER, add_formulas
from quart_chat.markdown.parts import add_parts
from quart_chat.markdown.plain import plain_text
from quart_chat.markdown.rules import Env, add_render_rule
from quart_chat.markdown.tags import add_tags
from quart_chat.search.words import language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token


# Blocks and spans within each other; what is nested deeper is left out. With it rendering takes
# time in proportion to the text.
MAX_NESTING = 20
_OPTIONS = {"html": False, "xhtmlOut": False, "maxNesting": MAX_NESTING}
# A byte order mark within a text; of the two libraries one takes it for white space.
_NO_WIDTH = "\ufeff"
_SAFE_SCHEME = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BOX = re.compile('<input type="checkbox" disabled( checked)?>')
# Without line ends a long table has half the nodes.
_WITHIN_A_TABLE = ("thead", "tbody", "tr", "th", "td")
_ALIGNMENT = {f"text-align:{side}": f"align-{side}" for side in ("left", "center", "right")}


def render_markdown(text: str, sources: Sequence[Citable] | None = None, /) -> str:
    """Render a text as HTML that may be put into a page as it is.

    With sources, even with none, each ``[n]`` leads to its source or is marked.
    """
    if is_plain(text):
        return render_line(text)
    checked = {} if sources is None else {ENV: Citations.of(sources, language(text))}
    return str(_RENDERER.render(text.replace(_NO_WIDTH, ""), checked))


def render_plain(text: str, sources: Sequence[Citable] | None = None, /, base: str = "") -> str:
    """The text as people read it, for a mail; links lead on from the address ``base``."""
    tokens = _parse(text, base, {} if sources is None else {ENV: Citations.of(sources)})
    return plain_text(tokens)


def render_mail(text: str, /, base: str = "") -> str:
    """HTML for a mail, which knows no styles of a page, no MathML, and not where it comes from."""
    # As if there had been too many formulas before: they are shown as they were written.
    env: Env = {"formulas": MAX_TOGETHER}
    html = str(_RENDERER.renderer.render(_parse(text, base, env), _RENDERER.options, env))
    html = _BOX.sub(lambda box: "☑" if box[1] else "☐", html)
    return html.replace("<table>", '<table border="1" cellpadding="4" cellspacing="0">')


def _parse(text: str, base: str, env: Env) -> list[Token]:
    env[WHOLE] = True
    tokens = _RENDERER.parse(text.replace(_NO_WIDTH, ""), env)
    for token in tokens:
        for child in token.children or []:
            href = str(child.attrs.get("href", "#"))
            if not href.startswith("#"):
                child.attrs["href"] = _lead_on(href, base)
    return tokens


def _lead_on(href: str, base: str) -> str:
    """A link as it is stored leads on from the base, also if it begins with a slash."""
    is_here = href.startswith("/") and not href.startswith("//")
    return base.rstrip("/") + href if is_here else urljoin(base, href)


class _SafeMarkdown(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("zero")
        self.inline = CjkInline()
        self.configure("commonmark", options_update=_OPTIONS).enable(["table", "strikethrough"])

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Let through what is relative or of a scheme that only leads somewhere."""
        return _SAFE_SCHEME.match(url) is not None or _SCHEME.match(url) is None


def _build() -> MarkdownIt:
    markdown = _SafeMarkdown()
    markdown.inline.ruler.before("escape", "backslash", _keep_backslash)
    add_citations(markdown)
    markdown.core.ruler.push("safe", _make_safe)
    add_links(markdown)
    add_code(markdown)
    add_fences(markdown)
    add_formulas(markdown)
    add_tags(markdown)
    add_parts(markdown)
    add_chunks(markdown)
    add_callouts(markdown)
    add_footnotes(markdown)
    add_tasks(markdown)
    add_render_rule(markdown, "table_open", _render_table_open)
    markdown.add_render_rule("table_close", _render_table_close)
    for part in _WITHIN_A_TABLE:
        add_render_rule(markdown, f"{part}_open", _render_part_open)
        add_render_rule(markdown, f"{part}_close", _render_part_close)
    return markdown


def _keep_backslash(state: StateInline, silent: bool) -> bool:
    """Leave the space after a backslash alone: two at the end of a line are a line break."""
    if not state.src.startswith("\\ ", state.pos):
        return False
    if not silent:
        state.push("text_special", "", 0).content = "\\"
    state.pos += 1
    return True


def _make_safe(state: StateCore) -> None:
    make_tasks(state.tokens)
    for token in state.tokens:
        if token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs = {"class": _ALIGNMENT[str(token.attrs["style"])]}


def _render_table_open(token: Token, _: Env) -> str:
    # A long table needs no place to scroll by itself: it is as wide as the text.
    if kind := token.attrs.get("class"):
        return f'<div class="table {kind}"><table>'
    return '<div class="table" tabindex="0"><table>'


def _render_table_close(*_: object) -> str:
    return "</table></div>\n"


def _render_part_open(token: Token, _: Env) -> str:
    kind = token.attrs.get("class")
    return f'<{token.tag} class="{kind}">' if kind else f"<{token.tag}>"


def _render_part_close(token: Token, _: Env) -> str:
    return f"</{token.tag}>"


_RENDERER = _build()
# Its rules are put in order with the first text, which two threads must not do at the same time.
_RENDERER.render("text")
