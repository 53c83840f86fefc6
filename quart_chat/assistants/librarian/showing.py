"""The part of a passage that is shown: the sentence that answers, with what it needs to be read."""

from __future__ import annotations

import re

from quart_chat.search.ranking.analysis import Analysed

SHORT_PASSAGE = 420
"""Characters of a passage that is shown whole where a question asks for no single fact."""
SHORT_SENTENCE = 60
"""Characters of a sentence that is shown with the next: "Yes." says too little."""
SHORTEST_LINE = 45
"""Characters from which a line says something by itself."""
ENOUGH_SHOWN = 300
"""Characters after which no further sentence is shown."""

# What a sentence begins with that the one before explains.
_POINTS_BACK = re.compile(
    r"(?:It|They|This|That|These|Those|He|She|Its|Their|Then|Er|Sie|Es|Das|Dies\w*|Dann|Dort|Danach"
    r"|Davon|Dabei)\b"
)


# Code, in which marks mean nothing; characters that a backslash makes ordinary; bullets; a times.
_NO_MARK = re.compile(r"`[^`]*`|\\.|^[ \t]*\*[ \t]|(?<=\s)\*(?=\s)", re.MULTILINE)
_PAIRED = ("**", "__", "~~", "*", "`")


def choose_shown(analysed: Analysed, number: int, *, asks_for_fact: bool) -> str:
    """The part of a passage that answers, word for word.

    Args:
        analysed: The passage.
        number: Of the unit in it that answers best.
        asks_for_fact: Whether the question asks for a time, an amount or a name.
    """
    text = analysed.passage.text
    if not analysed.units:
        return text
    unit = analysed.units[number]
    if unit.kind == "row":
        return f"{text[slice(*unit.head)]}\n{text[unit.start : unit.end]}"
    if unit.kind == "item" and asks_for_fact:
        head = text[slice(*unit.head)]
        return f"{head}\n\n{text[unit.start : unit.end]}" if head else text[unit.start : unit.end]
    if unit.kind != "sentence":
        return text
    if asks_for_fact:
        return _sentence(analysed, number, SHORT_SENTENCE)
    return text if len(text) <= SHORT_PASSAGE else _sentence(analysed, number, ENOUGH_SHOWN)


def _sentence(analysed: Analysed, number: int, least: int) -> str:
    """A sentence with those around it that it needs, up to so many characters at least."""
    text, units = analysed.passage.text, analysed.units
    first = last = number
    if first and (
        _POINTS_BACK.match(text, units[first].start)
        or _is_below_a_line(text, units[first].start, units[first].end)
    ):
        first -= units[first - 1].kind == "sentence"
    is_marked = analysed.passage.form == "markdown"
    while (
        first
        and is_marked
        and (
            _is_within_marks(text, 0, units[first].start)
            or _is_within_quote(text, units[first].start)
        )
    ):
        first -= 1
    start = units[first].start
    while last + 1 < len(units) and (
        _goes_on(text, units[last].end, units[last].end - start, least)
        or (is_marked and _is_within_marks(text, start, units[last].end))
    ):
        last += 1
    return text[start : units[last].end]


def _is_within_marks(text: str, start: int, end: int) -> bool:
    """Whether a cut would tear apart the marks of bold text or of code, which close behind it."""
    block = _NO_MARK.sub("", text[start:end].rpartition("\n\n")[2])
    rest = text[end:].partition("\n\n")[0]
    return any(block.count(mark) % 2 and mark in rest for mark in _PAIRED)


def _is_below_a_line(text: str, start: int, end: int) -> bool:
    """Whether a line of few words belongs to that above it, as a role below a name does."""
    line = text[start:end]
    before, newline, rest = text[:start].rpartition("\n")
    above = before.rpartition("\n")[2].strip()
    return (
        bool(newline and not rest.strip() and above)
        and len(above) < SHORTEST_LINE
        and len(line) < SHORTEST_LINE
        and ":" not in line
        and line[-1] not in ".!?"
    )


def _is_within_quote(text: str, start: int) -> bool:
    """Whether a cut would part a line of a quote from its mark."""
    line = text[:start].rpartition("\n")[2]
    return line.lstrip().startswith(">")


def _goes_on(text: str, end: int, shown: int, least: int) -> bool:
    return shown < least or text[end - 1] == ":"
