"""Text as the full-text indexes hold it, so that a word is found however it is written.

Case, accents and width are folded, and letters that have a plain form beside their own, such as ł
and ø, become that one; so do the ways to write one letter in Arabic, and Russian ё. Signs that
change a letter stay: Japanese が is not か, and й is not и.

Scripts that put no space between words, and Korean, which adds particles to them, are cut into
single characters. The index finds a word in them as a phrase of its characters, at any place and
of any length. That is coarser than a dictionary, but it needs none and never misses.
"""

from __future__ import annotations

import re
import unicodedata

TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
"""How FTS5 cuts a folded text into words. Accents are gone; other marks are parts of words."""

_PLAIN = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ŋ": "ng",
    "ĸ": "k",
    "ə": "e",
    # Arabic: forms of Alif, Ya and Ta Marbuta; Persian forms of Ya and Kaf; no Hamza, no Tatweel.
    "\u0671": "\u0627",
    "\u0649": "\u064a",
    "\u06cc": "\u064a",
    "\u0629": "\u0647",
    "\u06a9": "\u0643",
    "\u0621": "",
    "\u0640": "",
    # Urdu and Kurdish forms of Ha.
    "\u06c1": "\u0647",
    "\u06d5": "\u0647",
    # Apostrophes, quotation marks and hyphens, as keyboards have them and as they are printed.
    **dict.fromkeys("\u2018\u2019\u201b\u02bb\u02bc\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
}
# The zeros of other scripts: Arabic, Persian, N'Ko, those of India, Thai, Lao, Tibetan, Burmese,
# Khmer and Mongolian.
_ZEROS = (
    *(0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50),
    *(0xED0, 0xF20, 0x1040, 0x17E0, 0x1810),
)
_ACCENTS = (
    *(range(0x300, 0x370), range(0x483, 0x488), range(0x591, 0x5BE), range(0x5BF, 0x5C0)),
    *(range(0x5C1, 0x5C3), range(0x5C4, 0x5C6), range(0x5C7, 0x5C8), range(0x610, 0x61B)),
    *(range(0x64B, 0x660), range(0x670, 0x671), range(0x6D6, 0x6DD), range(0x6DF, 0x6E5)),
    *(range(0x6E7, 0x6E9), range(0x6EA, 0x6EE), range(0x711, 0x712), range(0x730, 0x74B)),
    *(range(0x1AB0, 0x1B00), range(0x1DC0, 0x1E00), range(0x20D0, 0x2100), range(0xFE20, 0xFE30)),
)
_UNSEEN = (
    0xAD,
    0x34F,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
)
_FOLDED = str.maketrans(
    _PLAIN
    | {chr(code): None for accents in _ACCENTS for code in accents}
    | {chr(code): None for code in (*_UNSEEN, 0xFEFF, *range(0xFE00, 0xFE10))}
    # Digits of other scripts.
    | {chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)}
)
# A letter of its own although it can be taken apart: Cyrillic й, ў and ї.
_OWN_LETTERS = (("и\u0306", "й"), ("у\u0306", "ў"), ("і\u0308", "ї"))

_UNSPACED = (
    # Han with its marks, kana, bopomofo, Yi, Hangul
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff"
    # Thai, Lao, Burmese, Khmer
    "\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2-\u0eb3\u0ebd-\u0ec6\u1000-\u102a"
    "\u103f\u1050-\u1055\u1780-\u17b3"
)
# With the marks that stand above and below it.
_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
)
CHARACTER = re.compile(f"[{_UNSPACED}][{_MARKS}]*")
"""A character of a script that is cut into characters."""

UNSPACED_RUN = re.compile(f"(?:[{_UNSPACED}][{_MARKS}]*)+")
"""Characters of such scripts in a row."""

LETTER = (
    r"(?:[^\W_]|[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a"
    r"\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ece"
    r"\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3\u3099\u309a\u00ad\u200b-\u200d\u2060])"
)
"""A letter or digit, or a mark or an unseen character inside a word, as a regular expression."""

# In a single run of accents normalizing compares each with all before it.
_PIECE = re.compile(r"\s+|\S{1,100}")


def fold_text(text: str) -> str:
    """Fold a text; characters of scripts without spaces stay together."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_piece, _PIECE.findall(text)))


def _fold_piece(piece: str) -> str:
    if piece.isascii():
        return piece.lower()
    # Twice: folding case can make what has a compatible form, and normalizing new capitals.
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", piece).casefold())
    for apart, letter in _OWN_LETTERS:
        text = text.replace(apart, letter)
    return unicodedata.normalize("NFC", text.translate(_FOLDED))


def index_form(text: str) -> str:
    """A text as an index holds it: folded, with spaces around characters without."""
    folded = fold_text(text)
    return folded if folded.isascii() else CHARACTER.sub(r" \g<0> ", folded)
