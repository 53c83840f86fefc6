"""The Librarian: an assistant without a model, which searches and quotes, and says so.

It reads the handbook and the asking person's own documents and chats. Whatever it answers is a
verbatim slice of a text with a link to it; where no passage covers the question, it says that it
found nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from collections.abc import Collection as Names
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Self

from quart_chat.assistants.librarian.answer import Quote, write_found, write_not_found
from quart_chat.assistants.librarian.corpora import (
    Chats,
    ChatSearch,
    Corpus,
    Documents,
    DocumentSearch,
    Handbook,
)
from quart_chat.assistants.librarian.phrases import SENTENCES, Sentences
from quart_chat.assistants.librarian.retrieval import (
    MAX_PASSAGES,
    Comparison,
    Embeddings,
    Retrieved,
    find_serving,
)
from quart_chat.assistants.librarian.several import retrieve_each
from quart_chat.assistants.protocol import Output, Question, Sources, Step, Text
from quart_chat.events import keep_loaded
from quart_chat.search.passages import Passage, page_language, place_of, read_handbook
from quart_chat.search.questions.reading import ReadQuestion, read_question
from quart_chat.search.ranking.analysis import Analysed, Collection, analyse
from quart_chat.search.words import fold, terms

# Words of a question that are looked for; a pasted page has thousands, and each costs a search.
MAX_TERMS = 32
# All of the handbook is about these, so they set no passage apart, and few passages repeat them.
OWN_NAMES = frozenset({"quart-chat", "quart_chat", "quartchat"})
# Pages in plain words come before those for developers that say as much.
PRIORS = {"questions-and-answers": 0.05, "reference": -0.15, "discussion": -0.2}

_HEAD_START = 1.0
"""Seconds that the start of a server has for itself before the handbook is read unasked."""

# The link of the first quote in an earlier answer.
_FIRST_LINK = re.compile(r"^\[1\] \[.*\]\((/[^\s)]*)\)$", re.MULTILINE)


class Librarian:
    """Quotes the handbook and a person's own documents and chats; used with ``async with``."""

    name = "librarian"
    title = "Librarian"

    def __init__(
        self, handbook: Path, chats: ChatSearch, documents: DocumentSearch | None = None
    ) -> None:
        self._handbook = handbook
        self._chats = Chats(chats, self.name)
        self._documents = None if documents is None else Documents(documents)
        self._comparison: Comparison | None = None
        self._corpora: asyncio.Task[list[Corpus]] | None = None

    def compare_with(self, embeddings: Embeddings, *, unasked: bool) -> None:
        """Order what is found by an endpoint's embeddings as well.

        Args:
            embeddings: Where they come from.
            unasked: Whether they may be given documents that a question doesn't name.
        """
        self._comparison = Comparison(embeddings, unasked)

    async def __aenter__(self) -> Self:
        """Begin to read and index the handbook, in the background."""
        self._needed = asyncio.Event()
        self._corpora = asyncio.create_task(self._open_corpora())
        return self

    async def __aexit__(self, *_: object) -> None:
        corpora, self._corpora = self._corpora, None
        if corpora is not None:
            corpora.cancel()
            await asyncio.wait({corpora})

    async def _open_corpora(self) -> list[Corpus]:
        # The index takes as long as all else of a server's start, and the first page does not need
        # it. The first question does.
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEAD_START):
                await self._needed.wait()
        pages = await asyncio.to_thread(build_handbook, self._handbook)
        corpora = (Handbook(pages), self._documents, self._chats)
        return [corpus for corpus in corpora if corpus is not None]

    async def _find_corpora(self) -> list[Corpus]:
        """Everything that can be searched, once it can be."""
        if self._corpora is None:
            raise RuntimeError("The Librarian must be opened before it can answer.")
        self._needed.set()
        # Others wait for it as well as the question that may be cancelled.
        return await asyncio.shield(self._corpora)

    async def retrieve(
        self, question: Question, most: int, corpora: Names[str]
    ) -> AsyncGenerator[Step | Retrieved, None]:
        """Search corpora for what answers the question, for an assistant that answers from it.

        Yields a step for all that is done, and at last what was found: so many passages at most.
        """
        named = [corpus for corpus in await self._find_corpora() if corpus.name in corpora]
        serving = await find_serving(named, question)
        # A question is read only where there is something to search: that takes a moment.
        read = _read(question) if serving or question.document_ids else None
        if read is None or not read.words:
            yield Retrieved((), (), (), ())
            return
        say = SENTENCES[read.answered_in]
        async for done in retrieve_each(serving, question, _read, say, most, self._comparison):
            yield done

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        """Quote what answers the question, or say what was not found."""
        searched = await self._find_corpora()
        read = _read(question)
        say = SENTENCES[read.answered_in]
        retrieved = Retrieved((), (), (), ())
        async for done in self._look(searched, question, read, say):
            if isinstance(done, Step):
                yield done
            else:
                retrieved = done
        if retrieved.found:
            quotes = [
                Quote(n, found.passage, found.shown) for n, found in enumerate(retrieved.found, 1)
            ]
            yield Sources(tuple(quote.source for quote in quotes), citations_verified=False)
            for piece in write_found(retrieved, quotes, say):
                yield Text(piece)
        elif read.says_nothing:
            yield Text(say.help)
        else:
            yield Text(write_not_found(retrieved, say))

    async def _look(
        self, searched: list[Corpus], question: Question, read: ReadQuestion, say: Sentences
    ) -> AsyncGenerator[Step | Retrieved, None]:
        """Search everything, or the handbook alone for a question of nothing but small words."""
        corpora = searched[:1] if read.says_nothing else searched
        if not read.words:
            yield Step("search", say.nothing_to_search, "completed")
            return
        serving = await find_serving(corpora, question)
        async for done in retrieve_each(
            serving, question, _read, say, MAX_PASSAGES, self._comparison
        ):
            yield done


@lru_cache(maxsize=4)
def build_handbook(folder: Path) -> Collection:
    """Read and index the pages below a folder, once in a process: they come with the package."""
    index = Collection([_analyse(passage) for passage in read_handbook(folder)])
    keep_loaded()
    return index


def _analyse(passage: Passage) -> Analysed:
    place = passage.url.removeprefix("/handbook/").partition("#")[0]
    return analyse(passage, page_language(place), PRIORS.get(place.partition("/")[0], 0.0))


def _read(question: Question) -> ReadQuestion:
    """The question with those before it in its chat, and where the last of them was answered."""
    before = [turn.content for turn in question.history if turn.role == "user"]
    answers = [turn.content for turn in question.history if turn.role == "assistant"]
    link = _FIRST_LINK.search(answers[-1]) if answers else None
    last_place = place_of(link[1]) if link else ""
    return read_question(question.prompt, MAX_TERMS, before, last_place, OWN_NAMES)


def names_this_program(prompt: str) -> bool:
    """Whether a prompt speaks of quart-chat by its name."""
    # Most prompts don't, which is soon seen.
    if not any(map(fold(prompt).__contains__, OWN_NAMES)):
        return False
    return any(fold(term.text) in OWN_NAMES for term in terms(prompt, MAX_TERMS))
