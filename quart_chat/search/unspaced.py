"""Questions in scripts without spaces, cut into what to look for.

No dictionary is needed: question words and particles are taken out, and what is left is looked for
as it is where it is short, else as the overlapping pairs of its characters (in Thai and its
neighbours, whose words are longer, as groups of three). Of these some are words, and the others
stand nowhere or beside them. Korean has spaces; its particles are taken off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from quart_chat.search.folding import CHARACTER

_HIRAGANA = re.compile(r"[\u3041-\u309f]+")
_KANJI_OR_KATAKANA = re.compile(r"[\u30a1-\u30ff\u3400-\u9fff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")
_SOUTH_EAST_ASIAN = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

_ASKING = re.compile(
    # Chinese, simplified and traditional
    "为什么|為什麼|什么|什麼|怎么样|怎麼樣|怎么|怎麼|怎样|怎樣|如何|哪里|哪裡|哪个|哪個|哪些|"
    "多少|多久|多长|多長|请问|請問|是不是|有没有|有沒有|是否|可以|能不能|我们|我們|你们|你們|"
    "他们|他們|这个|這個|那个|那個|一个|一個|"
    "[的了吗嗎呢吧啊是在有和与與我你您他她它这這那谁誰哪几幾会會要请請就都也把被让讓从從对對为為]|"
    # Japanese
    "何時|何処|何|"
    # Thai
    "อะไร|อย่างไร|ที่ไหน|เมื่อไหร่|เมื่อไร|เท่าไหร่|เท่าไร|ทำไม|ใคร|หรือไม่|ไหม|ครับ|ค่ะ|คะ|ของ|คือ|และ"
)
_PARTICLES = tuple(
    """
    입니까 습니까 인가요 나요 까요 에서는 에서 에게 으로 부터 까지 이란 이나
    은 는 이 가 을 를 의 에 로 와 과 도 만
    """.split()  # noqa: SIM905
)
_KOREAN_ASKING = frozenset(
    [
        "무엇",
        "무엇이",
        "어떻게",
        "언제",
        "어디",
        "누구",
        "왜",
        "얼마",
        "얼마나",
        "어느",
        "무슨",
        "몇",
    ]
)


def cut(run: str) -> Iterator[tuple[str, bool]]:
    """What to look for of characters in a row, and whether each is only a fragment."""
    for part in _parts(run):
        characters = CHARACTER.findall(part)
        size = 3 if _SOUTH_EAST_ASIAN.match(part) else 2
        if len(characters) <= size:
            yield part, False
            continue
        for start in range(len(characters) - size + 1):
            yield "".join(characters[start : start + size]), True


def _parts(run: str) -> Iterator[str]:
    """A run without what only asks; all of it where it does nothing else."""
    if _HANGUL.fullmatch(run):
        yield from _korean(run)
        return
    # Between the kanji and katakana of a sentence, hiragana are endings and particles.
    japanese = _HIRAGANA.search(run) and _KANJI_OR_KATAKANA.search(run)
    text = _HIRAGANA.sub(" ", run) if japanese else run
    parts = [part for piece in text.split() for part in _ASKING.split(piece) if part]
    yield from parts or ([] if len(run) > 1 else [run])


def _korean(word: str) -> Iterator[str]:
    ending = next((each for each in _PARTICLES if word.endswith(each)), "")
    stem = word.removesuffix(ending) if len(word) - len(ending) >= 2 else word
    if word not in _KOREAN_ASKING and stem not in _KOREAN_ASKING:
        yield stem
