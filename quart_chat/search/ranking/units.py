"""A passage in the parts that can answer by themselves: sentences, items, rows, listings.

Each is a slice of the passage, so that it can be quoted word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SHORTENED = """Mr Mrs Ms Dr Prof Nr No St Std Max Min Avg Approx Tel Addr Adr Ref Abt Dept Qty Incl
    Excl Inkl Zzgl Evtl Ggf Zul Geb Abs Art Ca Bzw Vgl Str Mio Mrd Ing""".split()  # noqa: SIM905 - a paragraph of words
# The end of a sentence: not that of "Mr.", "z. B." or "§ 3.", nor the number of a list.
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])(?<![ (][A-Za-zÄÖÜäöü]\.)(?<!\b\d\.)(?<!\b\d\d\.)"
    + "".join(
        rf"(?<!\b{form}\.)" for word in _SHORTENED for form in (word, word.lower()) if form != "no"
    )
    + r"([”“\"')*_]*)\s+(?=\S)"
)
_CJK_END = re.compile("(?<=[\u3002\uff01\uff1f])")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_FIELD = re.compile(r"\s*\w[^.:!?]{0,40}:\s")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_ENDING = ".!?:;…|\u3002\uff01\uff1f"
SHORTEST_WRAPPED = 45
"""Characters of a line that may end only because it is full."""
_ROW = re.compile(r"\s*\|.*\|\s*$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A slice of a passage.

    Attributes:
        head: The slice that it can't be understood without: the head of a table, the line that
            announces a list or a listing. Empty where there is none.
        kind: "sentence", "item", "row" or "code".
    """

    start: int
    end: int
    kind: str = "sentence"
    head: tuple[int, int] = (0, 0)


def cut_units(text: str, form: str) -> list[Unit]:
    """The units of a passage, in order; none of a passage without words."""
    if form == "code":
        return [Unit(start, end, "code") for start, end in _lines(text)]
    return list(_units(text, markdown=form == "markdown"))


def _units(text: str, *, markdown: bool) -> Iterator[Unit]:
    lines = list(_lines(text))
    at = 0
    announced = (0, 0)
    while at < len(lines):
        start, end = lines[at]
        line = text[start:end]
        if markdown and (fence := _FENCE.match(line)):
            last = _closing(text, lines, at, fence[1])
            yield Unit(start, lines[last][1], "code", announced)
            at = last + 1
        elif markdown and at + 1 < len(lines) and _is_head(text, lines, at):
            head = (start, lines[at + 1][1])
            at += 2
            while at < len(lines) and _ROW.match(text[slice(*lines[at])]):
                yield Unit(*lines[at], "row", head)
                at += 1
        elif markdown and _ITEM.match(line):
            last = _last_of_item(text, lines, at)
            yield Unit(start, lines[last][1], "item", announced)
            at = last + 1
        else:
            last = at
            while _goes_on(text, lines, last, markdown=markdown):
                last += 1
            sentences = list(_sentences(text, start, lines[last][1]))
            yield from sentences
            ends_with_colon = bool(sentences) and text[sentences[-1].end - 1] == ":"
            announced = (sentences[-1].start, sentences[-1].end) if ends_with_colon else (0, 0)
            at = last + 1


def _lines(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\r\n]+", text):
        if match[0].strip():
            yield match.span()


def _is_head(text: str, lines: list[tuple[int, int]], at: int) -> bool:
    rule = text[slice(*lines[at + 1])]
    return "|" in text[slice(*lines[at])] and "-" in rule and bool(_TABLE_RULE.match(rule))


def _closing(text: str, lines: list[tuple[int, int]], at: int, fence: str) -> int:
    for last in range(at + 1, len(lines)):
        if text[slice(*lines[last])].strip().startswith(fence):
            return last
    return len(lines) - 1


def _last_of_item(text: str, lines: list[tuple[int, int]], at: int) -> int:
    last = at
    while last + 1 < len(lines) and _adjoins(text, lines, last):
        following = text[slice(*lines[last + 1])]
        if _ITEM.match(following) or _FENCE.match(following):
            break
        last += 1
    return last


def _goes_on(text: str, lines: list[tuple[int, int]], at: int, *, markdown: bool) -> bool:
    """Whether the next line belongs to the same paragraph; a field of a form has its own line."""
    if at + 1 >= len(lines) or not _adjoins(text, lines, at):
        return False
    following = text[slice(*lines[at + 1])]
    if _FIELD.match(following):
        return False
    if not markdown:
        return following.lstrip()[:1].islower() or _is_wrapped(text, lines, at)
    return not (_ITEM.match(following) or _FENCE.match(following) or _ROW.match(following))


def _is_wrapped(text: str, lines: list[tuple[int, int]], at: int) -> bool:
    """Whether a line ends within a sentence because the next word had no room in it.

    A German noun begins with a capital in the middle of a sentence, too.
    """
    line, following = (text[slice(*lines[number])].strip() for number in (at, at + 1))
    if len(line) < SHORTEST_WRAPPED or line[-1] in _ENDING or not following[0].isalnum():
        return False
    first, last = at, at + 1
    while first and _adjoins(text, lines, first - 1):
        first -= 1
    while last + 1 < len(lines) and _adjoins(text, lines, last):
        last += 1
    width = max(end - start for start, end in lines[first : last + 1])
    return len(line) + 1 + len(following.split()[0]) > width


def _adjoins(text: str, lines: list[tuple[int, int]], at: int) -> bool:
    return text[lines[at][1] : lines[at + 1][0]].count("\n") <= 1


def _sentences(text: str, start: int, end: int) -> Iterator[Unit]:
    begin = start
    ends = [(match.end(1), match.end()) for match in _SENTENCE_END.finditer(text, start, end)]
    ends += [match.span() for match in _CJK_END.finditer(text, start, end)]
    for stop, following in [*sorted(ends), (end, end)]:
        if text[begin:stop].strip():
            yield Unit(begin, stop)
        begin = following
