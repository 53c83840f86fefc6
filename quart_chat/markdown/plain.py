"""Markdown as plain text that fits into a mail: read by people, without any marks.

Lists keep their dashes and numbers, tables become columns, a link is followed by its address, and
code and formulas stay as they were written. What is quoted is indented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from quart_chat.markdown.tables import Column, align

if TYPE_CHECKING:
    from markdown_it.token import Token

_QUOTE = "  "
_RULE = "—" * 10
_SPANS = {"sup": "^", "sub": "_", "q": '"', "/q": '"', "br": "\n"}
"""What stands for tags within a line."""

_NAMED = ("", "http://", "https://", "mailto:")
"""What an address may have more than the text that names it."""


def plain_text(tokens: Sequence[Token]) -> str:
    """The text of a document that the Markdown parser has read."""
    return "\n\n".join(_blocks(tokens)).strip("\n")


def _blocks(tokens: Sequence[Token]) -> list[str]:
    """The blocks on one level, each with its lines."""
    blocks: list[str] = []
    for opening, inner in _elements(tokens):
        text = _block(opening, inner)
        if opening.attrs.get("class") == "part" and blocks:
            blocks[-1] += f" {text}"  # a long paragraph, which is shown in parts
        elif text:
            blocks.append(text)
    return blocks


def _elements(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each token on one level, with the tokens between it and the one that closes it."""
    depth, start = 0, 0
    for index, token in enumerate(tokens):
        if depth == 0 and token.nesting >= 0:
            start = index
        depth += token.nesting
        if depth == 0:
            yield tokens[start], tokens[start + 1 : index]


def _block(token: Token, inner: Sequence[Token]) -> str:
    match token.type:
        case "fence" | "code_block":
            return token.content.rstrip("\n")
        case "formula_block":
            return str(token.meta["formula"].tex).strip()
        case "hr":
            return _RULE
        case "inline":
            return _line(token.children or [])
        case "blockquote_open":
            return _indent("\n\n".join(_blocks(inner)), _QUOTE, _QUOTE)
        case "bullet_list_open":
            return _list(inner, lambda _: "- ")
        case "ordered_list_open":
            first = int(token.attrs.get("start", 1))
            return _list(inner, lambda index: f"{first + index}. ")
        case "footnotes_open":
            return _list(inner, lambda index: f"[{index + 1}] ")
        case "table_open":
            return _table(inner)
    return "\n\n".join(_blocks(inner))


def _list(tokens: Sequence[Token], mark: Callable[[int], str]) -> str:
    items = [inner for _, inner in _elements(tokens)]
    tight = all(token.hidden for item in items for token in item if token.type == "paragraph_open")
    gap = "\n" if tight else "\n\n"
    return gap.join(
        _indent(gap.join(_blocks(item)), mark(index), " " * len(mark(index)))
        for index, item in enumerate(items)
    )


def _indent(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        f"{others if index else first}{line}".rstrip() if line or not index else ""
        for index, line in enumerate(lines)
    )


def _table(tokens: Sequence[Token]) -> str:
    rows: list[list[str]] = []
    columns: list[Column] = []
    for _, part in _elements(tokens):
        for _, row in _elements(part):
            cells = list(_elements(row))
            rows.append([" ".join(_blocks(inner)).replace("\n", " ") for _, inner in cells])
            columns = columns or [_column(cell) for cell, _ in cells]
    return align(rows, columns)


def _column(cell: Token) -> Column:
    return Column(str(cell.attrs.get("class", "")).removeprefix("align-") or "left")


def _line(tokens: Iterable[Token]) -> str:
    """The text of a paragraph or a cell."""
    parts: list[str] = []
    links: list[tuple[int, str]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((len(parts), str(token.attrs["href"])))
        elif token.type == "link_close":
            start, url = links.pop()
            parts.append(_address("".join(parts[start:]), url))
        else:
            parts.append(_span(token))
    return "".join(parts).strip()


def _span(token: Token) -> str:
    match token.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "tag":
            return _SPANS.get(token.tag, "")
        case "formula":
            return str(token.meta["formula"].tex).strip()
        case "footnote":
            return f"[{token.meta['number']}]"
        case "task_open":
            return "[x] " if token.meta["done"] else "[ ] "
    return token.content


def _address(text: str, url: str) -> str:
    """What follows a link: its address, unless its text is the address or it leads within."""
    if url.startswith("#") or any(url == prefix + text for prefix in _NAMED):
        return ""
    return f" ({url})" if text else url
