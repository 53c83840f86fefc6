"""Where the words of a search are in a text, as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from quart_chat.search.folding import CHARACTER, LETTER, index_form

MAX_TEXT = 200_000
"""Characters of a text that are looked at."""

_TOKEN = re.compile(f"{CHARACTER.pattern}|(?:(?!{CHARACTER.pattern}){LETTER})+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row, folded; the last may go on where the phrase is the beginning of something."""

    words: tuple[str, ...]
    prefix: bool


def phrase_of(form: str, *, prefix: bool) -> Phrase:
    """The phrase that a folded text is looked for as."""
    return Phrase(tuple(_TOKEN.findall(form)), prefix)


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a text: its first and last token, and which of the searched words is there."""

    first: int
    last: int
    word: int


def mark(text: str, wanted: Sequence[Sequence[Phrase]]) -> list[tuple[str, bool]]:
    """Cut a text into hits and what is between them.

    Args:
        text: The text.
        wanted: For each word of a search the phrases that stand for it.
    """
    tokens = list(_TOKEN.finditer(text[:MAX_TEXT]))
    return _parts(text, tokens, _hits(tokens, wanted), 0, len(text))


def snippet(text: str, wanted: Sequence[Sequence[Phrase]], size: int) -> list[tuple[str, bool]]:
    """The piece of a text, ``size`` words long, that has the most of the words of a search."""
    tokens = list(_TOKEN.finditer(text[:MAX_TEXT]))
    hits = _hits(tokens, wanted)
    first = _best_start(hits, size)
    # Some words before the first hit say what it is about.
    last = max([hit.last for hit in hits if first <= hit.first < first + size], default=first)
    first = max(0, min(first - 3, len(tokens) - size))
    end = max(last + 1, first + size)
    start = tokens[first].start() if first else 0
    stop = tokens[end - 1].end() if end < len(tokens) else len(text)
    parts = _parts(text, tokens, hits, start, stop)
    before = [("…", False)] if first else []
    return [*before, *parts, *([("…", False)] if stop < len(text) else [])]


def _best_start(hits: Sequence[Hit], size: int) -> int:
    """The first token of the first window that has the most different words."""

    def words(start: Hit) -> int:
        return len({hit.word for hit in hits if start.first <= hit.first < start.first + size})

    looked_at = hits[:200]
    return max(looked_at, key=words).first if looked_at else 0


def _hits(tokens: Sequence[re.Match[str]], wanted: Sequence[Sequence[Phrase]]) -> list[Hit]:
    forms = [form for token in tokens for form in _forms(token[0])]
    owners = [number for number, token in enumerate(tokens) for _ in _forms(token[0])]
    found = [
        Hit(owners[at], owners[at + len(phrase.words) - 1], number)
        for number, phrases in enumerate(wanted)
        for phrase in phrases
        for at in _places(forms, phrase)
    ]
    return sorted(found, key=lambda hit: (hit.first, -hit.last))


def _places(forms: Sequence[str], phrase: Phrase) -> Iterator[int]:
    *before, last = phrase.words or ("",)
    if not last:
        return
    for at in range(len(forms) - len(before)):
        end = forms[at + len(before)]
        fits = end.startswith(last) if phrase.prefix else end == last
        if fits and list(forms[at : at + len(before)]) == before:
            yield at


@lru_cache(maxsize=10_000)
def _forms(token: str) -> tuple[str, ...]:
    """What a token is folded to: one word but for a few letters, such as ﷺ."""
    return tuple(_TOKEN.findall(index_form(token)))


def _parts(
    text: str, tokens: Sequence[re.Match[str]], hits: Sequence[Hit], start: int, stop: int
) -> list[tuple[str, bool]]:
    parts: list[tuple[str, bool]] = []
    place = start
    for hit in hits:
        first, last = tokens[hit.first].start(), tokens[hit.last].end()
        if first < place or last > stop:
            continue
        parts += [(text[place:first], False)] if first > place else []
        # Hits that touch are one.
        if parts and parts[-1][1] and first == place:
            parts[-1] = (parts[-1][0] + text[first:last], True)
        else:
            parts.append((text[first:last], True))
        place = last
    return parts + ([(text[place:stop], False)] if place < stop else [])
