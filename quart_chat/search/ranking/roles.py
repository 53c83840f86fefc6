"""Whether a text tells who has a role: "Who is the judge?" is answered by a name beside the word.

A text that has the word alone, such as "the judge decides", tells nothing of the person; neither
does a name elsewhere in the sentence, nor a former judge, nor Frau Richter.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from quart_chat.search.passages import HANDBOOK, Passage
from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.ranking.kinship import JOINED, SYNONYM, Vocabulary
from quart_chat.search.ranking.weighing import Kin
from quart_chat.search.words import fold

_WORD = re.compile(r"\w+(?:-\w+)*")
_IS = re.compile(
    r"\s+(?:(?:is|are|ist|sind)\s+(?:not\s+)?(?:an?|the|k?ein\w*|d(?:er|ie|as))|means)\b"
)
_EMPHASIS = re.compile(r"\*\*|__")
_REACH = 120
"""Characters beside the word that are looked at."""
_SENTENCE_END = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bProf)(?<!\b[A-Z])[.!?]\s+(?=[A-ZÄÖÜ])|\n\s*\n"
)
_CAPITAL = r"[A-ZÄÖÜ][\w'\u2019-]+"
_TITLE = r"(?:Mrs?|Ms|Dr|Prof|RA|Herrn?|Frau|Familie|Sir|Dame)\b\.?"
_NAME = (
    rf"(?:{_TITLE}\s+{_CAPITAL}|(?:{_CAPITAL}\s+){{1,4}}(?:GmbH|AG|KG|SE|Ltd|Inc|LLC|plc|e\.\s?V)\b"
    rf"|(?<!\bam )(?<!\bim )(?<!\bat )(?<!\bbeim )(?<!\bthe )"
    rf"{_CAPITAL}\s+(?:[A-Z]\.\s+)?{_CAPITAL})"
)
# What may stand between a role and the name: "am Landgericht", "of the flat", "is".
_LINK = r"(?:is|are|was|were|ist|sind|war|waren|wird|wurde)"
_CALLED = r"(?:hei(?:ß|ss)t|namens|named|called)"
_BETWEEN = (
    r"(?:[\s,(\u2013-]+(?:am|an|im|in|beim|bei|vom|von|des|der|die|das|of|at|the|for|für"
    rf"|{_LINK}|{_CALLED}|{_CAPITAL})\b)"
)
_AFTER = re.compile(
    rf"[^.;\n]{{0,30}}\b{_CALLED}\s+{_CAPITAL}|\s(?:is|are|was|were)\s{_CAPITAL}"
    rf"|\s*(?:[:|]\s*{_CAPITAL}|\s{_CAPITAL}(?!\s*[:|])|{_BETWEEN}{{0,6}}?[\s,(\u2013:|-]+{_NAME})"
)
_BEFORE = re.compile(
    rf"(?:{_CAPITAL}\s*[,(\u2013][^.;\n]{{0,15}}"
    rf"|(?:^|\n)\s*(?:{_TITLE}\s+)?{_CAPITAL}(?:\s{_CAPITAL}){{0,3}}\s*\n\s*(?:{_CAPITAL}\s){{0,3}}"
    rf"|{_NAME}[^.;\n]{{0,60}}\b(?:{_LINK}|as|als|zum|zur|acts|serves|became)\b"
    r"[^.;\n]{0,30})\Z"
)
_OTHER = re.compile(
    r"(?:\b(?:former|previous|ex|late|deputy|vice|acting|frühere?[nmrs]?|ehemalige?[nmrs]?"
    r"|einstige?[nmrs]?|vorige?[nmrs]?|damalige?[nmrs]?|stellvertretende?[nmrs]?)[\s-]+"
    rf"|{_TITLE}[ ]+(?:{_CAPITAL}[ ]+)?|\b(?:den|dem|no|kein\w*)\s+)\Z",
    re.IGNORECASE,
)


def find_forms(
    question: ReadQuestion, corpus: int, vocabulary: Vocabulary, kin: Kin
) -> frozenset[str]:
    """The words that stand for the role that is asked for: no others only near in meaning."""
    role = question.expected.role if question.expected else ""
    found = vocabulary.kin(role, question.language) if role else {}
    found = found or kin.of.get((role, corpus), {})
    return frozenset(
        other
        for other, far in found.items()
        # An Einzelrichter is a Richter, but a Lieferanschrift is no Lieferant.
        if far >= SYNONYM and (far != JOINED or other.removesuffix("in").endswith(role))
    )


def tells_holder(passage: Passage, forms: Collection[str], asked: str) -> bool:
    """Whether a passage tells who has a role; of the handbook, what something is."""
    text = _EMPHASIS.sub("", "\n".join((*passage.headings[-1:], passage.text)))
    if passage.url.startswith(HANDBOOK):
        return defines(text, forms)
    return names_holder(text, forms, asked)


def names_holder(text: str, forms: Collection[str], asked: str) -> bool:
    """Whether a text has a name beside a word for a role.

    Args:
        text: The text.
        forms: The folded words that stand for the role.
        asked: The question; what it says itself of the role, such as "former", is no other role.
    """
    for match in _WORD.finditer(text):
        if fold(match[0]) not in forms:
            continue
        before = _SENTENCE_END.split(text[max(0, match.start() - _REACH) : match.start()])[-1]
        after = _SENTENCE_END.split(text[match.end() : match.end() + _REACH])[0]
        other = _OTHER.search(before)
        if other and other[0].strip().lower()[:5] not in asked.lower():
            continue
        if _AFTER.match(after) or _BEFORE.search(before):
            return True
    return False


def defines(text: str, forms: Collection[str]) -> bool:
    """Whether a text says what something is, as in "The Librarian is an assistant"."""
    return any(
        fold(match[0]) in forms and _IS.match(text, match.end()) for match in _WORD.finditer(text)
    )
