"""A line of plain words, in which Markdown has nothing to find."""

from __future__ import annotations

import re

_LETTER = r"[^\W\d_]"
_PLAIN = re.compile(rf"{_LETTER}(?:[^\W_]|[ ,;?!'()-]|\.(?= |$)){{0,500}}(?<! )")


def is_plain(text: str) -> bool:
    """Whether a text is one line of words and of signs that mean nothing in Markdown."""
    return _PLAIN.fullmatch(text) is not None


def render_line(text: str) -> str:
    """The HTML of a plain line, as the renderer makes it."""
    return f"<p>{text}</p>\n"
