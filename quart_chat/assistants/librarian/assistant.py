"""The Librarian: an assistant without a model, which searches and quotes, and says so.

It reads the handbook and the asking person's own documents and chats. Whatever it answers is a
verbatim slice of a text with a link to it; where no passage covers the question, it says that it
found nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AsyncExitStack
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
from quart_chat.assistants.librarian.retrieval import Retrieved, retrieve
from quart_chat.assistants.protocol import Output, Question, Sources, Step, Text
from quart_chat.search.index import BuiltIndex, build_index, open_index
from quart_chat.search.passages import read_handbook
from quart_chat.search.words import Term, fold, language, terms

# Words of a question that are looked for; a pasted page has thousands, and each costs a search.
MAX_TERMS = 32
# All of the handbook is about these, so they set no passage apart, and few passages repeat them.
OWN_NAMES = frozenset({"quart-chat", "quart_chat", "quartchat"})


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
        self._resources = AsyncExitStack()
        self._corpora: list[Corpus] = []

    async def __aenter__(self) -> Self:
        """Read and index the handbook."""
        built = await asyncio.to_thread(build_handbook, self._handbook)
        index = await self._resources.enter_async_context(open_index(built))
        corpora = (Handbook(index), self._documents, self._chats)
        self._corpora = [corpus for corpus in corpora if corpus is not None]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._corpora = []
        await self._resources.aclose()

    async def retrieve(
        self, question: Question, most: int, corpora: Collection[str]
    ) -> AsyncGenerator[Step | Retrieved, None]:
        """Search shelves for what covers the question, for an assistant that answers from it.

        Yields a step for all that is done, and at last what was found: so many passages at most.
        """
        wanted = _wanted(question)
        if not wanted:
            yield Retrieved((), (), (), ())
            return
        chosen = [corpus for corpus in self._corpora if corpus.name in corpora]
        say = SENTENCES[language(question.prompt)]
        async for done in retrieve(chosen, question, wanted, say, most):
            yield done

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        """Quote what covers the question, or say what was not found."""
        say = SENTENCES[language(question.prompt)]
        wanted = _wanted(question)
        if not self._corpora:
            raise RuntimeError("The Librarian must be opened before it can answer.")
        if not wanted:
            yield Step("search", say.nothing_to_search, "completed")
            yield Text(say.help)
            return
        async for output in self._search(question, wanted, say):
            yield output

    async def _search(
        self, question: Question, wanted: Sequence[Term], say: Sentences
    ) -> AsyncGenerator[Output, None]:
        async for done in retrieve(self._corpora, question, wanted, say):
            if isinstance(done, Step):
                yield done
            elif not done.found:
                yield Text(write_not_found(done, say))
            else:
                quotes = [Quote(n, found.passage) for n, found in enumerate(done.found, 1)]
                yield Sources(tuple(quote.source for quote in quotes), citations_verified=False)
                for piece in write_found(done, quotes, say):
                    yield Text(piece)


@lru_cache(maxsize=4)
def build_handbook(folder: Path) -> BuiltIndex:
    """Read and index the pages below a folder, once in a process: they come with the package."""
    return build_index(read_handbook(folder), vocabulary=True)


def _wanted(question: Question) -> Sequence[Term]:
    """What of the question is looked for."""
    asked = terms(question.prompt, MAX_TERMS)
    return [term for term in asked if fold(term.text) not in OWN_NAMES] or asked


def names_this_program(prompt: str) -> bool:
    """Whether a prompt speaks of quart-chat by its name."""
    return any(fold(term.text) in OWN_NAMES for term in terms(prompt, MAX_TERMS))
