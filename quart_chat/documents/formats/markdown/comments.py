"""Comments of HTML in Markdown, which no reader sees: they are left out, except those in code."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGINS = re.compile(r"^ {0,3}(`{3,}|~{3,})|(`+)|<!--", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_END = "-->"
LONGEST_CODE = 500
"""Characters of code within a line that are looked at."""


def without_comments(text: str) -> str:
    """A text without its comments; one that doesn't end stays."""
    return "".join(_shown(text))


def _shown(text: str) -> Iterator[str]:
    start = place = 0
    while match := _BEGINS.search(text, place):
        if match[0] == "<!--":
            end = text.find(_END, match.end())
            if end < 0:
                break
            yield text[start : match.start()]
            start = place = end + len(_END)
        elif match[1]:
            place = _end_of_listing(text, match)
        else:
            place = _end_of_code(text, match)
    yield text[start:]


def _end_of_listing(text: str, fence: re.Match[str]) -> int:
    closing = re.compile(rf"^ {{0,3}}{fence[1]}{fence[1][0]}*[ \t]*$", re.MULTILINE)
    end = closing.search(text, fence.end())
    return end.end() if end else len(text)


def _end_of_code(text: str, mark: re.Match[str]) -> int:
    """Where code within a line ends; behind its mark where it doesn't end soon."""
    following = text[mark.end() : mark.end() + LONGEST_CODE]
    following = _BLANK_LINE.split(following, maxsplit=1)[0]
    closing = re.search(rf"(?<!`){mark[2]}(?!`)", following)
    return mark.end() + (closing.end() if closing else 0)
