"""The few sentences that the Librarian says itself; everything else is quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quart_chat.search.words import Language


@dataclass(frozen=True, slots=True)
class Sentences:
    """Templates for ``str.format``, in one language."""

    nothing_to_search: str
    help: str
    places: dict[str, str]
    names: dict[str, str]
    found_in: str
    last_and: str
    last_or: str
    searching: str
    searched: str
    found: str
    nothing: str
    looked_for: str
    in_place: str
    read_as: str
    read_differently: str
    quoted: str
    not_mentioned: str
    nothing_found: str
    unknown: str
    closest: str
    missed: str
    you: str

    def join(self, corpora: Sequence[str], last: str) -> str:
        """What was searched, in a row, the last of it after "and" or "or"."""
        places = [self.places[corpus] for corpus in corpora]
        return _join(places, last)

    def quote(self, words: Sequence[str]) -> str:
        """Words in quotation marks, in a row."""
        return ", ".join(self.quoted.format(text=word) for word in words)

    def search(self, corpora: Sequence[str]) -> str:
        """That these corpora are being searched, in one line."""
        return _capital(self.searching.format(places=self._names(corpora)))

    def sum_up(self, corpora: Sequence[str], count: int) -> str:
        """That these corpora were searched, and how many passages were found, in one line."""
        searched = self.searched.format(places=self._names(corpora))
        return f"{_capital(searched)} · {self.count(count)}"

    def count(self, count: int) -> str:
        """How many passages were found."""
        return self.found.format(count=count) if count else self.nothing

    def _names(self, corpora: Sequence[str]) -> str:
        return _join([self.names[corpus] for corpus in corpora], self.last_and)


def _join(words: Sequence[str], last: str) -> str:
    return last.join((", ".join(words[:-1]), words[-1])) if words[1:] else "".join(words)


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


_ENGLISH = Sentences(
    nothing_to_search="No word to search for",
    help=(
        "I'm the Librarian. I search and quote; I don't write answers myself. I look in the"
        " handbook, in your documents and in your chats, and each quote links to its source.\n\n"
        "Ask me a question, for example:\n\n"
        "- What can I ask?\n"
        "- How do I upload a PDF?\n"
        "- Is my data sent to the cloud?\n"
    ),
    places={"handbook": "the handbook", "documents": "your documents", "chats": "your chats"},
    names={
        "handbook": "handbook",
        "documents": "documents",
        "chosen": "the chosen documents",
        "chats": "chats",
    },
    found_in="in {places}",
    last_and=" and ",
    last_or=" or ",
    searching="searching {places}…",
    searched="searched {places}",
    found="{count} found",
    nothing="nothing found",
    looked_for="Words looked for: {terms}",
    in_place="{place}: {found}",
    read_as="Read “{term}” as {words}",
    read_differently="{lead} (reading {terms} as a word like it)",
    quoted="“{text}”",
    not_mentioned="{lead} (nothing there mentions {terms})",
    nothing_found="I couldn't find an answer in {places}.",
    unknown="Not mentioned anywhere: {terms}.",
    closest="These come closest:",
    missed="I found no answer to {questions}.",
    you="You",
)

_GERMAN = Sentences(
    nothing_to_search="Kein Wort, nach dem gesucht werden kann",
    help=(
        "Ich bin der Librarian. Ich suche und zitiere; eigene Antworten schreibe ich nicht. Ich"
        " sehe im Handbuch, in Ihren Dokumenten und in Ihren Chats nach, und jedes Zitat führt zu"
        " seiner Quelle.\n\n"
        "Fragen Sie mich zum Beispiel:\n\n"
        "- Was kann ich fragen?\n"
        "- Wie lade ich ein PDF hoch?\n"
        "- Gehen meine Daten in eine Cloud?\n"
    ),
    places={
        "handbook": "im Handbuch",
        "documents": "in Ihren Dokumenten",
        "chats": "in Ihren Chats",
    },
    names={
        "handbook": "Handbuch",
        "documents": "Dokumente",
        "chosen": "die gewählten Dokumente",
        "chats": "Chats",
    },
    found_in="{places}",
    last_and=" und ",
    last_or=" oder ",
    searching="durchsuche {places} …",
    searched="{places} durchsucht",
    found="{count} gefunden",
    nothing="nichts gefunden",
    looked_for="Gesuchte Wörter: {terms}",
    in_place="{place}: {found}",
    read_as="„{term}“ gelesen als {words}",
    read_differently="{lead} ({terms} gelesen als ein ähnliches Wort)",
    quoted="„{text}“",
    not_mentioned="{lead} (nicht erwähnt wird dort {terms})",
    nothing_found="{places} habe ich keine Antwort gefunden.",
    unknown="Nirgends erwähnt: {terms}.",
    closest="Am nächsten kommen:",
    missed="Keine Antwort gefunden habe ich auf {questions}.",
    you="Sie",
)

SENTENCES = {Language.ENGLISH: _ENGLISH, Language.GERMAN: _GERMAN}
