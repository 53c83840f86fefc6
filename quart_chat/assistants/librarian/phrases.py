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
    inside: str
    last_and: str
    last_or: str
    searching: str
    searched: str
    read_as: str
    found_in: str
    read_differently: str
    not_mentioned: str
    nothing_found: str
    unknown: str
    not_together: str
    closest: str
    you: str

    def join(self, corpora: Sequence[str], last: str) -> str:
        """Where the shelves are, in a row, the last of them after "and" or "or"."""
        places = [self.inside.format(place=self.places[corpus]) for corpus in corpora]
        return last.join((", ".join(places[:-1]), places[-1])) if places[1:] else "".join(places)


_ENGLISH = Sentences(
    nothing_to_search="No word to search for",
    help=(
        "This is the Librarian: a search, not a language model. It searches the handbook, your"
        " documents and your own chats, and quotes passages word for word, each with a link to its"
        " source. It can't answer from anything else.\n\n"
        "Ask a question, for example:\n\n"
        "- How do I resume a stream?\n"
        "- How can I stop a run?\n"
        "- Which setting changes the keep-alive interval?\n"
    ),
    places={
        "handbook": "the handbook",
        "documents": "your documents",
        "chats": "your chats",
    },
    inside="in {place}",
    last_and=" and ",
    last_or=" or ",
    searching="Searching {place} for: {terms}",
    searched=(
        "searched {place} for {terms}. Passages that cover the question: {found};"
        " that touch on it: {near}; best coverage: {best:.0%}"
    ),
    read_as="Reading “{term}” as {words}",
    found_in="Found {places}",
    read_differently="{lead} (reading {terms} as a word like it)",
    not_mentioned="{lead} (nothing there mentions {terms})",
    nothing_found="Nothing found: no passage {places} covers this question.",
    unknown="Nowhere mentioned: {terms}.",
    not_together="Each word occurs somewhere, but no passage has enough of them together.",
    closest="The closest pages:",
    you="You",
)

_GERMAN = Sentences(
    nothing_to_search="Kein Wort, nach dem gesucht werden kann",
    help=(
        "Das ist der Librarian: eine Suche, kein Sprachmodell. Er durchsucht das Handbuch (auf"
        " Englisch), Ihre Dokumente und Ihre Chats und zitiert wörtlich, was er findet, jedes"
        " Zitat mit einem Link zu seiner Quelle. Was dort nicht steht, kann er nicht"
        " beantworten.\n\n"
        "Fragen Sie ihn zum Beispiel:\n\n"
        "- How do I resume a stream?\n"
        "- How can I stop a run?\n"
        "- Which setting changes the keep-alive interval?\n"
    ),
    places={
        "handbook": "im Handbuch",
        "documents": "in Ihren Dokumenten",
        "chats": "in Ihren Chats",
    },
    inside="{place}",
    last_and=" und ",
    last_or=" oder ",
    searching="Suche {place} nach: {terms}",
    searched=(
        "{place} gesucht nach {terms}. Stellen, die die Frage abdecken: {found};"
        " die sie streifen: {near}; beste Abdeckung: {best:.0%}"
    ),
    read_as="„{term}“ gelesen als {words}",
    found_in="{places} gefunden",
    read_differently="{lead} ({terms} gelesen als ein ähnliches Wort)",
    not_mentioned="{lead} (nicht erwähnt wird dort {terms})",
    nothing_found="Nichts gefunden: Keine Stelle {places} deckt diese Frage ab.",
    unknown="Nirgends erwähnt: {terms}.",
    not_together="Jedes Wort kommt irgendwo vor, aber keine Stelle hat genug davon beisammen.",
    closest="Die nächstliegenden Seiten:",
    you="Sie",
)


SENTENCES = {Language.ENGLISH: _ENGLISH, Language.GERMAN: _GERMAN}
