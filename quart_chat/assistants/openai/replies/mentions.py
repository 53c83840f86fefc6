"""Whether an answer is about a mark of a chat template, and doesn't use it."""

from __future__ import annotations

import re

QUOTES = "\"'`(\\«»\u2018\u2019\u201c\u201d\u201e"
"""A mark behind one of them is mentioned."""
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_TICKS = re.compile("`+")


def is_in_fence(before: str) -> bool:
    """Whether a text ends in a block of code."""
    return len(_FENCE.findall(before)) % 2 == 1


def is_in_span(before: str) -> bool:
    """Whether a text ends in code within a line."""
    return len(_TICKS.findall(before.rpartition("\n\n")[2])) % 2 == 1
