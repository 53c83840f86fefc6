"""Markdown: its sections, without the comments that no reader sees."""
