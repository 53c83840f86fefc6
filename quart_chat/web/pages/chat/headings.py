"""Rendered Markdown as a part of a page.

The headings of an answer stand beneath its author's name: they look as they were written, and a
screen reader is told where they stand. The titles of callouts are in the language of the page.
``static/js/chat/headings.js`` does the same for what the browser renders.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quart_chat.chat.author import author
from quart_chat.texts import N_, _
from quart_chat.web.paths import lead_links

if TYPE_CHECKING:
    from quart import Quart

_HEADING = re.compile(r"<h([1-6])>")
_CALLOUT = re.compile(r'(?<=<p class="callout-title">)\w+(?=</p>)')
_TITLES = {N_("Note"), N_("Tip"), N_("Important"), N_("Warning"), N_("Caution")}
_ABOVE = 3
_LOWEST = 6


def init_app(app: Quart) -> None:
    """Give it, and who signs, to the templates of ``app``."""
    app.add_template_filter(author)
    app.add_template_filter(beneath)


def beneath(html: str) -> str:
    """Rendered Markdown, its headings beneath those of the page; its text holds no ``<``.

    Its links to pages of this server lead to where these are.
    """
    return lead_links(_CALLOUT.sub(_translate, _HEADING.sub(_lower, html)))


def _translate(match: re.Match[str]) -> str:
    return _(match[0]) if match[0] in _TITLES else match[0]


def _lower(match: re.Match[str]) -> str:
    level = min(_LOWEST, int(match[1]) + _ABOVE)
    return f'<h{match[1]} aria-level="{level}">'
