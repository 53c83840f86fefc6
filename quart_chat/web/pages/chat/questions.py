"""Questions: code in them is shown as code, and long ones are folded.

The text of the page's element stays the question itself, from which it is copied and edited: the
marks of code are only out of sight. ``static/js/chat/question.js`` does the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from quart import Quart

_CODE = re.compile(
    r"^((`{3,}|~{3,})[^\n`]*\n)((?:(?!\2).*\n)*)(\2[`~]*[ \t]*(?:\n|\Z))|(`)([^`\n]+)(`)",
    re.MULTILINE,
)
MAX_CHARACTERS = 2000
MAX_LINES = 30


def init_app(app: Quart) -> None:
    """Give what questions need to the templates of ``app``."""
    app.add_template_filter(question)
    app.add_template_test(is_long, "long")


def question(text: str) -> Markup:
    """A question as HTML."""
    parts = []
    done = 0
    for match in _CODE.finditer(text):
        parts += [escape(text[done : match.start()]), _as_code(match)]
        done = match.end()
    return Markup("").join([*parts, escape(text[done:])])


def is_long(text: str) -> bool:
    """Whether a question is folded at first."""
    return len(text) > MAX_CHARACTERS or text.count("\n") >= MAX_LINES


def _as_code(match: re.Match[str]) -> Markup:
    opener, _, block, closer, tick, inline, _ = match.groups()
    if opener is None:
        opener, block, closer = tick, inline, tick
    kind = Markup("") if tick else Markup(' class="block"')
    return Markup("<code{}><span hidden>{}</span>{}<span hidden>{}</span></code>").format(
        kind, opener, block, closer
    )
