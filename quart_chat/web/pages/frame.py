"""The frame of the pages that show no chat: the list of chats, and where else one can go."""

from __future__ import annotations

from typing import Any

from quart import render_template

from quart_chat.web.pages.chat_list import ChatListView, view_list


async def render_in_frame(template: str, chats: ChatListView | None = None, **context: Any) -> str:
    """Render a template that extends ``frame.html``.

    Args:
        template: Its name.
        chats: The list of chats, read before anything else that changes with the version of the
            list: the page's stream goes on from that version. Without it the list is read last, so
            that what the context took long to gather has not made it old.
        context: What the template needs beside the list.
    """
    return await render_template(template, list=chats or await view_list(), **context)
