"""What kind of answer a question expects: a time, an amount, a size, a name.

"How heavy may it be?" has no word in common with "up to 23 kg", but a text that answers it names a
weight. So the words that ask are answered by what they ask for. Some kinds of answer can't be given
without it: a text that names a woman, and no age, does not say how old she is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quart_chat.search.synonyms import SYNONYMS
from quart_chat.search.words import fold

_DIGITS = r"\d+(?:[.,/]\d+)*"
_NUMBER_WORD = (
    r"(?:half an?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty"
    r"|thirty|eine[nmrs]?|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|zwanzig)"
)
_NUMBER = rf"(?:{_DIGITS}|{_NUMBER_WORD})"


def _after_number(units: str) -> re.Pattern[str]:
    # "10 m" and "10m", but not "a m" in "am".
    return re.compile(
        rf"\b(?:{_DIGITS}[\s-]*|{_NUMBER_WORD}[\s-]+)(?:{units})(?!\w)", re.IGNORECASE
    )


_SPAN = _after_number(
    r"(?:working |calendar )?(?:years?|months?|weeks?|days?|nights?|hours?|h|minutes?|min"
    r"|seconds?|s|decades?)|(?:\w+ )?(?:Jahre?[ns]?|Monate?[ns]?|Wochen?|Tage?[ns]?|Nächten?"
    r"|Stunden?|Std\.?|Minuten?|Min\.?|Sekunden?|Werktage?n?)"
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
_CURRENCY = r"euros?|dollars?|pounds?|pence|cents?|francs?|franken|yen|eur|usd|gbp|chf"
_MONEY = re.compile(
    rf"[£$€¥]\s?\d|\b\d[\d.,-]*\s?(?:£|\$|€|¥|(?:{_CURRENCY})\b)|\b(?:{_CURRENCY})\s?\d|\d\s?%"
    r"|\b(?:free|percent|kostenlos|kostenfrei|gratis|umsonst|prozent)\b"
    r"|\b(?:costs?|kosten|kostet) (?:nothing|nichts)\b|\A(?:nothing|nichts)[.!]?\Z",
    re.IGNORECASE,
)
_AREA = _after_number(
    r"square (?:metres?|meters?|feet)|m²|m2|sqm|sq\.? ?ft|Quadratmetern?|qm|hectares?|Hektar|acres?"
)
_LENGTH_UNITS = (
    r"mm|cm|m|km|metres?|meters?|kilomet(?:re|er)s?|miles?|feet|ft|inch(?:es)?|Metern?|Zentimetern?"
    r"|Millimetern?|Kilometern?"
)
_LENGTH = _after_number(_LENGTH_UNITS)


_WIDTH = r"wid(?:e|th)|broad|breit|across|diameter|durchmesser"
_HEIGHT = r"tall|high|height|deep|depth|tief|hoch|höhe"
_OTHER_LENGTH = r"long|length|lang|läng|thick|dick"


def _dimension(names: str, others: str) -> re.Pattern[str]:
    """A length that is named so, one of several, or the one length where no other is named."""
    length = rf"{_DIGITS}\s*(?:{_LENGTH_UNITS})\b"
    return re.compile(
        rf"(?:{names})[^.\n]{{0,40}}?{length}|{length}[^.\n]{{0,20}}(?:{names})"
        rf"|\d ?(?:{_LENGTH_UNITS})? ?[x\u00d7] ?\d|\A(?!.*(?:{others})).*?{length}",
        re.IGNORECASE | re.DOTALL,
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
_SPEED = _after_number(
    r"km/h|kmh|m/s|mph|kph|knots?|[KMG]?bit/s|[KMG]?B/s|Stundenkilometern?|ms|milliseconds?|times"
    r"|Millisekunden?|(?:\w+ )?(?:a|per|each|pro) (?:second|minute|hour|Sekunde|Minute|Stunde)"
)
_COLOUR = re.compile(
    r"\b(?:colou?r(?:ed)?|red|green|blue|yellow|black|white|gr[ea]y|brown|orange|purple|violet|pink"
    r"|beige|silver|gold(?:en)?|turquoise|RAL|farb(?:e|en|ton)|rote?[nmrs]?|grün\w*|blau\w*|gelb\w*"
    r"|schwarz\w*|wei(?:ß|ss)e?[nmrs]?|grau\w*|braun\w*|lila|rosa|violett|silbern?\w*|türkis)\b",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"\b(?:born|birth\w*|geb\.|geboren\w*|geburts\w*)", re.IGNORECASE)
_AGE = re.compile(
    rf"\b{_NUMBER}[\s-]*(?:years?[\s-]+old|years? of age|Jahre? alt|jährig\w*|Jahren?\b)"
    rf"|\b(?:aged?|alter)\b[^.\n]{{0,20}}?\b{_NUMBER}"
    r"|\b(?:over|under|above|below|least|turned|mindestens|ab|unter|über) \d{1,3}\b"
    r"(?! ?[%€$£.,/\w])"
    r"|\b(?:built|founded|established|erected|constructed|manufactured|opened|since|dates|baujahr"
    r"|erbaut|gebaut|errichtet|gegründet|gründung|hergestellt|seit|stammt)\b[^.\n]{0,60}?\b\d{3,4}\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|\(?0)\d[\d /().-]{4,}\d|\b\d{3}[ .-]\d{3,4}\b")
_MAIL = re.compile(r"\S@\w")
_RESIDENCE = re.compile(
    r"\b(?:lives?|living|resides?|resident|address|home|wohn\w*|lebt|adresse|anschrift)\b"
    r"|\b\d{1,4}[a-z]?,? (?:[A-Z][\w']+ ){1,3}"
    r"(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Way|Close|Square|Place|Court|Terrace|Gardens)\b"
    r"|(?:str(?:aße|asse|\.)|weg|gasse|platz|allee|ring|ufer|damm|hof)\.? \d{1,4}\b"
    r"|\b\d{5} [A-ZÄÖÜ]",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?:Mrs?|Ms|Dr|Herrn?|Frau|Familie|GmbH|AG|KG|Ltd|Inc)\b|: [A-ZÄÖÜ]\w+"
    r"|(?<=\w )[A-Z]\w+ [A-Z]\w+(?! [A-Z])"
)


_WORD = re.compile(r"[\w-]+")
# Who has a role: the words after the article, up to the next small word.
# A thing may have a name as well, but a club of that name is not named beside a title.
_NO_PERSON = re.compile(
    r"\bwie hei(?:ß|ss)t\b(?!.*\w{3}(?:er|or|ent|ist|wart|arzt|anwalt)(?:in)?\b)", re.IGNORECASE
)
_ROLE = re.compile(
    r"\b(?:who(?:\s+(?:is|are|was|were)|['\u2019]s)|wer\s+(?:ist|sind|war|waren)|wie\s+hei(?:ß|ss)t)"
    r"\s+(?:the|our|my|your|his|her|its|their|d(?:er|ie|as)|(?:m|d|s)ein\w*|unser\w*|ihr\w*|eue?r\w*)"
    r"\s+((?:[\w-]+\s+){0,2}?[\w-]+)"
    r"(?=\s*(?:[?.,!]|\Z)|\s+(?:of|in|at|on|for|from|here|now|who|that|to|with|am|an|auf|aus|bei|beim"
    r"|de[rs]|die|für|hier|im|in|jetzt|und|and|vo[mn]|zum|zur)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a text must have that answers.

    Attributes:
        patterns: Any of these is found in it; the last is a field that is named for it.
        words: The words of the question that it answers, folded.
        is_required: Whether a text without any of these can't be an answer.
        role: The role whose holder is asked for, folded; empty where none is.
    """

    patterns: tuple[re.Pattern[str], ...]
    words: frozenset[str]
    is_required: bool = False
    role: str = ""

    def is_in(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self.patterns)

    def is_named_in(self, text: str) -> bool:
        """Whether a text has a field that is named for what was asked."""
        return self.patterns[-1].search(text) is not None


# What asks, what answers it, and whether nothing else does. The first that a question has counts.
_ASKING: tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...], bool], ...] = tuple(
    (re.compile(rf"\b(?:{asking})\b", re.IGNORECASE), answering, is_required)
    for asking, answering, is_required in (
        (r"what happens|was (?:passiert|geschieht)|why|warum|wieso|weshalb|wozu", (), False),
        (r"how old|(?:what|which) age|wie alt", (_AGE, _BIRTH), True),
        (
            r"when (?:was|were|is) [^?]{0,80}\bborn|birthday|birth ?date|date of birth"
            r"|wann [^?]{0,80}\bgeboren|geburts(?:tag|datum)",
            (_BIRTH,),
            True,
        ),
        (
            r"(?:tele|mobile )?phone numbers?|(?:telefon|handy|ruf|mobil|fax)nummer",
            (_PHONE,),
            True,
        ),
        (r"e-?mail[- ]?(?:address(?:es)?|adressen?)", (_MAIL,), True),
        (r"where (?:does|do|did) [^?]{0,80}\blive|wo (?:wohnt|wohnen|lebt)", (_RESIDENCE,), True),
        (r"who|whom|whose|wer|wen|wem|wessen|wie hei(?:ß|ss)t", (_NAME,), False),
        (
            r"how heavy|(?:what|how much) weighs?|how much [^?]{0,80}\bweigh|wie schwer|was wiegt",
            (_WEIGHT,),
            True,
        ),
        (r"what weight|gewicht", (_WEIGHT,), False),
        (r"how (?:hot|warm|cold)|wie (?:heiß|heiss|warm|kalt)", (_HEAT,), True),
        (r"temperatures?|temperatur", (_HEAT,), False),
        (r"how (?:loud|noisy)|wie laut", (_NOISE,), True),
        (r"how fast (?:is|are|was)|wie schnell (?:ist|sind|fährt)", (_SPEED,), True),
        (r"how fast|wie schnell", (_SPEED, _SPAN), True),
        (
            r"how (?:wide|broad)|wie breit",
            (_dimension(_WIDTH, f"{_HEIGHT}|{_OTHER_LENGTH}"),),
            True,
        ),
        (
            r"how (?:tall|deep)|wie tief",
            (_dimension(_HEIGHT, f"{_WIDTH}|{_OTHER_LENGTH}"),),
            True,
        ),
        (r"(?:what|which) colou?rs?|welche[rn]? farben?", (_COLOUR,), True),
        (r"how far|wie weit", (_LENGTH,), False),
        (
            r"how (?:big|large)|(?:what|which) size|wie (?:groß|gross)",
            (_AREA, _LENGTH, _BYTES),
            False,
        ),
        (r"how long|wie lang(?:e|es?)?", (_SPAN, _LENGTH), False),
        (r"how (?:soon|quickly)|what(?:'s| is) the duration|dauert", (_SPAN,), False),
        (r"how often|wie oft", (_SPAN, _OFTEN), False),
        (
            r"how expensive|how much [^?]{0,80}\b(?:costs?|pay|paid|earns?|charged?)"
            r"|what (?:does|do|did|will) [^?]{0,80}\b(?:cost|earn|charge)|wie teuer"
            r"|was (?:kostet|verdient)"
            r"|wie ?viel [^?]{0,80}(?:kostet|kosten|verdien\w*|zahl\w*|zahle)",
            (_MONEY,),
            True,
        ),
        (r"(?:until )?when|(?:what|which) (?:time|day|date)|wann|uhrzeit", (_DATE, _SPAN), False),
        (r"dauer|frist|(?:notice|warranty) period", (_SPAN,), False),
        (
            r"price|costs?|fees?|pay|rent|salary|charges?|kostet|kosten|preis|miete|gebühr|betrag"
            r"|zahle",
            (_MONEY,),
            False,
        ),
        (
            r"how (?:much|many)|wie ?viele?n?|wie hoch",
            (_MONEY, _WEIGHT, _VOLUME, _LENGTH, _COUNT),
            False,
        ),
    )
)
_MEASURES = frozenset(
    """
    heavy weight weigh weighs hot warm cold loud noisy wide tall deep far broad big large size long
    soon quickly fast duration often expensive price cost costs earn earns charge much many when
    time date day old age born birthday birthdate birth phone telephone number numbers email mail
    e-mail address addresses live temperature temperatures colour color colours colors

    schwer wiegt gewicht heiss kalt laut breit tief weit gross lang lange langes dauer dauert oft
    schnell teuer kostet kosten verdient viel viele wieviel wieviele hoch wann uhrzeit alt geboren
    geburtstag geburtsdatum telefonnummer handynummer rufnummer mobilnummer faxnummer
    gewicht temperatur farbe farben email-adresse e-mail-adresse emailadresse mailadresse wohnt
    wohnen lebt
    """.split()  # noqa: SIM905
)


# "The contact person" is a contact.
_HOLDERS = frozenset({"person", "people", "one", "man", "woman", "guy", "name"})


def _field(words: frozenset[str]) -> re.Pattern[str]:
    """A number in a field that is named for what was asked, as in "Price: 4" or "Weight | 4"."""
    names = words.union(*(SYNONYMS.get(word, ()) for word in words))
    return re.compile(rf"\b(?:{'|'.join(sorted(names))})\b[^:;|\n]{{0,20}}[:|]\s*\d", re.IGNORECASE)


def read_expected(question: str) -> Expected | None:
    """What the answer to a question names; None where that can't be told."""
    for asking, answering, is_required in _ASKING:
        if match := asking.search(question):
            if not answering:
                return None
            asked = _WORD.findall(match[0].lower().replace("ß", "ss"))
            # What stands between is what the question is about.
            words = frozenset({*asked[:2], asked[-1]})
            role = _read_role(question) if _NAME in answering else ""
            return Expected((*answering, _field(words)), words & _MEASURES, is_required, role)
    return None


def _read_role(question: str) -> str:
    match = None if _NO_PERSON.search(question) else _ROLE.search(question)
    words = [fold(word) for word in _WORD.findall(match[1])] if match else []
    return next((word for word in reversed(words) if word not in _HOLDERS), "")
