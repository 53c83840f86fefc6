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
    found_in: str
    last_and: str
    last_or: str
    searching: str
    searched: str
    read_as: str
    read_differently: str
    not_mentioned: str
    nothing_found: str
    unknown: str
    closest: str
    you: str

    def join(self, corpora: Sequence[str], last: str) -> str:
        """What was searched, in a row, the last of it after "and" or "or"."""
        places = [self.places[corpus] for corpus in corpora]
        return last.join((", ".join(places[:-1]), places[-1])) if places[1:] else "".join(places)


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
    found_in="in {places}",
    last_and=" and ",
    last_or=" or ",
    searching="Searching {place} for: {terms}",
    searched=(
        "searched {place} for {terms}. Passages that cover the question: {found};"
        " that touch on it: {near}; best coverage: {best:.0%}"
    ),
    read_as="Reading “{term}” as {words}",
    read_differently="{lead} (reading {terms} as a word like it)",
    not_mentioned="{lead} (nothing there mentions {terms})",
    nothing_found="I couldn't find an answer in {places}.",
    unknown="Not mentioned anywhere: {terms}.",
    closest="These come closest:",
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
    found_in="{places}",
    last_and=" und ",
    last_or=" oder ",
    searching="Suche {place} nach: {terms}",
    searched=(
        "{place} gesucht nach {terms}. Stellen, die die Frage abdecken: {found};"
        " die sie streifen: {near}; beste Abdeckung: {best:.0%}"
    ),
    read_as="„{term}“ gelesen als {words}",
    read_differently="{lead} ({terms} gelesen als ein ähnliches Wort)",
    not_mentioned="{lead} (nicht erwähnt wird dort {terms})",
    nothing_found="{places} habe ich keine Antwort gefunden.",
    unknown="Nirgends erwähnt: {terms}.",
    closest="Am nächsten kommen:",
    you="Sie",
)


SENTENCES = {Language.ENGLISH: _ENGLISH, Language.GERMAN: _GERMAN}
