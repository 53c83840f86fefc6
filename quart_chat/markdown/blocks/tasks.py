"""Task lists: an item that begins with ``[ ]`` or ``[x]`` has a box that is read-only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt

_BOX = re.compile(r"\[([ xX])\] ")


def add_tasks(markdown: MarkdownIt) -> None:
    markdown.add_render_rule("task_open", _render_open)
    markdown.add_render_rule("task_close", lambda *_: "</label>")


def make_tasks(tokens: Sequence[Token]) -> None:
    """Give the items of a list that are tasks their boxes, each within the label of its text."""
    for item, _, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type != "list_item_open" or not inline.children:
            continue
        first = inline.children[0]
        box = _BOX.match(first.content) if first.type == "text" else None
        if box is None:
            continue
        first.content = first.content[box.end() :]
        done = box[1] != " "
        inline.children.insert(0, Token("task_open", "label", 1, meta={"done": done}))
        inline.children.append(Token("task_close", "label", -1))
        item.attrSet("class", "task")


def _render_open(_: object, tokens: Sequence[Token], index: int, *__: object) -> str:
    checked = " checked" if tokens[index].meta["done"] else ""
    return f'<label><input type="checkbox" disabled{checked}> '
