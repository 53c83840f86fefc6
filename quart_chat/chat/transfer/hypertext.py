"""Answers that another program keeps as HTML, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from quart_chat.plaintext import fenced

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_DEPTH = 100
_BLOCKS = frozenset(
    """address article blockquote body details div dl dd dt figure footer form h1 h2 h3 h4 h5 h6
    header hr li main ol p pre section table ul""".split()  # noqa: SIM905 - a paragraph of names
)
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "del": "~~", "s": "~~"}
_LEFT_OUT = frozenset({"script", "style", "template", "-comment"})
_SPACE = re.compile(r"\s+")


def parse_html(html: str) -> LexborHTMLParser:
    """Parse a page as browsers do; the parser is loaded with the first export that needs it."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(html)


def html_to_markdown(html: str) -> str:
    """What HTML says: its paragraphs, headings, lists, tables, code, emphasis and links."""
    body = parse_html(html).body
    return "\n\n".join(_blocks(body, 0)) if body is not None else ""


def _children(node: LexborNode) -> Iterator[LexborNode]:
    return (each for each in node.iter(include_text=True) if each.tag not in _LEFT_OUT)


def _blocks(node: LexborNode, depth: int) -> list[str]:
    """The blocks of an element; what stands between blocks is a paragraph."""
    found: list[str] = []
    line: list[str] = []
    for child in _children(node):
        if child.tag in _BLOCKS and depth < _MAX_DEPTH:
            found += [_line(line), *_block(child, depth + 1)]
            line = []
        else:
            line.append(_inline(child, depth + 1))
    found.append(_line(line))
    return [block for block in found if block]


def _line(parts: Iterable[str]) -> str:
    return "\n".join(line.strip() for line in "".join(parts).split("\n")).strip()


def _block(node: LexborNode, depth: int) -> list[str]:
    tag = node.tag or ""
    if tag[0] == "h" and tag[1:].isdigit():
        return [f"{'#' * int(tag[1:])} {' '.join(_blocks(node, depth))}"]
    match tag:
        case "hr":
            return ["---"]
        case "pre":
            return [fenced((node.text() or "").strip("\n"))]
        case "blockquote":
            return [_indent("\n\n".join(_blocks(node, depth)), "> ", "> ")]
        case "ul" | "ol":
            return ["\n".join(_items(node, depth))]
        case "table":
            return ["\n".join(_rows(node))]
    return _blocks(node, depth)


def _items(node: LexborNode, depth: int) -> Iterator[str]:
    items = (child for child in _children(node) if child.tag == "li")
    for number, item in enumerate(items, 1):
        mark = f"{number}. " if node.tag == "ol" else "- "
        yield _indent("\n".join(_blocks(item, depth)), mark, " " * len(mark))


def _indent(text: str, first: str, others: str) -> str:
    return first + text.replace("\n", f"\n{others}")


def _rows(node: LexborNode) -> Iterator[str]:
    for number, row in enumerate(node.css("tr")):
        cells = [" ".join(cell.text().split()).replace("|", "\\|") for cell in row.css("th, td")]
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            yield f"|{' --- |' * len(cells)}"


def _inline(node: LexborNode, depth: int) -> str:
    if node.tag == "-text":
        return _SPACE.sub(" ", node.text_content or "")
    if node.tag == "br":
        return "\n"
    if node.tag == "img":
        return "[image]"
    if node.tag == "code":
        return f"`{node.text()}`"
    if depth > _MAX_DEPTH:
        return node.text()
    inner = "".join(_inline(child, depth + 1) for child in _children(node))
    href = node.attributes.get("href") or "" if node.tag == "a" else ""
    if href.startswith(("https://", "http://")) and inner.strip():
        return f"[{inner}]({href})"
    mark = _MARKS.get(node.tag or "", "")
    return f"{mark}{inner.strip()}{mark}" if mark and inner.strip() else inner
