"""Passwords that are guessed first.

Lists of leaked passwords have few of 12 characters or more, and nearly all of these are made in the
same ways: a common word with figures after it, words one after the other, keys that lie side by
side, or a short piece again and again. So the ways are looked for, and not each password.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1qay2wsx3edc4rfv5tgb6zhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaqxswcdevfrbgtnhymjukilop",
    "147258369",
    "159357",
    "789456123",
)
_STEP = 4
"""Characters in a row that count as keys that lie side by side."""

_MANY = 10
"""Figures and signs beyond which they are hard to guess themselves."""

_LEET = str.maketrans("013457@$!|", "oleastasil")
_OTHERS = re.compile(r"[\W\d_]+")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def is_common(password: str, *own: str) -> bool:
    """Whether a password is made in a way that is guessed first.

    Args:
        password: The password.
        own: Words that those know who guess: the user's name, the name of the site.
    """
    text = unicodedata.normalize("NFKC", password).casefold()
    return (
        _repeats(text)
        or _is_row(text)
        or (
            not _has_many_others(text)
            and any(_has_only_words(plain, own) for plain in (text, *_without_leet(text)))
        )
    )


def _has_many_others(text: str) -> bool:
    """Whether there are so many figures and signs that they alone are hard to guess."""
    others = "".join(_OTHERS.findall(text))
    return len(others) > _MANY and not (_repeats(others) or _is_row(others))


def _without_leet(text: str) -> tuple[str, str]:
    """A text with letters for the figures and signs within it, without those at its ends."""
    inner = _AROUND.sub("", text)
    return inner.translate(_LEET), inner.replace("1", "i").translate(_LEET)


def _repeats(text: str) -> bool:
    """Whether a piece of at most a third is repeated, or there are hardly any characters in it."""
    if len(set(text)) <= 4:
        return True
    lengths = range(1, len(text) // 2 + 1)
    return any(text == (text[:n] * (len(text) // n + 1))[: len(text)] for n in lengths)


def _is_row(text: str) -> bool:
    """Whether nearly all of it are keys that lie side by side, in either direction."""
    place = covered = 0
    while place < len(text):
        length = _row_at(text, place)
        covered += length
        place += length or 1
    return len(text) - covered <= 3


def _row_at(text: str, place: int) -> int:
    """Characters from a place on that lie side by side; 0 for too few."""
    longest = 0
    for row in _all_rows():
        length = 0
        while place + length < len(text) and text[place : place + length + 1] in row:
            length += 1
        longest = max(longest, length)
    return longest if longest >= _STEP else 0


def _has_only_words(text: str, own: tuple[str, ...]) -> bool:
    """Whether nothing is in it but common words, figures and signs, and one word at the least."""
    words = _words() | {
        part for name in own for part in (_plain(name), *map(_plain, name.split())) if len(part) > 2
    }
    letters = _plain(text)
    return bool(letters) and _is_made_of(letters, frozenset(words))


def _plain(text: str) -> str:
    return _OTHERS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _is_made_of(letters: str, words: frozenset[str]) -> bool:
    """Whether a text is words one after the other."""
    reached = {0}
    longest = max(map(len, words))
    for start in range(len(letters)):
        if start in reached:
            for end in range(start + 1, min(start + longest, len(letters)) + 1):
                if letters[start:end] in words:
                    reached.add(end)
    return len(letters) in reached


@cache
def _all_rows() -> tuple[str, ...]:
    return (*_ROWS, *(row[::-1] for row in _ROWS))


@cache
def _words() -> frozenset[str]:
    text = files("quart_chat.accounts.passwords").joinpath("common_words.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())
