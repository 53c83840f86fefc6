"""Markdown as safe HTML."""

from quart_chat.markdown.renderer import MAX_NESTING, render_markdown

__all__ = ["MAX_NESTING", "render_markdown"]
