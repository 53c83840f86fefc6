"""Markdown as safe HTML."""

from quart_chat.markdown.renderer import MAX_NESTING, render_mail, render_markdown, render_plain

__all__ = ["MAX_NESTING", "render_mail", "render_markdown", "render_plain"]
