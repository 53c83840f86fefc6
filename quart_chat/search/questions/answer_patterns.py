"""What answers look like: times, amounts of money, sizes, weights, dates, names.

Each pattern finds one kind of answer in a sentence of a text, in English or German.
"""

from __future__ import annotations

import re

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


SPAN = _after_number(
    r"(?:working |calendar )?(?:years?|months?|weeks?|days?|nights?|hours?|h|minutes?|min"
    r"|seconds?|s|decades?)|(?:\w+ )?(?:Jahre?[ns]?|Monate?[ns]?|Wochen?|Tage?[ns]?|Nächten?"
    r"|Stunden?|Std\.?|Minuten?|Min\.?|Sekunden?|Werktage?n?)"
)
_PERIOD = r"(?:day|week|month|year|Tag|Woche|Monat|Jahr)"
# "38 hours a week" tells how long, and not when.
DELAY = re.compile(
    rf"(?:{SPAN.pattern})(?!\s(?:a|per|each|pro|je|in der|im)\s{_PERIOD}\b)", re.IGNORECASE
)
OFTEN = re.compile(
    r"\b(?:once|twice|every|daily|weekly|alle|jede\w*|täglich|wöchentlich|einmal|zweimal)\b",
    re.IGNORECASE,
)
DATE = re.compile(
    r"\b(?:\d{1,2}(?:[.:]\d{2}|(?:st|nd|rd|th)\b|\.(?= [a-zäöü]))|\d{1,2} ?[ap]\.?m\b"
    r"|\d{4}-\d\d|(?:19|20)\d\d|\d{1,2}\.? Uhr"
    r"|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekdays?|weekends?"
    r"|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?|werktags?"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|januar|februar|märz|mai|juni|juli|oktober|dezember)",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]{0,6}\b"
_CURRENCY = r"euros?|dollars?|pounds?|pence|cents?|francs?|franken|yen|eur|usd|gbp|chf"
MONEY = re.compile(
    rf"[£$€¥]\s?\d|\b\d[\d.,-]*\s?(?:£|\$|€|¥|(?:{_CURRENCY})\b)|\b(?:{_CURRENCY})\s?\d|\d\s?%"
    r"|\b(?:free|percent|kostenlos|kostenfrei|gratis|umsonst|prozent)\b"
    r"|\b(?:costs?|kosten|kostet) (?:nothing|nichts)\b|\A(?:nothing|nichts)[.!]?\Z",
    re.IGNORECASE,
)
AREA = _after_number(
    r"square (?:metres?|meters?|feet)|m²|m2|sqm|sq\.? ?ft|Quadratmetern?|qm|hectares?|Hektar|acres?"
)
_LENGTH_UNITS = (
    r"mm|cm|m|km|metres?|meters?|kilomet(?:re|er)s?|miles?|feet|ft|inch(?:es)?|Metern?|Zentimetern?"
    r"|Millimetern?|Kilometern?"
)
LENGTH = _after_number(_LENGTH_UNITS)


WIDTH = r"wid(?:e|th)|broad|breit|across|diameter|durchmesser"
HEIGHT = r"tall|high|height|deep|depth|tief|hoch|höhe"
OTHER_LENGTH = r"long|length|lang|läng|thick|dick"


def dimension(names: str, others: str) -> re.Pattern[str]:
    """A length that is named so, one of several, or the one length where no other is named."""
    length = rf"{_DIGITS}\s*(?:{_LENGTH_UNITS})\b"
    return re.compile(
        rf"(?:{names})[^.\n]{{0,40}}?{length}|{length}[^.\n]{{0,20}}(?:{names})"
        rf"|\d ?(?:{_LENGTH_UNITS})? ?[x\u00d7] ?\d"
        rf"|\A(?!.*(?:{others})).*?\b(?<!bis )(?<!up to ){length}",
        re.IGNORECASE | re.DOTALL,
    )


BYTES = _after_number(r"[KMGT]i?B|bytes?|mega\w+|giga\w+|pages?|Seiten")
WEIGHT = _after_number(r"kg|g|t|kilos?|kilograms?|grams?|tons?|tonnes?|lbs?|Kilo\w*|Gramm|Tonnen?")
# What is carried weighs something else than what carries it.
OWN_WEIGHT = re.compile(
    r"\A(?!(?!.*\b(?:weigh|heavy|gewicht|wieg|schwer)).*\b(?:\w*load|carr(?:y|ies)|capacity|holds?|lifts?"
    r"|bears?|trägt|tragen|tragkraft|traglast|zuladung|\w*belad\w*|\w*belast\w*|fasst|nutzlast))"
    rf".*?(?:{WEIGHT.pattern})",
    re.IGNORECASE | re.DOTALL,
)
HEAT = _after_number(r"°\s?[CF]?|degrees?|Grad|K(?:elvin)?")
NOISE = _after_number(r"dB|decibels?|Dezibel")
VOLUME = _after_number(r"l|ml|cl|lit(?:re|er)s?|gallons?|cups?|Litern?|Milliliter")
COUNT = re.compile(
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|zwei|drei|vier|fünf"
    r"|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig)\b",
    re.IGNORECASE,
)
# An amount of anything, and no date: "paid on the 25th" names none.
AMOUNT = re.compile(
    rf"{MONEY.pattern}|\b(?!(?:19|20)\d\d\b){_NUMBER}\b(?!:\d|(?:\.|st|nd|rd|th)? ?{_MONTH}|\.? Uhr"
    r"|\.\d{1,2}\.| ?[ap]\.?m\b)|\b(?:no|none|nothing|kein\w*|nichts?)\b",
    re.IGNORECASE,
)
# A sum of money, also in months' rents, or that there is none.
SUM = re.compile(
    rf"{MONEY.pattern}|\b{_NUMBER}\s(?:\w+\s)?(?:months?\b|\w*rents?\b|\w*miete\w*|\w*gehält\w*)"
    r"|\b(?:no|keine?) (?:charge|fee|deposit|\w*kosten|\w*gebühr|\w*kaution)"
    r"|\b\d{1,3}(?:[.,]\d{3})*[.,]\d{2}\b(?!\.\d| ?(?:Uhr|h\b|[ap]\.?m\b))"
    r"|[:|]\s*\d[\d.,]*\s*(?:[;|\n]|\Z)",
    re.IGNORECASE,
)
# What has a number or a code of its own, and no amount of something.
CODE = re.compile(
    r"\b\w*\d\w*\b(?!\s?(?:%|€|[kKMGT]i?B\b|kg\b|euros?\b|days?\b|hours?\b|weeks?\b|months?\b|years?\b"
    r"|minutes?\b|seconds?\b|characters?\b|Tage|Stunde|Woche|Monat|Jahr|Minute|Sekunde|Zeichen))",
    re.IGNORECASE,
)
SPEED = _after_number(
    r"km/h|kmh|m/s|mph|kph|knots?|[KMG]?bit/s|[KMG]?B/s|Stundenkilometern?|ms|milliseconds?|times"
    r"|Millisekunden?|(?:\w+ )?(?:a|per|each|pro) (?:second|minute|hour|Sekunde|Minute|Stunde)"
)
COLOUR = re.compile(
    r"\b(?:red|green|blue|yellow|black|white|gr[ea]y|brown|orange|purple|violet|pink"
    r"|beige|silver|gold(?:en)?|turquoise|RAL|farb(?:e|en|ton)|rote?[nmrs]?|grün\w*|blau\w*|gelb\w*"
    r"|schwarz\w*|wei(?:ß|ss)e?[nmrs]?|grau\w*|braun\w*|lila|rosa|violett|silbern?\w*|türkis)\b",
    re.IGNORECASE,
)
BIRTH = re.compile(r"\b(?:born|birth\w*|geb\.|geboren\w*|geburts\w*)", re.IGNORECASE)
AGE = re.compile(
    rf"\b{_NUMBER}[\s-]*(?:years?[\s-]+old|years? of age|Jahre? alt|jährig\w*|Jahren?\b)"
    rf"|\b(?:aged?|alter)\b[^.\n]{{0,20}}?\b{_NUMBER}"
    r"|\b(?:over|under|above|below|least|turned|mindestens|ab|unter|über) \d{1,3}\b"
    r"(?! ?[%€$£.,/\w])"
    r"|\b(?:built|founded|established|erected|constructed|manufactured|opened|since|dates|baujahr"
    r"|erbaut|gebaut|errichtet|gegründet|gründung|hergestellt|seit|stammt)\b[^.\n]{0,60}?\b\d{3,4}\b",
    re.IGNORECASE,
)
PHONE = re.compile(r"(?<![\w.,/-])(?:\+|\(?0)\d[\d /().-]{4,}\d|\b\d{3}[ .-]\d{3,4}\b")
MAIL = re.compile(r"\S@\w")
RESIDENCE = re.compile(
    r"\b(?:lives?|living|resides?|resident|address|home|wohn\w*|lebt|adresse|anschrift)\b"
    r"|\b\d{1,4}[a-z]?,? (?:[A-Z][\w']+ ){1,3}"
    r"(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Way|Close|Square|Place|Court|Terrace|Gardens)\b"
    r"|(?:str(?:aße|asse|\.)|weg|gasse|platz|allee|ring|ufer|damm|hof)\.? \d{1,4}\b"
    r"|\b\d{5} [A-ZÄÖÜ]",
    re.IGNORECASE,
)
NAME = re.compile(
    r"\b(?:Mrs?|Ms|Dr|Herrn?|Frau|Familie|Firma|GmbH|AG|KG|Ltd|Inc)\b|: [A-ZÄÖÜ]\w+"
    r"|(?<=\w )[A-Z]\w+ [A-Z]\w+(?! [A-Z])|\b(?:to|by|with|is|are|was|were) [A-Z][a-z]+\b"
)
