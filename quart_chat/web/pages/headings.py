"""The headings of an answer stand beneath the name of who gives it.

They look as they were written, and a screen reader is told where they stand: as in
``static/js/chat/headings.js``, which does it for what the browser renders.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quart_chat.chat.author import author

if TYPE_CHECKING:
    from quart import Quart

_HEADING = re.compile(r"<h([1-6])>")
_ABOVE = 3
_LOWEST = 6


def init_app(app: Quart) -> None:
    """Give it, and who signs, to the templates of ``app``."""
    app.add_template_filter(author)
    app.add_template_filter(beneath)


def beneath(html: str) -> str:
    """Rendered Markdown, its headings beneath those of the page; its text holds no ``<``."""
    return _HEADING.sub(_lower, html)


def _lower(match: re.Match[str]) -> str:
    level = min(_LOWEST, int(match[1]) + _ABOVE)
    return f'<h{match[1]} aria-level="{level}">'
