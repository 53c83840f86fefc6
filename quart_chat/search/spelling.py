"""Words that are meant although they are written otherwise: mistyped, inflected, joined.

An index of trigrams finds words that share letters with another; here is decided which of them may
stand for it. It is only asked where a question has found nothing as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from quart_chat.search.folding import UNSPACED_RUN
from quart_chat.search.words import Language, fold, without_umlauts

SIMILAR_WORDS = 200
"""Words with common letters that are looked at."""

MAX_SPELLINGS = 8
"""Words that one word is read as."""

# Letters that a word needs for one slip to be believed, and for two.
ONE_SLIP = 5
TWO_SLIPS = 9
# Letters that a part of a compound needs: shorter ones are in too many words by chance.
SHORTEST_PART = 5
SHORTEST_STEM = 4

_WORD = re.compile(r"[^\W\d_]{4,40}")
_TRIGRAM = 3
_ENDINGS = {
    Language.GERMAN: (
        "",
        *["e", "n", "s", "t", "en", "er", "es", "em", "et", "st", "te", "ern", "ten", "tet"],
        *["lich", "liche", "lichen", "ung", "ungen", "bar", "bare", "baren"],
    ),
    Language.ENGLISH: ("", *["s", "es", "ed", "ing"]),
}
_PARTICIPLE = "ge"
_FEMININE = re.compile(r"(.{3,}er)(?:in|innen)")
# What verbs part with: "holt ... ab" is abgeholt.
PARTICLES = ("ab", "an", "auf", "aus", "ein", "mit", "nach", "vor", "zu")

# English verbs that no ending leads from one form to another of.
_IRREGULAR = """
    arise arose arisen, bear bore borne, beat beaten, become became, begin began begun, bend bent,
    bite bit bitten, blow blew blown, break broke broken, bring brought, build built, buy bought,
    catch caught, choose chose chosen, creep crept, deal dealt, draw drew drawn, drink drank drunk,
    drive drove driven, eat ate eaten, fall fell fallen, feed fed, feel felt, fight fought,
    flee fled, fly flew flown, forget forgot forgotten, freeze froze frozen, grow grew grown,
    hear heard, hide hid hidden, hold held, keep kept, know knew known, lead led, leave left,
    lend lent, lose lost, meet met, pay paid, ride rode ridden, ring rang rung, rise rose risen,
    run ran, sell sold, send sent, shake shook shaken, shoot shot, sing sang sung, sink sank sunk,
    sleep slept, speak spoke spoken, spend spent, stand stood, steal stole stolen, stick stuck,
    strike struck, swear swore sworn, sweep swept, swim swam swum, teach taught, tear tore torn,
    think thought, throw threw thrown, understand understood, wake woke woken, wear wore worn,
    weave wove woven, win won, write wrote written
"""
IRREGULAR_FORMS = {form: forms.split() for forms in _IRREGULAR.split(",") for form in forms.split()}


def words_of(text: str) -> set[str]:
    """The words of a text that can be found by their letters, in lower case."""
    return set(_WORD.findall(UNSPACED_RUN.sub(" ", text.lower())))


def trigrams_of(word: str) -> tuple[str, ...]:
    """The different trigrams of a word and of its irregular forms; none of one too short."""
    folded = fold(word)
    if not folded.isalpha() or len(folded) < SHORTEST_STEM:
        return ()
    parts = dict.fromkeys(
        form[start : start + _TRIGRAM]
        for form in IRREGULAR_FORMS.get(folded, (folded,))
        for start in range(len(form) - _TRIGRAM + 1)
    )
    return tuple(parts)


def suggest(word: str, known: Iterable[str], spoken: Language, *, allow_typos: bool) -> list[str]:
    """The known words that a word may stand for, likeliest first.

    Args:
        word: As it was typed.
        known: Words that the texts have.
        spoken: The language of the question.
        allow_typos: Whether it may be mistyped, because it occurs nowhere as it is.
    """
    folded = fold(word)
    others = {other: fold(other) for other in known}
    others = {other: form for other, form in others.items() if form != folded}
    kin = [other for other, form in others.items() if _akin(folded, form, spoken)]
    if kin or not allow_typos:
        return kin[:MAX_SPELLINGS]
    allowed = 2 if len(folded) >= TWO_SLIPS else 1 if len(folded) >= ONE_SLIP else 0
    near = [
        (edit_distance(folded, form), other)
        for other, form in others.items()
        if abs(len(form) - len(folded)) <= allowed  # there are at least as many slips
    ]
    least = min((count for count, _ in near), default=allowed + 1)
    if least > allowed:
        return []
    return [other for count, other in near if count == least and fold(other)[0] == folded[0]][
        :MAX_SPELLINGS
    ]


def _akin(word: str, other: str, spoken: Language) -> bool:
    """Whether one is the other with another ending, or in German a part of it as a compound."""
    stems, others = _stems(word, spoken), _stems(other, spoken)
    if stems & others:
        return True
    if spoken is Language.ENGLISH:
        return False
    parts = tuple(stem for stem in stems if len(stem) >= SHORTEST_PART)
    return other.startswith(parts) or any(stem.endswith(parts) for stem in others)


def _stems(word: str, spoken: Language) -> set[str] | frozenset[str]:
    """What a word may be without its ending: several, since none of them is known."""
    if spoken is Language.ENGLISH and word in IRREGULAR_FORMS:
        return {IRREGULAR_FORMS[word][0]}
    if spoken is Language.GERMAN:
        return german_stems(word)
    stems = {word.removesuffix(ending) for ending in _ENDINGS[spoken]}
    return {stem for stem in stems if len(stem) >= SHORTEST_STEM}


@lru_cache(maxsize=4096)
def german_stems(word: str) -> frozenset[str]:
    """What a German word may be without its ending, its particle and its umlaut."""
    stems = {word.removesuffix(ending) for ending in _ENDINGS[Language.GERMAN]}
    # A woman who does something: Richterin, Richterinnen.
    stems |= {match[1]} if (match := _FEMININE.fullmatch(word)) else set()
    stems |= {stem.removeprefix(particle) for stem in stems for particle in PARTICLES}
    stems |= {stem.removeprefix(_PARTICIPLE) for stem in stems}
    # The participle of such a verb has "ge" in its middle: einlegen, eingelegt.
    stems |= {
        f"{particle}{stem.removeprefix(particle + _PARTICIPLE)}"
        for stem in stems
        for particle in PARTICLES
        if stem.startswith(particle + _PARTICIPLE)
    }
    # Umlauts come and go with the endings: Fahrrad, Fahrräder.
    stems |= {without_umlauts(stem) for stem in stems}
    return frozenset(stem for stem in stems if len(stem) >= SHORTEST_STEM)


def edit_distance(word: str, other: str) -> int:
    """Letters left out, put in, changed or swapped with the next (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, second in enumerate(other, 1):
            count = min(row[-1] + 1, before[j] + 1, before[j - 1] + (letter != second))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == second:
                count = min(count, older[j - 2] + 1)
            row.append(count)
    return row[-1]
