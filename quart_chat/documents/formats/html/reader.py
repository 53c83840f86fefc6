"""HTML: what a page is about, without its menus, its footer, and what it does not show.

selectolax parses a page as browsers do. Parts that repeat on every page of a site are told by what
their elements mean, by what they are called, and by being made of links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from quart_chat.documents.formats import Block, Mark, Part
from quart_chat.documents.formats.encoding import read_text
from quart_chat.documents.formats.html.blocks import blocks
from quart_chat.texts import _

MAIN_SHARE = 0.3
"""How much of the text the main part has to have, to be taken for all of it."""

LINK_SHARE = 0.8
"""How much of a menu's text is links."""

_NEVER_SHOWN = "script, style, template, noscript, svg, head, iframe, object, dialog, rt, rp"
_NO_TEXT = "button, datalist, select, input, textarea, canvas, audio, video"
_HIDDEN = '[hidden]:not([hidden="until-found"]), [aria-hidden="true"]'
# Numbers of footnotes, which would become a part of the word before, and what leads back from them.
_NOTE_MARKS = (
    'sup > a[href^="#"], a[href^="#"] > sup, a[role="doc-noteref"], a[role="doc-backlink"],'
    " a.footnote-backref"
)
_AROUND = (
    'nav, footer, aside, [role="navigation"], [role="contentinfo"], [role="complementary"],'
    ' [role="search"], [role="menu"], [role="menubar"], [role="dialog"], [role="alertdialog"]'
)
_MAIN = ('main, [role="main"]', "article")
_CALLED = re.compile(
    r"(?:^|[\s_-])(?:(?:site|main|page|top|global|primary|nav|side)[_-]?)?"
    r"(?:menu|navbar|navigation|nav|breadcrumbs?|sidebar|footer|cookies?(?:[_-]?\w+)?|consent|"
    r"skip[_-]?link|pagination|share|social|newsletter|advert(?:isement)?)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NOT_SHOWN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE
)
_AT_RULE = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_MAX_SELECTOR = 200
_HEAD = 2048
_XML = re.compile(r"<\?xml\b|xmlns\s*=", re.IGNORECASE)
# Empty elements of XML, which HTML would take for the beginning of one.
_EMPTY = re.compile(
    r"<(script|style|title|textarea|a|b|i|em|strong|div|span|p|td|th|li|iframe)\b([^<>]*)/>",
    re.IGNORECASE,
)


def read(path: Path) -> Iterator[Part]:
    text, warnings = read_text(path)
    yield from warnings
    yield from read_page(text)


def read_page(text: str, *, is_site: bool = True) -> Iterator[Block | Mark]:
    """Read the text of a page; around that of a page of no site, as in a book, is nothing."""
    if _XML.search(text[:_HEAD]) or not is_site:
        text = _EMPTY.sub(r"<\1\2></\1>", text)
    tree = LexborHTMLParser(text)
    yield Mark(0.5, _("Reading the text"))
    if tree.body is None:
        return
    sheets = [node.text() for node in tree.css("style")]
    for formula in tree.css("math"):
        formula.replace_with(_source_of(formula))
    _remove(tree, _NEVER_SHOWN, _NO_TEXT, _HIDDEN, _NOTE_MARKS)
    _remove_unseen(tree, sheets)
    if not is_site:
        yield from blocks(tree.body)
        return
    shown = _size(tree.body)
    for node in tree.css(_AROUND):
        _remove_part(node, shown)
    for node in tree.css("div, ul, ol, section, header, table, form, p"):
        if _is_furniture(node):
            _remove_part(node, shown)
    yield from blocks(_main_of(tree, tree.body))


def _source_of(formula: LexborNode) -> str:
    """A formula as it was written where that is told, or else its signs."""
    source = formula.css_first("annotation")
    told = formula.attributes.get("alttext") or (source.text() if source else "")
    return " ".join((told or formula.text(separator=" ")).split())


def _remove(tree: LexborHTMLParser, *selectors: str) -> None:
    for selector in selectors:
        for node in tree.css(selector):
            node.decompose()


def _remove_unseen(tree: LexborHTMLParser, sheets: list[str]) -> None:
    """Remove what styles hide: those of elements, and plain rules of the page's own sheets."""
    for node in tree.css("[style]"):
        if _NOT_SHOWN.search(node.attributes.get("style") or ""):
            node.decompose()
    for sheet in sheets:
        for selector, rule in _RULE.findall(_AT_RULE.sub("", _CSS_COMMENT.sub("", sheet))):
            if _NOT_SHOWN.search(rule) and len(selector) < _MAX_SELECTOR:
                _remove_matching(tree, selector)


def _remove_matching(tree: LexborHTMLParser, selector: str) -> None:
    try:
        nodes = tree.css(selector.strip())
    except (SelectolaxError, ValueError):
        return  # one that the library does not know
    for node in nodes:
        # A page that hides all of itself is shown by its script.
        if node.tag not in {"html", "body"}:
            node.decompose()


def _remove_part(node: LexborNode, shown: int) -> None:
    """Remove what is around the text, unless it is most of what there is."""
    if node.tag not in {"html", "body"} and _size(node) <= shown / 2:
        node.decompose()


def _is_furniture(node: LexborNode) -> bool:
    """Whether a part is called like a menu or a footer, and has no text of its own to speak of."""
    attributes = node.attributes
    called = " ".join(filter(None, (attributes.get("id"), attributes.get("class"))))
    if not called or not _CALLED.search(called) or node.css_first("main, article, h1"):
        return False
    if "footer" in called.lower() or node.tag in {"p", "form"}:
        return True
    links = sum(map(_size, node.css("a")))
    return links >= LINK_SHARE * _size(node) or "cookie" in called.lower()


def _main_of(tree: LexborHTMLParser, body: LexborNode) -> LexborNode:
    for selector in _MAIN:
        nodes = tree.css(selector)
        if len(nodes) == 1 and _size(nodes[0]) >= MAIN_SHARE * _size(body):
            return nodes[0]
    return body


def _size(node: LexborNode) -> int:
    """Characters of a text, without white space."""
    return len("".join((node.text() or "").split()))
