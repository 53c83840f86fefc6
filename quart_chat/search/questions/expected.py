"""What kind of answer a question expects: a time, an amount, a size, a name.

"How heavy may it be?" has no word in common with "up to 23 kg", but a text that answers it names a
weight. So the words that ask are answered by what they ask for. Some kinds of answer can't be given
without it: a text that names a woman, and no age, does not say how old she is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quart_chat.search.questions.answer_patterns import (
    AGE,
    AMOUNT,
    AREA,
    BIRTH,
    BYTES,
    CODE,
    COLOUR,
    COUNT,
    DATE,
    DELAY,
    HEAT,
    HEIGHT,
    LENGTH,
    MAIL,
    MONEY,
    NAME,
    NOISE,
    OFTEN,
    OTHER_LENGTH,
    OWN_WEIGHT,
    PHONE,
    RESIDENCE,
    SPAN,
    SPEED,
    SUM,
    VOLUME,
    WEIGHT,
    WIDTH,
    dimension,
)
from quart_chat.search.synonyms import SYNONYMS
from quart_chat.search.words import fold

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

    @property
    def asks_who(self) -> bool:
        """Whether it is a person, or a company."""
        return NAME in self.patterns

    def is_in(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self.patterns)

    def is_named_in(self, text: str) -> bool:
        """Whether a text has a field that is named for what was asked."""
        return self.patterns[-1].search(text) is not None


# Sums of money, and what the questions for them begin with.
_SUMS = (
    r"(?:price|cost|fee|rent|salary|wage|pay|deposit|premium|excess|fine|tax|total|sum|amount|balance"
    r"|discount|budget|charge)s?"
)
_OWN = r"(?:the|my|our|your|his|her|its|their)"
_LOADED = r"[^?]{0,80}\b(?:load|cargo|last|ladung|zuladung)\b"

# What asks, what answers it, and whether nothing else does. The first that a question has counts.
_ASKING: tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...], bool], ...] = tuple(
    (re.compile(rf"\b(?:{asking})\b", re.IGNORECASE), answering, is_required)
    for asking, answering, is_required in (
        (r"what happens|was (?:passiert|geschieht)|why|warum|wieso|weshalb|wozu", (), False),
        (r"how old|(?:what|which) age|wie alt", (AGE, BIRTH), True),
        (
            r"when (?:was|were|is) [^?]{0,80}\b(?:born|birthday)|birth ?date|date of birth"
            r"|(?:what|which) [^?]{0,40}birthday|wann [^?]{0,80}\b(?:geboren|geburtstag)"
            r"|geburtsdatum",
            (BIRTH,),
            True,
        ),
        (
            r"(?:tele|mobile )?phone numbers?|(?:telefon|handy|ruf|mobil|fax)nummer",
            (PHONE,),
            True,
        ),
        (r"e-?mail[- ]?(?:address(?:es)?|adressen?)", (MAIL,), True),
        (r"where (?:does|do|did) [^?]{0,80}\blive|wo (?:wohnt|wohnen|lebt)", (RESIDENCE,), True),
        (r"who|whom|whose|wer|wen|wem|wessen|wie hei(?:ß|ss)t", (NAME,), False),
        (
            rf"(?=how|wie|was)(?!{_LOADED})(?:how heavy (?:is|are|was|were)"
            r"|how much (?:do|does|did) [^?]{0,80}\bweigh"
            r"|wie schwer (?:ist|sind|war|waren)|(?:was|wie ?viel) wiegt)",
            (OWN_WEIGHT,),
            True,
        ),
        (
            r"how heavy|(?:what|how much) weighs?|how much [^?]{0,80}\bweigh|wie schwer|was wiegt",
            (WEIGHT,),
            True,
        ),
        (r"what weight|gewicht", (WEIGHT,), False),
        (r"how (?:hot|warm|cold)|wie (?:heiß|heiss|warm|kalt)", (HEAT,), True),
        (r"temperatures?|temperatur", (HEAT,), False),
        (r"how (?:loud|noisy)|wie laut", (NOISE,), True),
        (r"how fast (?:is|are|was)|wie schnell (?:ist|sind|fährt)", (SPEED,), True),
        (r"how fast|wie schnell", (SPEED, SPAN), True),
        (
            r"how (?:wide|broad)|wie breit",
            (dimension(WIDTH, f"{HEIGHT}|{OTHER_LENGTH}"),),
            True,
        ),
        (
            r"how (?:tall|deep)|wie tief",
            (dimension(HEIGHT, f"{WIDTH}|{OTHER_LENGTH}"),),
            True,
        ),
        (r"(?:what|which) (?:is the |are the )?colou?rs?|welche[rn]? farben?", (COLOUR,), True),
        (r"how far|wie weit", (LENGTH,), False),
        (
            r"how (?:big|large)|(?:what|which) size|wie (?:groß|gross)",
            (AREA, LENGTH, BYTES),
            False,
        ),
        (r"how long|wie lang(?:e|es?)?", (SPAN, LENGTH), False),
        (r"how (?:soon|quickly)|what(?:'s| is) the duration|dauert", (SPAN,), False),
        (r"how often|wie oft", (SPAN, OFTEN), False),
        (
            r"how expensive|how much [^?]{0,80}\b(?:costs?|pay|paid|earns?|charged?)"
            r"|what (?:does|do|did|will) [^?]{0,80}\b(?:cost|earn|charge)|wie teuer"
            r"|was (?:kostet(?:en?)?|verdient)"
            r"|wie ?viel [^?]{0,80}(?:kostet|kosten|verdien\w*|zahl\w*|zahle)",
            (SUM,),
            True,
        ),
        (
            rf"(?:what(?:'s| is| was| are| were)) {_OWN} (?:[\w'-]+ ){{0,2}}?{_SUMS}"
            rf"(?= ?(?:[?]|\Z|for\b|of\b))|how much (?:is|was|are|were) {_OWN}",
            (SUM,),
            True,
        ),
        (
            rf"what(?:'s| is| are) {_OWN} (?:[\w'\u2019-]+ ){{1,3}}?(?:numbers?|no|code|id)"
            r"(?! of)|(?:wie|was) (?:lautet|ist|sind) [^?]{1,40}?(?:nummer|zeichen|code|iban|nr)",
            (CODE,),
            True,
        ),
        (r"(?:until )?when|(?:what|which) (?:time|day|date)|wann|uhrzeit", (DATE, DELAY), False),
        (r"dauer|frist|(?:notice|warranty) period", (SPAN,), False),
        (
            r"price|costs?|fees?|pay|rent|salary|charges?|kostet|kosten|preis|miete|gebühr|betrag"
            r"|zahle",
            (MONEY,),
            False,
        ),
        (r"wie hoch (?:ist|sind|war|waren)", (AMOUNT,), True),
        (
            r"how (?:much|many)|wie ?viele?n?|wie hoch",
            (MONEY, WEIGHT, VOLUME, LENGTH, COUNT),
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
    schnell teuer kostet kostete kosteten kosten verdient viel viele wieviel wieviele hoch wann
    uhrzeit alt geboren geburtstag geburtsdatum telefonnummer handynummer rufnummer mobilnummer
    faxnummer gewicht temperatur farbe farben email-adresse e-mail-adresse emailadresse mailadresse
    wohnt wohnen lebt
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
            role = _read_role(question) if NAME in answering else ""
            return Expected((*answering, _field(words)), words & _MEASURES, is_required, role)
    return None


def _read_role(question: str) -> str:
    match = None if _NO_PERSON.search(question) else _ROLE.search(question)
    words = [fold(word) for word in _WORD.findall(match[1])] if match else []
    return next((word for word in reversed(words) if word not in _HOLDERS), "")
