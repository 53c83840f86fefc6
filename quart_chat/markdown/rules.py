"""How a token becomes HTML, as functions of what they need alone."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

Env = MutableMapping[str, Any]
"""What the rules of one text share."""


def add_render_rule(markdown: MarkdownIt, name: str, render: Callable[[Token, Env], str]) -> None:
    """Have tokens of a type rendered by a function of the token and of what all rules share."""

    def rule(_: object, tokens: Sequence[Token], index: int, __: object, env: Env) -> str:
        return render(tokens[index], env)

    markdown.add_render_rule(name, rule)
