"""What the Librarian searches: the handbook, a person's documents, a person's chats."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quart_chat.assistants.librarian.phrases import Sentences
from quart_chat.assistants.protocol import Question
from quart_chat.search.index import PassageIndex, build_index, open_index
from quart_chat.search.passages import Passage, cut_text
from quart_chat.search.ranking import DocumentFrequencies, Verdict
from quart_chat.search.spelling import SIMILAR_WORDS
from quart_chat.search.words import Term, fold, terms

# Messages of one's own chats, and passages of one's documents, that are looked at closely.
MAX_MESSAGES = 20
MAX_CANDIDATES = 60

# A passage that says where "[1]" leads, as in "[1]: https://...", would turn the numbers of the
# answer that quotes it into links to there.
_DEFINITION = re.compile(r"\[\s*\d+\s*\]:")


@dataclass(frozen=True, slots=True)
class Search:
    """One shelf searched: its passages and what the search came to."""

    corpus: str
    passages: Sequence[Passage]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best of the passages that hold some of what is looked for, and how many hold each."""

    passages: Sequence[Passage]
    holding: Sequence[int]


class Corpus(Protocol):
    """Texts that can be searched.

    Attributes:
        name: "handbook", "documents" or "chats".
    """

    name: str

    async def serves(self, question: Question) -> bool:
        """Whether it is to be searched for the question."""
        ...

    async def search(
        self, question: Question, wanted: Sequence[Term], say: Sentences
    ) -> Search: ...

    async def similar_words(self, question: Question, trigrams: Sequence[str]) -> list[str]:
        """The words on it that share some of the trigrams."""
        ...


class Handbook:
    """The handbook, for every question that names no documents."""

    name = "handbook"

    def __init__(self, index: PassageIndex) -> None:
        self._index = index

    async def serves(self, question: Question) -> bool:
        return not question.document_ids

    async def search(self, question: Question, wanted: Sequence[Term], say: Sentences) -> Search:
        return Search(self.name, self._index.passages, await self._index.search(wanted))

    async def similar_words(self, question: Question, trigrams: Sequence[str]) -> list[str]:
        return await self._index.similar_words(trigrams)


class DocumentSearch(Protocol):
    """Finds passages in a person's own documents, or in those of them that are named."""

    async def count_passages(self, user_id: str, document_ids: Sequence[str]) -> int: ...

    async def select_candidates(
        self, user_id: str, terms: Sequence[Term], document_ids: Sequence[str], *, limit: int
    ) -> Candidates:
        """Find passages for terms, in the order of the documents.

        Those that hold all, those that hold any, and the first below a heading that holds any:
        what a heading promises, they tell. Also counted is how many passages hold each term.
        """
        ...

    async def select_similar_words(
        self, user_id: str, trigrams: Sequence[str], document_ids: Sequence[str], *, limit: int
    ) -> list[str]:
        """Find words that share some of the trigrams, the best first."""
        ...


class Documents:
    """The asking person's documents."""

    name = "documents"

    def __init__(self, documents: DocumentSearch) -> None:
        self._documents = documents

    async def serves(self, question: Question) -> bool:
        if question.document_ids:
            return True
        return await self._documents.count_passages(question.user_id, ()) > 0

    async def search(self, question: Question, wanted: Sequence[Term], say: Sentences) -> Search:
        """Narrow them down to a few passages, then judge these by how rare each term is in all."""
        user_id, ids = question.user_id, question.document_ids
        total = await self._documents.count_passages(user_id, ids)
        candidates = await self._documents.select_candidates(
            user_id, wanted, ids, limit=MAX_CANDIDATES
        )
        frequencies = DocumentFrequencies(total, dict(zip(wanted, candidates.holding, strict=True)))
        built = await asyncio.to_thread(build_index, candidates.passages)
        async with open_index(built) as index:
            return Search(self.name, candidates.passages, await index.search(wanted, frequencies))

    async def similar_words(self, question: Question, trigrams: Sequence[str]) -> list[str]:
        return await self._documents.select_similar_words(
            question.user_id, trigrams, question.document_ids, limit=SIMILAR_WORDS
        )


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message that a search found, with the title of its chat; a person has no ``assistant``."""

    workflow_id: str
    round_number: int
    title: str
    assistant: str | None
    content: str


class ChatSearch(Protocol):
    """Finds messages in a person's own chats."""

    async def select_matching_messages(
        self,
        user_id: str,
        terms: Sequence[Term],
        *,
        exclude_workflow_id: str,
        exclude_assistant: str,
        limit: int,
    ) -> list[FoundMessage]:
        """The best final messages that hold a term, but for one chat's and one assistant's."""
        ...


class Chats:
    """The asking person's chats, except the one that is open and except the Librarian's answers."""

    name = "chats"

    def __init__(self, chats: ChatSearch, exclude_assistant: str) -> None:
        self._chats = chats
        self._exclude_assistant = exclude_assistant

    async def serves(self, question: Question) -> bool:
        return not question.document_ids

    async def search(self, question: Question, wanted: Sequence[Term], say: Sentences) -> Search:
        """Narrow the chats down to a few messages, then judge their passages as any other."""
        messages = await self._chats.select_matching_messages(
            question.user_id,
            wanted,
            exclude_workflow_id=question.workflow_id,
            exclude_assistant=self._exclude_assistant,
            limit=MAX_MESSAGES,
        )
        passages = await asyncio.to_thread(_passages, messages, wanted, say)
        async with open_index(await asyncio.to_thread(build_index, passages)) as index:
            return Search(self.name, passages, await index.search(wanted))

    async def similar_words(self, question: Question, trigrams: Sequence[str]) -> list[str]:
        return []


def _passages(
    messages: Sequence[FoundMessage], wanted: Sequence[Term], say: Sentences
) -> list[Passage]:
    return [
        Passage(
            title=found.title,
            headings=(found.assistant or say.you,),
            url=_address(found),
            text=text,
        )
        for found in messages
        for text in cut_text(found.content)
        if _says_more(text, wanted)
    ]


def _address(message: FoundMessage) -> str:
    """The page that shows a message, however long ago it was and on whichever branch it is."""
    number = message.round_number
    return f"/chat/{message.workflow_id}?round={number}#round-{number}"


def _says_more(text: str, wanted: Sequence[Term]) -> bool:
    """Whether a text can answer: not a question itself, and not just the question's own words."""
    if text.endswith("?") or _DEFINITION.search(text):
        return False
    asked = {fold(term.text) for term in wanted}
    return any(fold(term.text) not in asked for term in terms(text))
