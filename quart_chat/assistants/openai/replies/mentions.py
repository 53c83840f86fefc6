"""Whether an answer is about a mark of a chat template, and doesn't use it."""

from __future__ import annotations

import re

QUOTES = "\"'`(\\«»\u2018\u2019\u201c\u201d\u201e"
"""A mark behind one of them is mentioned."""
_OPENING_QUOTES = tuple("\u2018\u201c\u201e\u00ab\u00bb")
_CLOSING_QUOTES = tuple("\u2019\u201c\u201d\u00ab\u00bb")
_LONGEST_QUOTE = 16
_OPENING = re.compile(
    rf"(?:(?:\A|[\s:=,;/|\[{{-])(?:[{re.escape(QUOTES)}]|[*_~]{{1,3}})+"
    r"|[\\(\[|\u3008\u300a\u300c\u300e\u3010\uff08]|<(?:b|i|code|em|kbd|mark|strong|tt)>)\Z"
)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_TICKS = re.compile("`+")


def is_in_fence(before: str) -> bool:
    """Whether a text ends in a block of code."""
    return len(_FENCE.findall(before)) % 2 == 1


def is_in_span(before: str) -> bool:
    """Whether a text ends in code within a line."""
    return len(_TICKS.findall(before.rpartition("\n\n")[2])) % 2 == 1


def is_quoted(before: str, after: str) -> bool:
    """Whether a mark stands behind a quote that opens; one behind a word closes.

    Args:
        before: What stands before the mark.
        after: The character behind it.
    """
    if _OPENING.search(before[-_LONGEST_QUOTE:]):
        return True
    # Chinese and Japanese put no space before a quote, and German closes with one that opens.
    return before[-1:] in _OPENING_QUOTES and after in _CLOSING_QUOTES
