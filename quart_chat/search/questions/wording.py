"""A question as words that weigh: what it is about weighs most, how it is asked almost nothing.

No word is dropped. "How long is the warranty?" is about the warranty first; that it asks for a time
is told by "how long", and a text that has both answers better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from quart_chat.search.abbreviations import spell_out
from quart_chat.search.folding import LETTER
from quart_chat.search.unspaced import cut
from quart_chat.search.words import (
    MAX_WORD,
    WHAT_IS_MEANT,
    compose,
    fold,
    is_function_word,
    split_runs,
)

GRAMMAR = 0.04
"""Weight of a word that only holds a sentence together."""
CODE = 2.0
"""Weight of a code of letters and digits, such as E1: a text that has another is about another."""
LIGHT = 0.3
"""Weight of a word that says little by itself: it goes with nearly everything."""
LONGEST_END = 2
"""Letters after an apostrophe that are no word, as in "we'll"."""

_WORD = re.compile(rf"{LETTER}+(?:[-_.'\u2019]{LETTER}+)*")
_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9]{2,8}")
_APOSTROPHE = re.compile("['\u2019]")
JOINTS = re.compile(r"[-_.'\u2019]")

# Words that go with nearly every subject: verbs of doing and having, measures, kinds.
_LIGHT = frozenset(
    """
    able accept add allow allowed answer apart ask asked asking become better big bring call called
    change come contain cost costs different difference easy else enter exact few find fit follow
    full get give go goes good got great happen happens happy have help high hot important include
    included keep keeps kind kinds large last leave less like little long look lot low main make
    making mean meant measure much need needed needs new next number old own part people person
    place possible put read right run said say says see set should show shows size small soon
    sort stay still take takes tell thing think things time times too try turn type use used uses
    using want way well without work works mr mrs ms miss dr

    abgeben allgemein alt alte anders arbeiten art bekommen bekommt bescheid besser beste brauche
    brauchen braucht bringen darf duerfen eigentlich enthalten erhalten erlaubt erst ersten finden
    fragen ganz gehen gehoert geht genau genug gross grosse grosser grosses gut haben haelt halten
    hast hat heiss hinein hoch hoechstens hohe klein kommen kommt koennen
    kosten kostet kurz laeuft lang lange laufen lassen letzte leute lieber liegen machen macht
    menschen mindestens moeglich muessen muss nehmen neu neue nutzen oft ohne person personen reicht
    sagt schnell sehen sieht sollen sollte stehen steht teuer tun verwenden viel viele weit wenig
    wenige wichtig woran zahl zeigen zeit frau herr herrn
    """.split()  # noqa: SIM905 - a list of so many strings is harder to read
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A word of a question.

    Attributes:
        text: As it was typed.
        folded: As words are compared.
        weight: How much it says by itself, 1 for most words; how rare it is comes on top.
        fragment: Whether it is a part of characters in a row among which the words are not known:
            some fragments are words, others the end of one and the beginning of the next.
    """

    text: str
    folded: str
    weight: float
    fragment: bool = False


def read_words(text: str, limit: int) -> tuple[Asked, ...]:
    """The words of a question, each once, the weightiest if there are too many."""
    found: dict[str, Asked] = {}
    for word, fragment in _asked_words(spell_out(WHAT_IS_MEANT.sub("was", text))):
        folded = fold(word)
        if folded and folded not in found:
            found[folded] = Asked(word, folded, _weight(folded), fragment)
    words = list(found.values())
    if len(words) > limit:
        kept = sorted(words, key=lambda word: -word.weight)[:limit]
        words = [word for word in words if word in kept]
    return tuple(words)


def split(text: str) -> Iterator[str]:
    """The words of a text as they stand, without the ends of "isn't" and "Anna's".

    Characters of a script without spaces stay together: a word is looked for inside them.
    """
    return (word for word, _ in _split(text))


def _split(text: str) -> Iterator[tuple[str, bool]]:
    """The words of a text, and whether each is a run of characters without spaces."""
    for match in _WORD.finditer(compose(text)):
        first, *others = _APOSTROPHE.split(match[0])
        # "l'assurance" is about an insurance.
        for word in (first, *(other for other in others if len(other) > LONGEST_END)):
            for part, unspaced in split_runs(word):
                yield (part if unspaced else part[:MAX_WORD]), unspaced


def _asked_words(text: str) -> Iterator[tuple[str, bool]]:
    """What to look for of a question, and whether each is only a fragment."""
    for word, unspaced in _split(text):
        if unspaced:
            yield from cut(word)
        else:
            yield word, False


def parts(word: str) -> tuple[str, ...]:
    """A word, and what it is joined from: emit_event, emit, event, emitevent."""
    pieces = [piece for piece in JOINTS.split(word) if piece]
    if len(pieces) < 2:
        return (word,)
    return (word, *pieces, "".join(pieces))


def _weight(folded: str) -> float:
    if _CODE.fullmatch(folded):
        return CODE
    if folded in _LIGHT:
        return LIGHT
    return GRAMMAR if is_function_word(folded) else 1.0
