"""The encoding of a text: what it says of itself, else UTF-8, else what fits its bytes best.

A text that isn't UTF-8 and doesn't name its encoding is a guess. charset-normalizer finds the
encodings that its bytes allow; of texts of a few words there are several, and they are told apart
by what no language does: letters of two scripts in one word, capitals inside words, symbols between
letters.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from quart_chat.documents.kinds import utf16_order
from quart_chat.documents.reading_warnings import ReadingWarning

SAMPLE = 200_000
"""Bytes that an encoding is guessed from."""

HEAD = 2048
"""Bytes in which a page, an XML file or a program names its encoding."""

SURE = 6
"""Characters beyond ASCII that make a guess a safe one."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"\x84\x31\x95\x33": "gb18030",
}
_GUESSED = (
    *("cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874"),
    *("gb18030", "cp932", "euc_jp", "big5", "cp949", "koi8_r", "cp866", "mac_roman"),
    *("mac_cyrillic", "iso8859_2", "cp850", "koi8_u", "iso8859_5", "iso8859_6", "cp862", "cp858"),
    *("iso8859_15",),
)
_TRIED = ("cp1252", "cp1250", "cp1251", "iso8859_2", "mac_roman", "cp1257", "iso8859_15")
# What is written under these names has more characters than the standards that they are the
# names of: https://encoding.spec.whatwg.org/#names-and-labels
_WIDER = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("shift_jis", "shift_jisx0213", "shift_jis_2004"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk", "hz"), "gb18030"),
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    "iso8859-9": "cp1254",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_NAMES = {
    **dict.fromkeys(("x-sjis", "windows-31j"), "cp932"),
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-874": "cp874",
    "dos-866": "cp866",
    "x-x-big5": "big5hkscs",
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical", "visual"), "iso8859_8"),
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
}
_STATED = re.compile(rb"""(?:charset|coding)\s*[=:]\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_ESCAPES = re.compile(rb"\x1b(?:\$[@B(]|\([IJ])")
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_WORD = re.compile(r"[^\W\d_]+")
_SYMBOL_INSIDE = re.compile(r"(?<=[^\W\d_])[^\w\s.,:;/&'’`·\-‐–()@+*=‘“”\x00-\x7f²³](?=[^\W\d_])")
_SYMBOL_AFTER = re.compile(r"(?<=[^\W\d_])[¤¦¨ª¬¯±¶¸‡†‰ˆ˜¢¥ƒ¿¡]|[¹²³¼½¾](?=[^\W\d_])")
_ACCENTED = re.compile(r"[À-ɏ]")
_USUAL = re.compile(r"[ÄÖÜäöüßéèêëàâçîïôùûœæøåáíóúñãõìòÉÀÇÑğışĞİŞ¿¡«»„“”‘’–—…€°§]")
# Letters that are words, in one language or another.
_ALONE = "àáâèéêìíòóùúüöåôœæø"
_KANA = re.compile(r"[\u3041-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_RARE = re.compile(
    r"[\u3400-\u4dbf\ue000-\uf8ff\U00010000-\U0010ffff\uff61-\uff9f\x80-\x9f\u02c6-\u02dd]"
)
# Scripts that a word may mix with one other, by the first word of the names of their letters.
_BESIDE_OTHERS = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH"})
_JAPANESE = frozenset({"cp932", "euc_jp"})


def read_text(path: Path) -> tuple[str, list[ReadingWarning]]:
    """Decode a file, and say what of it may be wrong."""
    return decode(path.read_bytes())


def decode(data: bytes, declared: str = "") -> tuple[str, list[ReadingWarning]]:
    """Decode the bytes of a text, and say what of it may be wrong.

    Args:
        data: The text.
        declared: Its encoding as something else has stated it, by any of the names in use.
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _replaced(data, encoding, mark)
    if order := utf16_order(data[:4096]):
        return _replaced(data, order)
    if _ESCAPES.search(data) and data.isascii():
        return _replaced(data, "iso2022_jp_ext")
    try:
        return data.decode(), []
    except UnicodeDecodeError:
        return _decode_others(data, declared)


def _decode_others(data: bytes, declared: str) -> tuple[str, list[ReadingWarning]]:
    stated = _STATED.search(data[:HEAD])
    named = _codec(declared or (stated[1].decode("ascii", "replace") if stated else ""))
    if named is not None:
        try:
            return data.decode(named), []
        except UnicodeDecodeError:
            pass
    if _is_damaged_utf8(data):
        return _replaced(data, "utf-8")
    if named not in {None, "utf-8"}:
        return _replaced(data, str(named))
    encoding, sure = _guess(data)
    text, warnings = _replaced(data, encoding)
    return text, warnings if sure else [ReadingWarning("encoding_guessed"), *warnings]


def _replaced(data: bytes, encoding: str, mark: bytes = b"") -> tuple[str, list[ReadingWarning]]:
    """Decode what can be decoded, and count what can't."""
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    lost = text.count("\ufffd") - (data.count(b"\xef\xbf\xbd") if "utf-8" in encoding else 0)
    return text, [ReadingWarning("characters_unreadable", lost)] if lost > 0 else []


def _codec(name: str) -> str | None:
    """The codec that a label stands for; None where it stands for none of a text."""
    label = name.strip().strip("\"'").lower()
    if not label:
        return None
    try:
        found = codecs.lookup(_NAMES.get(label, label)).name
        "".encode(found)
    except (LookupError, ValueError):
        return None
    # What is found in bytes of ASCII is not written in two bytes a character.
    return None if found.startswith(("utf-16", "utf-32")) else _WIDER.get(found, found)


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most of the bytes beyond ASCII are characters in UTF-8."""
    whole = len(_MULTIBYTE.findall(data))
    damaged = data.decode("utf-8", "replace").count("\ufffd") - data.count(b"\xef\xbf\xbd")
    return whole > 0 and damaged <= max(1, whole // 3)


def _guess(data: bytes) -> tuple[str, bool]:
    """The encoding that fits best, and whether it is beyond doubt."""
    from charset_normalizer import from_bytes

    # Lines that are ASCII say nothing.
    lines = [line for line in data.splitlines(keepends=True) if not line.isascii()]
    sample = b"".join(lines)[:SAMPLE]
    found = [match.encoding for match in from_bytes(sample, cp_isolation=list(_GUESSED))]
    tried = dict.fromkeys((*found, *_TRIED))
    texts = {encoding: sample.decode(encoding, "replace") for encoding in tried}
    doubts = {encoding: _doubt(encoding, text) for encoding, text in texts.items()}
    order = list(texts)
    best = min(texts, key=lambda encoding: (doubts[encoding], order.index(encoding)))
    beyond = sum(not char.isascii() for char in texts[best])
    others = {texts[other] for other in texts if doubts[other] <= doubts[best] + 0.05} - {
        texts[best]
    }
    return best, doubts[best] < 0.1 and beyond >= SURE and not others


def _doubt(encoding: str, text: str) -> float:
    """How much of a text is what no language has, in shares of its characters beyond ASCII."""
    beyond = sum(not char.isascii() for char in text) or 1
    odd = 3.0 * text.count("\ufffd") + len(_RARE.findall(text)) + len(_SYMBOL_INSIDE.findall(text))
    odd += len(_SYMBOL_AFTER.findall(text)) + text.count("¤")
    odd += sum(_oddities(text))
    han, kana, hangul = (len(each.findall(text)) for each in (_HAN, _KANA, _HANGUL))
    if encoding in _JAPANESE and han and not kana:
        odd += 0.5 * han
    if encoding not in _JAPANESE and kana:
        odd += kana
    if hangul and han:
        odd += min(hangul, han)
    if beyond == 1 and han + kana + hangul:
        odd += 0.3  # a letter or sign of another script, with the letter of English behind it
    if encoding == "big5" and han:
        odd += 0.05 * han  # GB18030 is far more common
    return odd / beyond


def _oddities(text: str) -> Iterator[float]:
    """What is odd about the words that have characters beyond ASCII."""
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii():
            continue
        scripts = {
            unicodedata.name(char, "?").partition(" ")[0] for char in set(word) if char.isalpha()
        }
        scripts.discard("CJK")
        if len(scripts - {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH"}) > 1:
            yield 2.0 * len(word)
        if any(b.isupper() and a.islower() for a, b in pairwise(word)):
            yield 1.0
        if len(word) == 1 and _ACCENTED.match(word) and word.lower() not in _ALONE:
            yield 0.5
        accented = _ACCENTED.findall(word)
        if len(accented) > 1 and len(accented) * 2 > len(word):
            yield 0.4 * len(accented)
        # Letters of most languages are less unusual than those of few.
        yield 0.1 * sum(not _USUAL.match(char) for char in accented)
