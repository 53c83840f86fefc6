"""Rendering off the event loop, which a text can keep busy for long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from quart_chat.markdown.citations import Citable
from quart_chat.markdown.lines import is_plain, render_line
from quart_chat.markdown.renderer import render_markdown

_logger = logging.getLogger(__name__)

Render = Callable[..., str]
"""Makes HTML of Markdown; given sources as well, it checks each ``[n]`` against them."""


async def render_html(
    render: Render, text: str, sources: Sequence[Citable] | None = None
) -> str | None:
    """Render Markdown; None where that fails, and the text itself is what there is to show.

    On a thread, so that the event loop goes on: a table of a thousand characters can have ten
    thousand cells, and a short listing the first of its language, whose lexer is to be loaded.
    A line of plain words, as many questions are, takes less time than the way to a thread.
    """
    if render is render_markdown and is_plain(text):
        return render_line(text)
    try:
        return await asyncio.to_thread(render, text, *([] if sources is None else [sources]))
    except Exception:
        _logger.exception("A message of %d characters could not be rendered", len(text))
        return None
