"""How an answer is written: quotes word for word, each with its number and its link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import punctuation

from quart_chat.assistants.librarian.excerpts import excerpt
from quart_chat.assistants.librarian.phrases import Sentences
from quart_chat.assistants.librarian.retrieval import Retrieved
from quart_chat.assistants.protocol import Source
from quart_chat.plaintext import fenced
from quart_chat.search.passages import Passage

MAX_SUGGESTIONS = 5

_LINE_END = re.compile(r"\r\n?|\n")
_PLACE_IN_PAGE = re.compile(r"[?#].*")
# A backslash takes the meaning from all punctuation but an opening bracket, which it makes the
# beginning of a formula. A reference to a character is never markup, and a parenthesis alone none.
_ESCAPES = {mark: f"\\{mark}" for mark in punctuation} | {"[": "&#91;", "(": "("}
_PUNCTUATION = str.maketrans(_ESCAPES)
_MARKUP = str.maketrans({mark: _ESCAPES[mark] for mark in "\\`*_[]<>&~|!$"})


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage and the ``n`` of its ``[n]``.

    Attributes:
        shown: The part of the passage that the text quotes; all of it where none is chosen.
    """

    number: int
    passage: Passage
    shown: str = ""

    @property
    def source(self) -> Source:
        """What a client is told of the quote beside the text."""
        passage = self.passage
        heading = passage.headings[-1] if passage.headings else ""
        return Source(
            self.number,
            passage.title,
            heading,
            passage.url,
            passage.text,
            excerpt(passage.text, passage.form),
        )

    @property
    def markdown(self) -> str:
        """What is shown of the passage as a blockquote, and below it its number and link."""
        lines = _LINE_END.split(_as_markdown(self.shown or self.passage.text, self.passage.form))
        quoted = "\n".join(f"> {line}" if line else ">" for line in lines)
        path = " · ".join((self.passage.title, *self.passage.headings))
        return f"{quoted}\n\n[{self.number}] {_link(path, self.passage.url)}\n"


def write_found(retrieved: Retrieved, quotes: Sequence[Quote], say: Sentences) -> Iterator[str]:
    """The answer in its natural pieces: a lead, then each quote."""
    kinds = {found.corpus for found in retrieved.found}
    places = say.join([name for name in retrieved.corpora if name in kinds], say.last_and)
    lead = _capital(say.found_in.format(places=places))
    if retrieved.unknown:
        sentence = say.read_differently if retrieved.read_again else say.not_mentioned
        lead = sentence.format(lead=lead, terms=_words(retrieved.unknown, say))
    yield f"{lead}:\n"
    for quote in quotes:
        yield f"\n{quote.markdown}"
    if retrieved.missed:
        missed = say.quote([_escape(question) for question in retrieved.missed])
        yield f"\n{say.missed.format(questions=missed)}\n"


def write_not_found(retrieved: Retrieved, say: Sentences) -> str:
    """What was searched, where to look next, and the words that occur nowhere."""
    text = _capital(say.nothing_found.format(places=say.join(retrieved.corpora, say.last_or)))
    pages = dict.fromkeys(
        (passage.title, _PLACE_IN_PAGE.sub("", passage.url)) for passage in retrieved.near
    )
    if pages:
        links = [f"- {_link(title, url)}\n" for title, url in list(pages)[:MAX_SUGGESTIONS]]
        text += f" {say.closest}\n\n{''.join(links)}"
    else:
        text += "\n"
    if retrieved.unknown:
        text += f"\n{say.unknown.format(terms=_words(retrieved.unknown, say))}\n"
    return text


def _as_markdown(text: str, form: str) -> str:
    """The text so that Markdown shows it as it is."""
    if form == "markdown":
        return text
    if form == "code":
        return fenced(text)
    lines = (line.strip() for line in _LINE_END.split(text))
    return "\n".join(line.translate(_PUNCTUATION) for line in lines)


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _words(words: Sequence[str], say: Sentences) -> str:
    return say.quote([_escape(word) for word in words])


def _link(text: str, url: str) -> str:
    return f"[{_escape(text)}]({url})"


def _escape(text: str) -> str:
    """Text that Markdown shows as it is: a chat's title may hold anything, on one line."""
    return " ".join(text.split()).translate(_MARKUP)
