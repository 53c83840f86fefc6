"""What people and assistants write, made fit to be stored and sent."""

from __future__ import annotations

import logging
import re
import unicodedata
from typing import Any

from quart_chat.errors import InvalidInput, PromptTooLong
from quart_chat.texts import _, number

_logger = logging.getLogger(__name__)


# Letters and symbols that look like nothing: fillers of Hangul, and Braille without a dot.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"})

_BACKTICKS = re.compile("`+")

# NUL ends strings in C, and a lone surrogate has no UTF-8: neither gets through a database.
_UNFIT = re.compile("[\0\ud800-\udfff]")

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def clean(text: str) -> str:
    """Put U+FFFD in the place of what can't be stored."""
    return _UNFIT.sub("\ufffd", text)


def clean_link(url: str) -> str:
    """An address that a link may lead to: this server's, or a page elsewhere.

    Anything else could be a script, and becomes empty.
    """
    url = one_line(url)
    here = url.startswith("/") and not url.startswith(("//", "/\\"))
    return url if here or url.lower().startswith(("http://", "https://")) else ""


def is_blank(text: str) -> bool:
    """Whether there is nothing to see: white space, and characters without a glyph."""
    return all(c in _BLANKS or unicodedata.category(c) in _UNSEEN for c in text)


def clean_prompt(prompt: Any, limit: int) -> str:
    """Read a prompt.

    Raises:
        InvalidInput: It is no text, or a blank one.
        PromptTooLong: It has more characters than the limit.
    """
    if not isinstance(prompt, str):
        raise InvalidInput(_("prompt: expected a text."))
    if is_blank(clean(prompt)):
        raise InvalidInput(_("prompt: write something first."))
    if len(prompt) > limit:
        raise PromptTooLong(
            _("Your message is too long: {count} of {limit} characters.").format(
                count=number(len(prompt)), limit=number(limit)
            )
        )
    return clean(prompt)


def clean_title(title: Any, limit: int) -> str:
    """Read a title and make it one line.

    Raises:
        InvalidInput: It is no text, a blank one, or too long.
    """
    if not isinstance(title, str):
        raise InvalidInput(_("title: expected a text."))
    line = one_line(title)
    if is_blank(line):
        raise InvalidInput(_("title: write something first."))
    if len(line) > limit:
        raise InvalidInput(
            _("title: {count} characters; at most {limit} are possible.").format(
                count=number(len(line)), limit=number(limit)
            )
        )
    return line


def clean_system_prompt(text: Any, limit: int) -> str | None:
    """Read a system prompt; a blank one is none.

    Raises:
        InvalidInput: It is no text, or too long.
    """
    if not isinstance(text, str):
        raise InvalidInput(_("systemPrompt: expected a text."))
    if len(text) > limit:
        raise InvalidInput(
            _("systemPrompt: {count} characters; at most {limit} are possible.").format(
                count=number(len(text)), limit=number(limit)
            )
        )
    return clean(text).strip() or None


def clean_name(name: str, limit: int) -> str:
    """Read a name and make it one line.

    Raises:
        InvalidInput: It is blank, or too long.
    """
    line = one_line(name)
    if is_blank(line) or len(line) > limit:
        raise InvalidInput(_("name: expected 1 to {limit} characters.").format(limit=number(limit)))
    return line


def fenced(text: str) -> str:
    """A listing as Markdown, in a fence that is longer than any in it."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def shorten(text: str, limit: int) -> str:
    """The beginning of a text as one line, cut after a word."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    words = line[:limit].rpartition(" ")[0] or line[: limit - 1]
    return words + "…"


def one_line(text: str) -> str:
    """Fold all white space into single spaces."""
    return " ".join(clean(text).split())


def to_cell(value: str | int | None) -> str | int:
    """A value for a table that no spreadsheet runs as a formula: users choose many names."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value
