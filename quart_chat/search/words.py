"""From a question to the terms to look for: words, stop words, languages, spellings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from quart_chat.search.folding import LETTER, UNSPACED_RUN, fold_text
from quart_chat.search.unspaced import cut


class Language(StrEnum):
    """The languages in which the Librarian speaks."""

    ENGLISH = "en"
    GERMAN = "de"


# A word may be joined from parts, as in Last-Event-ID, emit_event or hypercorn.toml: such a name is
# one term, and the index finds its parts in a row. Whatever is not a word separates words.
_WORD = re.compile(rf"{LETTER}+(?:[-_.]{LETTER}+)*")
_JOINTS = re.compile(r"[-_.]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_SPELLED_OUT = re.compile(r"ae|oe|(?<![aeq])ue")

# Characters of a word that are looked for. A longer one stands in no text that answers, and each
# part of it would make a search slower by all that came before.
MAX_WORD = 100
_PIECE = re.compile(rf"\s+|\S{{1,{MAX_WORD}}}")

# "Was heißt X?" asks what X means, "Wie heißt X?" for a name, which has to be there.
WHAT_IS_MEANT = re.compile(r"\bwas hei(?:ß|ss)t\b", re.IGNORECASE)

# Characters that tell the language of a text.
_SAMPLE = 1000

# Words that say how something is asked, not what about. Folded as fold() does it.
_ENGLISH = frozenset(
    """
    a about across actually after again against all almost along already also although always am
    an and another any anybody anyone anything anyway are aren around as ask at away be because
    been before behind being below between both but by can cannot come comes could couldn did
    didn do does doesn doing don done down during each either else enough etc even ever every
    everybody everyone everything exactly exist exists explain few find for from further get
    gets getting give gives go goes going got had happen happened happens has hasn have haven
    having he hello help her here hers hey hi him his how however i if in inside instead into is
    isn it its itself just know let like ll look m made make makes making many may maybe me mean
    means might mine more most much must my myself need needs neither never no nobody nor not
    nothing now of off often ok okay on once one only onto or other others our ours out outside
    over own per perhaps please possible put quite rather re really s same say says see shall
    she should show shows since so some somebody someone something still such sure t take takes
    tell than thank thanks that the their theirs them then there these they thing things this
    those though through thus till to together too toward under unless until up upon us use used
    uses using ve very via want wants was wasn way ways we well were what whatever when whenever
    where wherever whether which while who whoever whole whom whose why will with within won
    work working works would wouldn yes yet you your yours yourself
    """.split()  # noqa: SIM905 - a list of 270 strings is harder to read
)
_GERMAN = frozenset(
    """
    ab aber alle allem allen aller alles als also am an andere anderen anderer anderes anders auch
    auf aus ausser bedeuten bedeutet befinden befindet bei beim bekomme bekommen bekommt bereits
    betraegt betragen bevor bin bis bist bitte brauche brauchen brauchst braucht da dabei dadurch
    dafuer dagegen daher damit danach danke dann daran darauf daraus darf darin darueber darum das
    dass davon dazu dein deine deinem deinen deiner dem den denn der deren des dessen die dienen
    dient dies diese diesem diesen dieser dieses dir doch dort du duerfen durch ein eine einem
    einen einer eines einfach einige einigen einmal er erlaubt es etwa etwas euch euer eure falls
    finde finden findet fuer funktionieren funktioniert gar geben geht genau gestattet gibt gilt
    habe haben haette hallo hat hatte hatten hier hilfe hinter hoch ich ihm ihn ihnen ihr ihre
    ihrem ihren ihrer im immer in indem ins ist ja jede jedem jeden jeder jedes jemand jetzt kann
    kannst kein keine keinem keinen keiner koennen koennte konnte laesst laeuft lang lange lassen
    laufen lauten lautet liegen liegt mache machen macht man mehr mein meine meinem meinen meiner
    mich mir mit moechte muessen muss nach nachdem nein nicht nichts nie noch noetig notwendig nun
    nur ob oder schon sehr sein seine seinem seinen seiner seit selbst sich sie sind so sogar soll
    sollen sollte sollten sondern sonst sowie statt stehen steht tun tut ueber um und uns unser
    unsere unter verboten viel viele vom von vor waehrend waere wann war waren warum was weil
    welche welchem welchen welcher welches wem wen wenn wer werde werden weshalb wie wieder wieso
    wieviel wieviele will wir wird wo wobei wodurch wofuer woher wohin womit worauf woraus worin
    wozu wurde wurden zeige zeigen zu zum zur zwar zwischen
    """.split()  # noqa: SIM905
)
# What asks for a price seldom has the word for it.
_SAME = {
    **dict.fromkeys(("cost", "costs"), ("price",)),
    **dict.fromkeys(("kostet", "kosten"), ("preis",)),
}
_STOP_WORDS = _ENGLISH | _GERMAN


@dataclass(frozen=True, slots=True)
class Term:
    """A word to look for: as it was typed, and in every spelling that means the same."""

    text: str
    spellings: tuple[str, ...]


def compose(text: str) -> str:
    """Join letters and their accents, as NFC does.

    Piece by piece: in a single run of accents it compares each with all before it.
    """
    return "".join(unicodedata.normalize("NFC", piece) for piece in _PIECE.findall(text))


def fold(word: str) -> str:
    """Fold a word as the indexes do, but with umlauts and ß spelled out."""
    return fold_text(unicodedata.normalize("NFC", word).casefold().translate(_UMLAUTS))


def without_umlauts(word: str) -> str:
    """A German word with the first letter alone in the place of ae, oe and ue."""
    return _SPELLED_OUT.sub(lambda pair: pair[0][0], word)


def terms(text: str, limit: int = 1000) -> tuple[Term, ...]:
    """The first words of a text that say what it is about, each once, in order."""
    spoken = language(text)
    found: dict[str, Term] = {}
    for word in _words(WHAT_IS_MEANT.sub("", compose(text))):
        if len(found) == limit:
            break
        folded = fold(word)
        if folded and folded not in _STOP_WORDS and folded not in found:
            found[folded] = make_term(word, spoken)
    return tuple(found.values())


def make_term(word: str, spoken: Language, others: Iterable[str] = ()) -> Term:
    """A word as a term, with its spellings and with other words that may stand for it."""
    spellings = _spellings(word.lower(), german=spoken is Language.GERMAN)
    return Term(word, tuple(dict.fromkeys((*spellings, *others))))


def is_function_word(folded: str) -> bool:
    """Whether a folded word says how something is asked, not what about."""
    return folded in _STOP_WORDS


def split_runs(word: str) -> Iterator[tuple[str, bool]]:
    """The runs of unspaced characters in a word and what is between, and which is such a run."""
    if UNSPACED_RUN.search(word) is None:
        yield word, False
        return
    place = 0
    for run in UNSPACED_RUN.finditer(word):
        yield from ((part, False) for part in _WORD.findall(word[place : run.start()]))
        yield run[0], True
        place = run.end()
    yield from ((part, False) for part in _WORD.findall(word[place:]))


def _words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        for part, unspaced in split_runs(match[0]):
            if unspaced:
                yield from (piece for piece, _ in cut(part))
            else:
                yield part[:MAX_WORD]


def language(text: str) -> Language:
    """The language whose small words a text uses; English where neither says."""
    return detect_language(text) or Language.ENGLISH


def detect_language(text: str) -> Language | None:
    """The language whose small words a text uses; None where it has none, as a table."""
    text = text[:_SAMPLE]
    words = [fold(word) for word in _WORD.findall(text)]
    german = sum(word in _GERMAN for word in words) + bool(re.search("[äöüÄÖÜß]", text))
    english = sum(word in _ENGLISH for word in words)
    if not german and not english:
        return None
    return Language.GERMAN if german > english else Language.ENGLISH


def _spellings(word: str, *, german: bool) -> tuple[str, ...]:
    """How else the word is written: Größe, Grösse, Groesse; keep-alive, keepalive.

    That ``oe`` may stand for ``ö`` holds in
    German only: in English it would make a pot of a poet.
    """
    spellings = [word, word.replace("ß", "ss"), word.translate(_UMLAUTS), _JOINTS.sub("", word)]
    spellings += _SAME.get(word, ())
    if german:
        short = without_umlauts(word)
        spellings += [short, short.replace("ss", "ß"), word.replace("ss", "ß")]
    return tuple(dict.fromkeys(spellings))
