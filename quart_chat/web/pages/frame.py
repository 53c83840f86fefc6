"""The frame of the pages that show no chat: the list of chats, and where else one can go."""

from __future__ import annotations

from typing import Any

from quart import render_template

from quart_chat.web.pages.chat_list import view_list


async def render_in_frame(template: str, **context: Any) -> str:
    """Render a template that extends ``frame.html``.

    The list is read last: what the context took long to gather has not made it old.
    """
    return await render_template(template, list=await view_list(), **context)
