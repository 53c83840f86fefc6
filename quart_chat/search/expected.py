"""What kind of answer a question expects: a time, an amount, a size, a name.

"How heavy may it be?" has no word in common with "up to 23 kg", but a text that answers it names a
weight. So the words that ask are answered by what they ask for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quart_chat.search.synonyms import SYNONYMS

_NUMBER = (
    r"(?:\d[\d.,/]*|half an?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty"
    r"|thirty|eine[nmrs]?|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|zwanzig)"
)


def _after_number(units: str) -> re.Pattern[str]:
    return re.compile(rf"\b{_NUMBER}[\s-]*(?:{units})(?!\w)", re.IGNORECASE)


_SPAN = _after_number(
    r"(?:working |calendar )?(?:years?|months?|weeks?|days?|nights?|hours?|h|minutes?|min"
    r"|seconds?|s|decades?)|(?:\w+ )?(?:Jahre?n?|Monate?n?|Wochen?|Tage?n?|Nächten?|Stunden?|Std\.?"
    r"|Minuten?|Min\.?|Sekunden?|Werktage?n?)"
)
_OFTEN = re.compile(
    r"\b(?:once|twice|every|daily|weekly|alle|jede\w*|täglich|wöchentlich|einmal|zweimal)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:\d{1,2}[.:]\d{2}|\d{1,2} ?[ap]\.?m\b|\d{4}-\d\d|(?:19|20)\d\d|\d{1,2}\.? Uhr"
    r"|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekdays?|weekends?"
    r"|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?|werktags?"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|januar|februar|märz|mai|juni|juli|oktober|dezember)",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[£$€¥]\s?\d|\b\d[\d.,]*\s?(?:£|\$|€|euros?|dollars?|pounds?|pence|cents?|francs?|franken|eur|usd|gbp)"
    r"|\b(?:free|nothing|kostenlos|gratis|nichts)\b",
    re.IGNORECASE,
)
_AREA = _after_number(
    r"square (?:metres?|meters?|feet)|m²|m2|sqm|sq\.? ?ft|Quadratmetern?|qm|hectares?|Hektar|acres?"
)
_LENGTH = _after_number(
    r"mm|cm|m|km|metres?|meters?|kilomet(?:re|er)s?|miles?|feet|inch(?:es)?|Metern?|Zentimetern?"
    r"|Kilometern?"
)
_BYTES = _after_number(r"[KMGT]i?B|bytes?|mega\w+|giga\w+|pages?|Seiten")
_WEIGHT = _after_number(r"kg|g|t|kilos?|kilograms?|grams?|tons?|tonnes?|lbs?|Kilo\w*|Gramm|Tonnen?")
_HEAT = _after_number(r"°\s?[CF]?|degrees?|Grad|K(?:elvin)?")
_NOISE = _after_number(r"dB|decibels?|Dezibel")
_VOLUME = _after_number(r"l|ml|cl|lit(?:re|er)s?|gallons?|cups?|Litern?|Milliliter")
_COUNT = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|zwei|drei|vier|fünf"
    r"|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?:Mrs?|Ms|Dr|Herrn?|Frau|Familie|GmbH|AG|KG|Ltd|Inc)\b|: [A-ZÄÖÜ]\w+"
    r"|(?<=\w )[A-Z]\w+ [A-Z]\w+(?! [A-Z])"
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a text must have that answers.

    Attributes:
        pattern: Any of these is found in it.
        words: The words of the question that it answers, folded.
        answers: How far it answers those words, up to 1.
    """

    patterns: tuple[re.Pattern[str], ...]
    words: frozenset[str]
    answers: float = 1.0

    def is_in(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self.patterns)


# What asks, and what answers it. The first that a question has counts.
_ASKING: tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...]], ...] = tuple(
    (re.compile(rf"\b(?:{asking})\b", re.IGNORECASE), answering)
    for asking, answering in (
        (r"who|whom|whose|wer|wen|wem|wessen|wie hei(?:ß|ss)t", (_NAME,)),
        (r"how (?:heavy)|(?:what|how much) (?:weight|weighs?)|wie schwer|gewicht", (_WEIGHT,)),
        (r"how (?:hot|warm|cold)|temperature|wie (?:heiß|heiss|warm|kalt)|temperatur", (_HEAT,)),
        (r"how (?:loud|noisy)|wie laut", (_NOISE,)),
        (r"how (?:wide|tall|deep|far|broad)|wie (?:breit|tief|weit)", (_LENGTH,)),
        (r"how (?:big|large)|(?:what|which) size|wie (?:groß|gross)", (_AREA, _LENGTH, _BYTES)),
        (
            r"how (?:long|soon|quickly)|what(?:'s| is) the duration|wie lang(?:e|es?)?|dauer|frist"
            r"|dauert|(?:notice|warranty) period",
            (_SPAN,),
        ),
        (r"how often|wie oft", (_SPAN, _OFTEN)),
        (
            r"how expensive|price|costs?|fees?|pay|rent|salary|charges?|wie teuer|kostet|kosten"
            r"|preis|miete|gebühr|betrag|zahle",
            (_MONEY,),
        ),
        (r"(?:until )?when|(?:what|which) (?:time|day|date)|wann|uhrzeit", (_DATE, _SPAN)),
        (r"how (?:much|many)|wie ?viele?n?|wie hoch", (_MONEY, _WEIGHT, _VOLUME, _COUNT)),
    )
)
_MEASURES = frozenset(
    """
    heavy weight weigh weighs hot warm cold loud noisy wide tall deep far broad big large size long
    soon quickly duration often expensive price cost costs much many when time date day

    schwer gewicht heiss kalt laut breit tief weit gross lang lange langes dauer dauert oft teuer
    kostet kosten viel viele wieviel wieviele hoch wann uhrzeit
    """.split()  # noqa: SIM905
)


def _field(words: frozenset[str]) -> re.Pattern[str]:
    """A number in a field that is named for what was asked, as in "Price: 4"."""
    names = words.union(*(SYNONYMS.get(word, ()) for word in words))
    return re.compile(rf"\b(?:{'|'.join(sorted(names))})\b[^:;\n]{{0,20}}:\s*\d", re.IGNORECASE)


def read_expected(question: str) -> Expected | None:
    """What the answer to a question names; None where that can't be told."""
    for asking, answering in _ASKING:
        if match := asking.search(question):
            words = frozenset(match[0].lower().replace("ß", "ss").split())
            return Expected((*answering, _field(words)), words & _MEASURES)
    return None
